/** `--query`, on every warehouse: the values, what it refuses, and whose tables it finds. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { parseJson, type JsonObject, type JsonValue } from '../../src/singer/json.ts'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'
import { loadText } from './support/loading.ts'
import { WAREHOUSES, type WarehouseUnderTest } from './support/warehouses.ts'

const SCHEMA = {
  type: 'SCHEMA',
  stream: 'users',
  key_properties: ['id'],
  schema: {
    properties: {
      id: { type: 'integer' },
      name: { type: ['null', 'string'] },
      price: { type: ['null', 'number'], multipleOf: 0.001 },
      is_open: { type: ['null', 'boolean'] },
      seen: { type: ['null', 'string'], format: 'date-time' },
      tags: { type: ['null', 'object'] },
    },
  },
}
const RECORDS = [
  '{"id":9007199254740993,"name":"a, \\"b\\"\\nc","price":1234567890123.125,"is_open":true,"seen":"2024-02-03T04:05:06.789+02:00","tags":{"a":9007199254740993}}',
  '{"id":1,"name":"","price":null,"is_open":false,"seen":null,"tags":null}',
  '{"id":2,"name":null,"price":-0.5,"is_open":null,"seen":"1999-12-31T23:59:59Z","tags":{"b":"é"}}',
]
const INPUT = [
  JSON.stringify(SCHEMA),
  ...RECORDS.map((record) => `{"type":"RECORD","stream":"users","record":${record}}`),
  '',
].join('\n')
const SELECT = 'select id, name, price, is_open, seen, tags from cio_users order by id'

/** A loaded warehouse, and `--query` on it. */
async function setUp(t: TestContext, { create }: WarehouseUnderTest) {
  const warehouse = await create(t)
  const { url } = warehouse
  const loaded = await loadText({ url, text: INPUT, config: { table_prefix: 'cio_' } })
  assert.equal(loaded.error, undefined)
  const folder = await temporaryFolder(t)
  const config = await writeJson(folder, 'target.json', { warehouse_url: url })
  const query = async (text: string, args: readonly string[] = []) => {
    const all = ['--config', config, `--query=${text}`, ...args]
    return run('target-warehouse', { args: all, env: { TZ: 'Asia/Tokyo' } })
  }
  return { warehouse, query }
}

/** Zeros at the end of a fraction are the database's own way to write a number. */
function plainNumber(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}

/** Databases write times in their own ways, which are all RFC 3339 but for the T and the zone. */
function isoTime(text: JsonValue | undefined): string | null {
  if (typeof text !== 'string') return null
  const [, date, time] = /^(\S+)[ T](\S+?)(?:\+00|\+00:00|Z)$/.exec(text) ?? []
  return `${date}T${plainNumber(time ?? '')}Z`
}

for (const underTest of WAREHOUSES) {
  const { name } = underTest

  test(`${name}: --query prints exact values, times in UTC, and JSON as text`, async (t) => {
    const { query } = await setUp(t, underTest)
    const { code, stdout, stderr } = await query(SELECT, ['--format', 'json'])
    assert.deepEqual([code, stderr], [0, ''])
    const digits = [...stdout.matchAll(/"(?:id|price)":([^,]+)/g)].map(([, text = '']) => text)
    assert.deepEqual(digits.map(plainNumber), [
      '1',
      'null',
      '2',
      '-0.5',
      '9007199254740993',
      '1234567890123.125',
    ])
    const rows = parseJson(stdout) as JsonObject[]
    assert.deepEqual(
      rows.map((row) => [row['name'], row['is_open'], isoTime(row['seen'])]),
      [
        ['', false, null],
        [null, null, '1999-12-31T23:59:59Z'],
        ['a, "b"\nc', true, '2024-02-03T02:05:06.789Z'],
      ],
    )
    assert.deepEqual(
      rows.map(({ tags }) => (typeof tags === 'string' ? tags.replaceAll(' ', '') : null)),
      [null, '{"b":"é"}', '{"a":9007199254740993}'],
    )
  })

  test(`${name}: --query prints CSV, and a table of at most 80 columns`, async (t) => {
    const { query } = await setUp(t, underTest)
    const csv = await query('select id, name from cio_users order by id', ['--format', 'csv'])
    assert.equal(csv.stdout, 'id,name\n1,""\n2,\n9007199254740993,"a, ""b""\nc"\n')
    const table = await query('select id, name, is_open from cio_users order by id')
    assert.equal(
      table.stdout,
      [
        '              id  name       is_open',
        '----------------  ---------  -------',
        '               1             false',
        '               2  NULL       NULL',
        '9007199254740993  a, "b"\\nc  true',
        '',
        '3 rows',
        '',
      ].join('\n'),
    )
    const all = await query('select * from cio_users')
    assert.equal(all.code, 0, all.stderr)
    assert.ok(Math.max(...all.stdout.split('\n').map(({ length }) => length)) <= 80, all.stdout)
  })

  test(`${name}: --query keeps the first rows only, and says so`, async (t) => {
    const { query } = await setUp(t, underTest)
    const ids = 'select id from cio_users order by id'
    const two = await query(ids, ['--format', 'csv', '--rows', '2'])
    assert.equal(two.stdout, 'id\n1\n2\n')
    assert.equal(two.stderr, 'WARNING The query has more rows than --rows 2 prints.\n')
    const three = await query(ids, ['--format', 'csv', '--rows', '3'])
    assert.deepEqual([three.stdout, three.stderr], ['id\n1\n2\n9007199254740993\n', ''])
  })

  test(`${name}: --query changes nothing`, async (t) => {
    const { warehouse, query } = await setUp(t, underTest)
    const before = await warehouse.readAll()
    for (const statement of [
      'create table mine as select 1 as a',
      'insert into cio_users (id) values (3)',
      'delete from cio_users where id = 1',
      'drop table cio_users',
      'select 1; drop table cio_users',
      'select 1; select 2',
      '-- nothing',
    ]) {
      const { code, stdout, stderr } = await query(statement)
      assert.deepEqual([code, stdout], [5, ''], `${statement}: ${stderr}`)
      assert.match(stderr, /^CRITICAL .* code=WAREHOUSE_FAILED/)
    }
    assert.deepEqual(await warehouse.readAll(), before)
  })

  test(`${name}: --query reports wrong SQL with the words of the database`, async (t) => {
    const { query } = await setUp(t, underTest)
    const { code, stdout, stderr } = await query('select nowhere from cio_users')
    assert.deepEqual([code, stdout], [5, ''])
    assert.match(
      stderr,
      /^CRITICAL \w+( \w+)* refused the query: .*nowhere.* code=WAREHOUSE_FAILED/,
    )
    const { code: missing, stderr: reason } = await query('select * from cio_nothing')
    assert.equal(missing, 5)
    assert.match(reason, /cio_nothing/)
  })
}
