import assert from 'node:assert/strict'
import { mkdir, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseConnection, type Connection } from '../../../src/runner/connection/connection.ts'
import {
  databaseOf,
  refuseConflicts,
  refusedVersions,
  conflictKeysOf,
} from '../../../src/runner/connection/conflicts.ts'
import type { Dialect } from '../../../src/loader/dialect.ts'
import { foldName, foldNameFor } from '../../../src/urls/name-folding.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { CLICKHOUSE } from '../../../src/warehouses/clickhouse/dialect.ts'
import { DUCKDB } from '../../../src/warehouses/duckdb/dialect.ts'
import { DUCKLAKE } from '../../../src/warehouses/ducklake/dialect.ts'
import { ICEBERG } from '../../../src/warehouses/iceberg/dialect.ts'
import { POSTGRES } from '../../../src/warehouses/postgres/dialect.ts'
import { warehouseKindOf, type WarehouseScheme } from '../../../src/urls/warehouse-urls.ts'
import { temporaryFolder } from '../../support/programs.ts'

function connection(path: string, destination: JsonObject, more: JsonObject = {}): Connection {
  const source = { app_api_key: 'a-key-of-some-length' }
  return parseConnection({ source, destination, ...more }, path, {})
}

test('connections with one API key have a common conflict key that does not show it', () => {
  const a = connection('/etc/a.json', { warehouse_url: 'duckdb:/data/a.duckdb' })
  const b = connection('/etc/b.json', { warehouse_url: 'duckdb:/data/b.duckdb' })
  const [keyOfA = '', databaseOfA] = conflictKeysOf(a)
  assert.equal(keyOfA, conflictKeysOf(b)[0])
  assert.match(keyOfA, /^key:[0-9a-f]{64}$/)
  assert.equal(databaseOfA, 'duckdb:/data/a.duckdb')
})

test('identifies a DuckDB file by its real path, relative to the connection file', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'data'))
  await symlink(join(folder, 'data'), join(folder, 'link'))
  const real = databaseOf(connection(join(folder, 'a.json'), { warehouse_url: 'duckdb:data/w.db' }))
  for (const url of ['duckdb:link/w.db', 'duckdb:./data/../data/w.db?threads=1'])
    assert.equal(databaseOf(connection(join(folder, 'b.json'), { warehouse_url: url })), real, url)
  const absolute = `duckdb://${folder}/link/w.db`
  assert.equal(databaseOf(connection('/etc/c.json', { warehouse_url: absolute })), real)
})

test('identifies a PostgreSQL database without user and password', () => {
  const urls = [
    'postgres://app:secret@db.example.com/warehouse',
    'postgresql://other@DB.example.com:5432/warehouse?sslmode=require',
  ]
  for (const url of urls)
    assert.equal(
      databaseOf(connection('/etc/a.json', { warehouse_url: url })),
      'postgres://db.example.com:5432/warehouse',
    )
})

test('distinguishes PostgreSQL databases by host, port and name in the options', () => {
  const urls = {
    'postgres:///w?host=/run/a': 'postgres:///run/a:5432/w',
    'postgres:///w?host=/run/b': 'postgres:///run/b:5432/w',
    'postgres://%2Frun%2Fa/w': 'postgres:///run/a:5432/w',
    'postgres://localhost/?dbname=w&port=5433': 'postgres://localhost:5433/w',
  }
  for (const [url, database] of Object.entries(urls))
    assert.equal(databaseOf(connection('/etc/a.json', { warehouse_url: url })), database)
  const [a, b] = Object.keys(urls).map((url, at) =>
    connection(`/etc/${at}.json`, { warehouse_url: url, table_prefix: 'cio_' }),
  )
  refuseConflicts(a && b ? [a, b] : [])
})

test('refuses two connections that would write the same tables and names both files', () => {
  const a = connection('/etc/a.json', { warehouse_url: 'duckdb:w.db', table_prefix: 'cio_' })
  const same = connection('/etc/b.json', {
    warehouse_url: 'duckdb:/etc/w.db',
    table_prefix: 'cio_',
    default_target_schema: 'main',
  })
  assert.throws(() => refuseConflicts([a, same]), {
    code: 'CONFIG_INVALID',
    message: 'Two connections would write the same tables: /etc/a.json and /etc/b.json.',
  })
  const other = connection('/etc/b.json', { warehouse_url: 'duckdb:w.db', table_prefix: 'eu_' })
  const schema = connection('/etc/c.json', {
    warehouse_url: 'duckdb:w.db',
    table_prefix: 'cio_',
    default_target_schema: 'other',
  })
  refuseConflicts([a, other, schema])
})

