import assert from 'node:assert/strict'
import { test } from 'node:test'
import pg from 'pg'
import { SERVER_VARIABLE } from '../support/postgres-server.ts'
import { allPages } from './pages.ts'

test('the statements of the docs for PostgreSQL are accepted by a server', async () => {
  const blocks = allPages().flatMap(({ blocks: all }) =>
    all.filter(({ language, info }) => language === 'sql' && info === 'postgres'),
  )
  assert.ok(blocks.length > 0)
  const client = new pg.Client({ connectionString: process.env[SERVER_VARIABLE] })
  await client.connect()
  try {
    const { rows } = await client.query<{ name: string }>('select current_database() as name')
    const database = client.escapeIdentifier(rows[0]?.name ?? '')
    for (const { text } of blocks) {
      await client.query('begin')
      await client.query(text.replaceAll('database analytics', `database ${database}`))
      await client.query('rollback')
    }
  } finally {
    await client.end()
  }
})
