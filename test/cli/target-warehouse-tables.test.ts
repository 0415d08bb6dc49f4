import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'

const NAME = 'target-warehouse'
const SCHEMA =
  '{"type":"SCHEMA","stream":"users","schema":{"properties":{"id":{"type":"integer"},"name":{"type":["null","string"]}}},"key_properties":["id"]}\n'

function versioned(id: number, version: number): string {
  return `{"type":"RECORD","stream":"users","version":${version},"record":{"id":${id},"name":"x"}}\n`
}

async function configure(t: TestContext, settings: Record<string, unknown> = {}) {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'test.duckdb')
  const warehouse = { warehouse_url: `duckdb:${path}` }
  return { path, config: await writeJson(folder, 'target.json', { ...warehouse, ...settings }) }
}

test('--tables describes the tables of streams and creates none', async (t) => {
  const { path, config } = await configure(t, { table_prefix: 'cio_', add_record_metadata: false })
  const args = ['--config', config, '--tables', 'users,orders']
  const none = {
    description: null,
    rows: null,
    deleted_rows: null,
    newest_update: null,
    newest_update_column: null,
    columns: [],
    has_loaded: false,
  }
  const orders = { stream: 'orders', table: 'cio_orders', ...none }
  assert.deepEqual(JSON.parse((await run(NAME, { args })).stdout), {
    has_loads: false,
    streams: [{ stream: 'users', table: 'cio_users', ...none }, orders],
  })
  assert.ok(!existsSync(path))
  const stdin = SCHEMA + versioned(1, 1) + versioned(2, 1)
  await run(NAME, { args: ['--config', config], stdin })
  const columns = [
    { name: 'id', type: 'integer', native_type: 'BIGINT', description: null },
    { name: 'name', type: 'text', native_type: 'VARCHAR', description: null },
    {
      name: '_sdc_deleted_at',
      type: 'timestamp',
      native_type: 'TIMESTAMP WITH TIME ZONE',
      description: 'When the row was found to be deleted at the source. Null for a live row.',
    },
    {
      name: '_sdc_table_version',
      type: 'integer',
      native_type: 'BIGINT',
      description: 'Version of the full refresh that wrote the row.',
    },
  ]
  const users = {
    ...none,
    stream: 'users',
    table: 'cio_users',
    rows: 2,
    deleted_rows: 0,
    columns,
    has_loaded: true,
  }
  assert.deepEqual(JSON.parse((await run(NAME, { args })).stdout), {
    has_loads: true,
    streams: [users, orders],
  })
})

test('counts deleted rows per stream', async (t) => {
  const { config } = await configure(t)
  const args = ['--config', config]
  await run(NAME, { args, stdin: SCHEMA + versioned(1, 1) + versioned(2, 1) + versioned(3, 1) })
  const activate = '{"type":"ACTIVATE_VERSION","stream":"users","version":2}\n'
  const { stderr } = await run(NAME, { args, stdin: SCHEMA + versioned(1, 2) + activate })
  assert.match(stderr, /"metric":"deleted_count","value":2,"tags":\{"stream":"users"\}/)
  assert.match(stderr, /Load finished\. records=1 rows=1 deleted=2 /)
  const { stdout } = await run(NAME, { args: [...args, '--tables', 'users'] })
  const { streams } = JSON.parse(stdout) as { streams: { rows: number; deleted_rows: number }[] }
  assert.deepEqual([streams[0]?.rows, streams[0]?.deleted_rows], [1, 2])
})
