/** `--tables` and `--preview`, on every warehouse: what a person or a script sees of the rows. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { parseJson, type JsonObject } from '../../src/singer/json.ts'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'
import { loadText } from './support/loading.ts'
import { WAREHOUSES, type TestedWarehouse, type WarehouseUnderTest } from './support/warehouses.ts'

const PREFIX = 'cio_'
const SCHEMA = {
  type: 'SCHEMA',
  stream: 'users',
  key_properties: ['id'],
  schema: {
    properties: {
      id: { type: 'integer' },
      updated: { type: ['null', 'string'], format: 'date-time' },
      tags: { type: ['null', 'array'] },
    },
  },
}
const RECORDS = [
  { id: 1, updated: '2024-02-03T04:05:06.789+02:00', tags: ['a'] },
  { id: 2, updated: '2025-12-31T23:59:59Z', tags: null },
  { id: 3, updated: null, tags: [] },
  { id: 4, updated: '2023-01-01T00:00:00Z', tags: ['é'] },
]
const BOOKMARK = { replication_key: 'updated', replication_key_value: '2025-12-31T23:59:59Z' }
const STATE = { type: 'STATE', value: { bookmarks: { users: BOOKMARK } } }

function input(version: number, records: readonly object[]): string {
  return [
    SCHEMA,
    ...records.map((record) => ({ type: 'RECORD', stream: 'users', version, record })),
    { type: 'ACTIVATE_VERSION', stream: 'users', version },
    STATE,
    '',
  ]
    .map((line) => (line === '' ? '' : JSON.stringify(line)))
    .join('\n')
}

/** A warehouse in which one of four rows is marked as deleted. */
async function setUp(t: TestContext, { create }: WarehouseUnderTest) {
  const warehouse = await create(t)
  const { url } = warehouse
  for (const text of [input(1, RECORDS), input(2, RECORDS.slice(0, 3))]) {
    const { error } = await loadText({ url, text, config: { table_prefix: PREFIX } })
    assert.equal(error, undefined)
  }
  const folder = await temporaryFolder(t)
  const settings = { warehouse_url: url, table_prefix: PREFIX }
  const config = await writeJson(folder, 'target.json', settings)
  const target = async (...args: readonly string[]) =>
    run('target-warehouse', { args: ['--config', config, ...args], env: { TZ: 'Asia/Tokyo' } })
  return { warehouse, target }
}

/** Every row of every table, as strings, because a table has no order. */
async function contentOf(warehouse: TestedWarehouse): Promise<string[]> {
  const tables = [...(await warehouse.readAll())]
  return tables
    .flatMap(([table, rows]) => rows.map((row) => `${table} ${JSON.stringify(row)}`))
    .toSorted()
}

for (const underTest of WAREHOUSES) {
  const { name } = underTest

  test(`${name}: --tables counts live and deleted rows, and finds the newest update`, async (t) => {
    const { warehouse, target } = await setUp(t, underTest)
    const before = await contentOf(warehouse)
    const { code, stdout, stderr } = await target('--tables', 'users,absent')
    assert.deepEqual([code, stderr], [0, ''])
    const { streams } = JSON.parse(stdout) as { streams: JsonObject[] }
    const facts = streams.map(({ columns: _columns, description: _description, ...rest }) => rest)
    assert.deepEqual(facts, [
      {
        stream: 'users',
        table: 'cio_users',
        rows: 3,
        deleted_rows: 1,
        newest_update: '2025-12-31T23:59:59Z',
        newest_update_column: 'updated',
        has_loaded: true,
      },
      {
        stream: 'absent',
        table: 'cio_absent',
        rows: null,
        deleted_rows: null,
        newest_update: null,
        newest_update_column: null,
        has_loaded: false,
      },
    ])
    const columns = streams[0]?.['columns'] as { name: string; type: string; native_type: string }[]
    assert.deepEqual(
      columns.slice(0, 3).map(({ name: column, type }) => [column, type]),
      [
        ['id', 'integer'],
        ['updated', 'timestamp'],
        ['tags', 'json'],
      ],
    )
    assert.match(columns[0]?.native_type ?? '', /^(?:bigint|Nullable\(Int64\))$/i)
    assert.deepEqual(await contentOf(warehouse), before)
  })

  test(`${name}: --preview prints the newest rows first, with times in RFC 3339 and JSON as JSON`, async (t) => {
    const { target } = await setUp(t, underTest)
    const two = await target('--preview', 'users', '--rows', '2', '--format', 'json')
    assert.deepEqual([two.code, two.stderr], [0, ''])
    const rows = parseJson(two.stdout) as JsonObject[]
    assert.deepEqual(
      rows.map(({ id, updated, tags }) => ({ id, updated, tags })),
      [
        { id: 2, updated: '2025-12-31T23:59:59Z', tags: null },
        { id: 1, updated: '2024-02-03T02:05:06.789Z', tags: ['a'] },
      ],
    )
    const all = await target('--preview', 'users', '--format', 'json')
    const found = parseJson(all.stdout) as JsonObject[]
    assert.deepEqual(
      found.map(({ id, _sdc_deleted_at: deletedAt }) => [id, deletedAt === null]),
      [
        [2, true],
        [1, true],
        [4, false],
        [3, true],
      ],
    )
    const table = await target('--preview', 'users')
    assert.deepEqual([table.code, table.stdout.includes('4 rows')], [0, true])
  })

  test(`${name}: --preview says that a stream has no table yet`, async (t) => {
    const { target } = await setUp(t, underTest)
    const { code, stdout, stderr } = await target('--preview', 'orders')
    assert.deepEqual([code, stdout], [5, ''])
    assert.equal(
      stderr,
      'CRITICAL The stream "orders" has no table yet: cio_orders. The first load of the stream creates it. code=WAREHOUSE_FAILED\n',
    )
  })
}