test('compares schemas and prefixes like the warehouse: DuckDB ignores the case of A to Z', () => {
  const PG = 'postgres://u@h/d'
  const cases: [destinations: [JsonObject, JsonObject], isConflict: boolean][] = [
    [[{ table_prefix: 'CIO_' }, { table_prefix: 'cio_' }], true],
    [[{ default_target_schema: 'Marketing' }, { default_target_schema: 'MARKETING' }], true],
    [[{ default_target_schema: 'MAIN' }, {}], true],
    [[{ table_prefix: 'É_' }, { table_prefix: 'é_' }], false],
    [[{ table_prefix: 'e\u0301_' }, { table_prefix: '\u00e9_' }], false],
    [[{ table_prefix: 'CIO_', default_target_schema: 'a' }, { table_prefix: 'cio_' }], false],
    [
      [
        { warehouse_url: PG, table_prefix: 'CIO_' },
        { warehouse_url: PG, table_prefix: 'cio_' },
      ],
      false,
    ],
    [[{ warehouse_url: PG, default_target_schema: 'Public' }, { warehouse_url: PG }], false],
    [[{ warehouse_url: PG, default_target_schema: 'public' }, { warehouse_url: PG }], true],
    [[{ warehouse_url: 'DuckDB:w.db', table_prefix: 'A' }, { table_prefix: 'a' }], true],
  ]
  for (const [destinations, isConflict] of cases) {
    const [a, b] = destinations.map((destination, at) =>
      connection(`/etc/${at}.json`, { warehouse_url: 'duckdb:w.db', ...destination }),
    )
    const check = () => refuseConflicts(a && b ? [a, b] : [])
    if (isConflict)
      assert.throws(check, /would write the same tables/, JSON.stringify(destinations))
    else check()
  }
})

test('agrees with the dialect of each warehouse', () => {
  const dialects: Record<WarehouseScheme, Dialect> = {
    clickhouse: CLICKHOUSE,
    duckdb: DUCKDB,
    ducklake: DUCKLAKE,
    iceberg: ICEBERG,
    postgres: POSTGRES,
    postgresql: POSTGRES,
  }
  for (const [scheme, dialect] of Object.entries(dialects)) {
    assert.equal(warehouseKindOf(`${scheme}:x`).isCaseSensitive, dialect.isCaseSensitive, scheme)
    for (const name of ['Campaigns', 'CIO_x', 'id', '_SDC_LOADS'])
      assert.equal(foldNameFor(`${scheme}:x`, name), foldName(name, dialect))
  }
})

const url = (name: string) => ({ warehouse_url: `duckdb:${name}.db` })

test('refuses a file passed twice, two equal names and two equal data folders', () => {
  const a = connection('/etc/a.json', url('a'), { name: 'main' })
  assert.throws(() => refuseConflicts([a, a]), {
    message: 'Two connections have the same data folder: /etc/a.json, passed twice.',
  })
  const named = connection('/etc/b.json', url('b'), { name: 'main' })
  assert.throws(() => refuseConflicts([a, named]), {
    message: 'Two connections have the name main: /etc/a.json and /etc/b.json.',
  })
  const folder = connection('/etc/c.json', url('c'), { data_folder: '.customerio-sync/a' })
  assert.throws(() => refuseConflicts([a, folder]), {
    message: 'Two connections have the same data folder: /etc/a.json and /etc/c.json.',
  })
})

test('refuses two connections with one id, such as a copied file with another prefix', () => {
  const a = connection('/etc/a.json', url('a'), { id: 'one' })
  const copy = connection('/etc/b.json', url('b'), { id: 'one' })
  assert.throws(() => refuseConflicts([a, copy]), {
    message: 'Two connections have the id one: /etc/a.json and /etc/b.json.',
    hint: 'Give the copy another `id`.',
  })
  refuseConflicts([connection('/etc/a.json', url('a')), connection('/etc/b.json', url('b'))])
})

const made = (name: string, prefix: string) =>
  connection(`/etc/${name}.json`, { warehouse_url: 'duckdb:w.db', table_prefix: prefix })

test('two changed connections may exchange their prefixes, and a refused one keeps its own', () => {
  const change = (name: string, from: string, to: string) => {
    return { earlier: made(name, from), next: made(name, to) }
  }
  const swap = [change('a', 'a_', 'b_'), change('b', 'b_', 'a_')]
  assert.equal(refusedVersions(swap, [made('c', 'c_')]).size, 0)
  const chain = [change('a', 'a_', 'b_'), change('b', 'b_', 'c_')]
  const refused = refusedVersions(chain, [made('c', 'c_')])
  assert.deepEqual(
    [...refused].map(([{ name }, { message }]) => [name, message]),
    [
      ['b', 'Two connections would write the same tables: /etc/c.json and /etc/b.json.'],
      ['a', 'Two connections would write the same tables: /etc/b.json and /etc/a.json.'],
    ],
  )
})
