import assert from 'node:assert/strict'
import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadText } from '../../conformance/support/loading.ts'
import { query } from '../../e2e/support/connection.ts'
import { temporaryFolder } from '../../support/programs.ts'

test('a live view works in a file that was renamed, and in any schema', async (t) => {
  const folder = await temporaryFolder(t)
  const [path, moved] = [join(folder, 'first.duckdb'), join(folder, 'second.duckdb')]
  const lines = [
    { type: 'SCHEMA', stream: 'users', schema: { properties: { id: { type: 'integer' } } } },
    { type: 'RECORD', stream: 'users', record: { id: 1 } },
  ]
  const text = lines
    .map((line) => `${JSON.stringify({ key_properties: ['id'], ...line })}\n`)
    .join('')
  const config = { create_live_views: true, table_prefix: 'cio_' }
  const input = { url: `duckdb:${path}`, text, config, schema: 'marketing' }
  assert.equal((await loadText(input)).error, undefined)
  await rename(path, moved)
  assert.deepEqual(await query(moved, 'select id from marketing.cio_users_live'), [{ id: 1 }])
  const later = { ...input, url: `duckdb:${moved}` }
  const { error, stderr } = await loadText(later)
  assert.deepEqual([error, stderr.filter((line) => line.startsWith('WARNING'))], [undefined, []])
})
