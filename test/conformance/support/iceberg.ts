/**
 * Iceberg for the conformance suite: each test has a warehouse of its own in the catalog that
 * TEST_ICEBERG_CATALOG names. The keys of its object store are in AWS's variables, and
 * TEST_DUCKDB_EXTENSIONS names the folder with DuckDB's extensions.
 */

import { randomUUID } from 'node:crypto'
import type { DuckDBConnection } from '@duckdb/node-api'
import { parseJson } from '../../../src/singer/json.ts'
import { EXTENSIONS, openWith, rowsOf, tablesOf } from './duckdb.ts'
import { duckdbTypes, showDuckdb } from './duckdb-types.ts'
import type { Scope } from '../../support/programs.ts'
import type { PlainRow, TestedWarehouse, WarehouseUnderTest } from './warehouses.ts'

const ENDPOINT = process.env['TEST_ICEBERG_CATALOG'] ?? ''
const NAMESPACE = 'public'

/** A warehouse of a catalog. */
interface Place {
  endpoint: string
  warehouse: string
}

let shared: Promise<DuckDBConnection> | undefined

/** One connection for all tests of a file: loading the extensions takes a while. */
async function open(): Promise<DuckDBConnection> {
  const connection = await openWith(['httpfs', 'avro', 'iceberg'])
  await connection.run('set s3_url_compatibility_mode = true')
  const { env } = process
  const { host } = new URL(env['AWS_ENDPOINT_URL'] ?? 'http://127.0.0.1')
  await connection.run(
    `create secret (type s3, key_id '${env['AWS_ACCESS_KEY_ID']}', secret '${env['AWS_SECRET_ACCESS_KEY']}', endpoint '${host}', url_style 'path', use_ssl false, region 'us-east-1')`,
  )
  return connection
}

/** Runs work in the warehouse. Several tests of a file run one by one. */
async function withCatalog<T>(
  { endpoint, warehouse }: Place,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  shared ??= open()
  const connection = await shared
  await connection.run(
    `attach if not exists '${warehouse}' as ${warehouse} (type iceberg, endpoint '${endpoint}', authorization_type 'none', access_delegation_mode 'none')`,
  )
  await connection.run(`create schema if not exists ${warehouse}.${NAMESPACE}`)
  await connection.run(`use ${warehouse}.${NAMESPACE}`)
  return work(connection)
}

async function detach(warehouse: string): Promise<void> {
  if (!shared) return
  const connection = await shared
  await connection.run('use memory.main')
  await connection.run(`detach database if exists ${warehouse}`)
}

interface Field {
  id: number
  name: string
  type: unknown
}

interface Metadata {
  properties: Record<string, string>
  'current-schema-id': number
  schemas: { 'schema-id': number; fields: Field[] }[]
}

function fieldsOf(metadata: Metadata): Field[] {
  const current = metadata['current-schema-id']
  return metadata.schemas.find((one) => one['schema-id'] === current)?.fields ?? []
}

/** Changes the table, if there is a body, and returns its metadata. */
async function requestTable(
  { endpoint, warehouse }: Place,
  table: string,
  body?: object,
): Promise<Metadata> {
  const path = `v1/${warehouse}/namespaces/${NAMESPACE}/tables/${encodeURIComponent(table)}`
  const response = await fetch(`${endpoint}/${path}`, {
    ...(body && { method: 'POST', body: JSON.stringify(body) }),
    headers: { 'content-type': 'application/json' },
  })
  if (!response.ok) throw new Error(await response.text())
  return ((await response.json()) as { metadata: Metadata }).metadata
}

