import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { deleteNewsletter } from '../../src/sandbox/edits.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { messagesOf, temporaryFolder } from '../support/programs.ts'
import { catalogWith, connect, query, SCHEMA, setMetadata } from './support/connection.ts'
import { assertTruth, sorted, truthOf } from './support/truth.ts'

test('two connections with different prefixes share a schema', async (t) => {
  const database = join(await temporaryFolder(t), 'shared.duckdb')
  const first = await connect(t, { database, prefix: 'eu_', sandbox: { world: { campaigns: 2 } } })
  const second = await connect(t, {
    database,
    prefix: 'us_',
    sandbox: { world: { examples: false, newsletters: 4, campaigns: 3 } },
  })
  await first.sync()
  await second.sync()
  await assertTruth(first)
  await assertTruth(second)
  const tables = await query(
    database,
    `select table_name from duckdb_tables() where schema_name = '${SCHEMA}' order by 1`,
  )
  assert.deepEqual(
    tables.map((row) => row['table_name']),
    ['eu_', 'us_'].flatMap((prefix) =>
      ['_sdc_loads', 'campaign_actions', 'campaigns', 'newsletters'].map((name) => prefix + name),
    ),
  )
})

test('a deselected property is in no SCHEMA, no RECORD and no table', async (t) => {
  const connection = await connect(t)
  const catalog = await catalogWith((stream) => {
    if (stream['stream'] !== 'campaign_actions') {
      setMetadata(stream, ['properties', 'tags'], { selected: false })
    } else setMetadata(stream, [], { selected: false })
  })
  const { messages } = await connection.sync({ catalog })
  const streams = new Set<string>()
  for (const message of messagesOf(messages)) {
    if (message.type === 'STATE') continue
    streams.add(message.stream)
    if (message.type === 'RECORD') assert.equal('tags' in message.record, false)
    if (message.type === 'SCHEMA') {
      assert.equal('tags' in (message.schema['properties'] as JsonObject), false)
    }
  }
  assert.deepEqual([...streams], ['newsletters', 'campaigns'])
  for (const stream of ['newsletters', 'campaigns'] as const) {
    const expected = truthOf(connection.sandbox.world, stream)
    for (const row of expected) delete row['tags']
    assert.deepEqual(sorted(await connection.rows(stream)), expected)
  }
})

const FULL_TABLE = catalogWith((stream) =>
  setMetadata(stream, [], { 'replication-method': 'FULL_TABLE' }),
)

test('a full refresh soft deletes a newsletter that was deleted at the source', async (t) => {
  const connection = await connect(t)
  const { state } = await connection.sync({ catalog: await FULL_TABLE })
  deleteNewsletter(connection.sandbox.world, 128275)
  await connection.sync({ catalog: await FULL_TABLE, state })
  const rows = await connection.rows('newsletters', { withMetadata: true })
  const marked = rows.filter((row) => row['_sdc_deleted_at'] !== null)
  assert.deepEqual(
    marked.map((row) => row['id']),
    [128275],
  )
  assert.equal(rows.length, connection.sandbox.world.newsletters.length + 1)
})

test('a full refresh with hard_delete leaves exactly the rows of the source', async (t) => {
  const connection = await connect(t, { target: { hard_delete: true } })
  const { state } = await connection.sync({ catalog: await FULL_TABLE })
  deleteNewsletter(connection.sandbox.world, 128275)
  await connection.sync({ catalog: await FULL_TABLE, state })
  await assertTruth(connection)
})
