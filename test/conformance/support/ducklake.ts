/**
 * DuckLake for the conformance suite: the catalog of each test is a schema of the PostgreSQL server
 * of the tests, and its data files are in a folder. TEST_DUCKDB_EXTENSIONS names the folder with
 * DuckDB's extensions.
 */

import { randomUUID } from 'node:crypto'
import type { DuckDBConnection } from '@duckdb/node-api'
import { temporaryFolder } from '../../support/programs.ts'
import { commentOnColumn, EXTENSIONS, openWith, rowsOf, tablesOf } from './duckdb.ts'
import { duckdbTypes, showDuckdb } from './duckdb-types.ts'
import { query as queryPostgres, SERVER_URL } from './postgres.ts'
import type { PlainRow, WarehouseUnderTest } from './warehouses.ts'

const SECRET = '_sdc_test_catalog'

let shared: Promise<DuckDBConnection> | undefined

/** One connection for all tests of a file: loading the extensions takes a while. */
async function open(): Promise<DuckDBConnection> {
  const connection = await openWith(['postgres_scanner', 'ducklake'])
  const { hostname, port, username, pathname } = new URL(SERVER_URL)
  await connection.run(
    `create secret ${SECRET} (type postgres, host '${hostname}', port '${port}', user '${username}', database '${pathname.slice(1)}')`,
  )
  return connection
}

interface LakeUnderTest {
  schema: string
  folder: string
}

/** Runs work in the lake, which may not exist yet. Several tests of a file run one by one. */
async function withLake<T>(
  { schema, folder }: LakeUnderTest,
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  shared ??= open()
  const connection = await shared
  await connection.run(
    `attach if not exists 'ducklake:postgres:sslmode=disable' as ${schema} (data_path '${folder}', meta_secret '${SECRET}', metadata_schema '${schema}')`,
  )
  await connection.run(`use ${schema}.main`)
  return work(connection)
}

async function detach({ schema }: LakeUnderTest): Promise<void> {
  if (!shared) return
  const connection = await shared
  await connection.run('use memory')
  await connection.run(`detach database if exists ${schema}`)
}

async function read(lake: LakeUnderTest, table: string): Promise<PlainRow[] | undefined> {
  return withLake(lake, async (connection) => {
    const names = await tablesOf(connection, lake.schema)
    const name = names.find((known) => known.toLowerCase() === table.toLowerCase())
    return name === undefined ? undefined : rowsOf(connection, name, `${lake.schema}.main`)
  })
}

/** A lake drops no column by which the table is sorted. */
async function sortByAll(connection: DuckDBConnection, table: string): Promise<void> {
  const described = await connection.runAndReadAll(`describe ${table}`)
  const columns = described.getRows().map(([name]) => `"${String(name)}"`)
  await connection.run(`alter table ${table} set sorted by (${columns.join(', ')})`)
}

export const DUCKLAKE_UNDER_TEST: WarehouseUnderTest = {
  name: 'ducklake',
  urlStart: 'ducklake:',
  ancient: { date: '0044-03-15 (BC)', time: '0044-03-15 (BC) 01:02:03.5+00' },
  foreignStringTypes: () => [],
  computed: undefined,
  indexHoldsTypes: undefined,
  hasInfinity: true,
  hasViews: true,
  commentOn: commentOnColumn,
  distinguishesCase: false,
  leastTypes: 31,
  refusedPrefixes: [],
  create: async (test) => {
    const schema = `lake_${randomUUID().replaceAll('-', '')}`
    const folder = `${await temporaryFolder(test)}/`
    const lake = { schema, folder }
    test.after(async () => {
      await detach(lake)
      await queryPostgres(`drop schema if exists ${schema} cascade`)
    })
    const url = new URL(SERVER_URL)
    url.searchParams.set('data_path', folder)
    url.searchParams.set('metadata_schema', schema)
    url.searchParams.set('extension_directory', EXTENSIONS)
    return {
      url: `ducklake:${url.href}`,
      read: async (table) => read(lake, table),
      readAll: async () =>
        withLake(lake, async (connection) => {
          const tables = new Map<string, PlainRow[]>()
          for (const name of await tablesOf(connection, schema)) {
            tables.set(name, await rowsOf(connection, name, `${schema}.main`))
          }
          return tables
        }),
      execute: async (statement) => {
        // Lakes have no keys.
        const text = statement.replaceAll(' primary key', ' not null')
        await withLake(lake, async (connection) => connection.run(text))
      },
      types: () => withLake(lake, duckdbTypes),
      hold: (table) => withLake(lake, async (connection) => sortByAll(connection, table)),
      dropTable: (table) => `drop table if exists ${table}`,
      show: async (table, columns) =>
        withLake(lake, async (connection) => showDuckdb(connection, table, columns)),
    }
  },
}