/** Columns by which a table is sorted keep their types. Those with parts cannot be among them. */
async function sortByAll(place: Place, table: string): Promise<void> {
  const metadata = await requestTable(place, table)
  const single = fieldsOf(metadata).filter(({ type }) => typeof type === 'string')
  const fields = single.map(({ id }) => ({
    transform: 'identity',
    'source-id': id,
    direction: 'asc',
    'null-order': 'nulls-first',
  }))
  await requestTable(place, table, {
    requirements: [],
    updates: [
      { action: 'add-sort-order', 'sort-order': { 'order-id': 1, fields } },
      { action: 'set-default-sort-order', 'sort-order-id': -1 },
    ],
  })
}

/** Names of the columns that hold JSON, as the loader marked them. */
async function jsonColumns(place: Place, table: string): Promise<Set<string>> {
  const metadata = await requestTable(place, table)
  const isMarked = ({ id }: Field) => metadata.properties[`target-warehouse.json.${id}`] === 'true'
  return new Set(
    fieldsOf(metadata)
      .filter(isMarked)
      .map(({ name }) => name),
  )
}

/** All rows, with the JSON parsed. */
async function rowsWithJson(
  connection: DuckDBConnection,
  place: Place,
  table: string,
): Promise<PlainRow[]> {
  const columns = await jsonColumns(place, table)
  const parsed = (name: string, cell: unknown) =>
    columns.has(name) && typeof cell === 'string' ? parseJson(cell) : cell
  const rows = await rowsOf(connection, table, `${place.warehouse}.${NAMESPACE}`)
  return rows.map((row) =>
    Object.fromEntries(Object.entries(row).map(([name, cell]) => [name, parsed(name, cell)])),
  )
}

/** Creates a warehouse in the catalog. */
export function createIn(endpoint: string, test: Scope): TestedWarehouse {
  const warehouse = `test_${randomUUID().replaceAll('-', '')}`
  const place = { endpoint, warehouse }
  test.after(() => detach(warehouse))
  const url = new URL(endpoint)
  url.searchParams.set('warehouse', warehouse)
  url.searchParams.set('extension_directory', EXTENSIONS)
  return {
    url: `iceberg:${url.href}`,
    read: async (table) =>
      withCatalog(place, async (connection) => {
        const names = await tablesOf(connection, warehouse, NAMESPACE)
        const name = names.find((known) => known.toLowerCase() === table.toLowerCase())
        return name === undefined ? undefined : rowsWithJson(connection, place, name)
      }),
    readAll: async () =>
      withCatalog(place, async (connection) => {
        const tables = new Map<string, PlainRow[]>()
        for (const name of await tablesOf(connection, warehouse, NAMESPACE)) {
          tables.set(name, await rowsWithJson(connection, place, name))
        }
        return tables
      }),
    execute: async (statement) => {
      await withCatalog(place, async (connection) => connection.run(icebergSql(statement)))
    },
    types: () => withCatalog(place, duckdbTypes),
    hold: (table) => sortByAll(place, table),
    dropTable: (table) => `drop table if exists ${table}`,
    show: async (table, columns) =>
      withCatalog(place, async (connection) => showDuckdb(connection, table, columns)),
  }
}

/** Iceberg has no keys, JSON and defaults, and its smallest integer has 32 bits. */
function icebergSql(statement: string): string {
  return statement
    .replaceAll(' primary key', ' not null')
    .replaceAll(/\bjson\b/g, 'varchar')
    .replaceAll(/\bsmallint\b/g, 'integer')
    .replaceAll(/ default \d+/g, '')
}

export const ICEBERG_UNDER_TEST: WarehouseUnderTest = {
  name: 'iceberg',
  urlStart: 'iceberg:',
  ancient: { date: '0044-03-15 (BC)', time: '0044-03-15 (BC) 01:02:03.5+00' },
  foreignStringTypes: () => [],
  computed: undefined,
  indexHoldsTypes: undefined,
  hasInfinity: false,
  commentOn: undefined,
  hasViews: false,
  distinguishesCase: true,
  leastTypes: 26,
  refusedPrefixes: ['é'.repeat(25), 'a/b'],
  create: (test) => Promise.resolve(createIn(ENDPOINT, test)),
}
