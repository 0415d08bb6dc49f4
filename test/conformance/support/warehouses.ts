/**
 * The warehouses that the suite runs against. A new warehouse adds an entry to `ALL`, and no
 * test.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { chosenByName } from '../../support/chosen-by-name.ts'
import { CHDB_FOLDER } from '../../support/clickhouse/chdb.ts'
import { temporaryFolder, type Scope } from '../../support/programs.ts'
import { CLICKHOUSE_UNDER_TEST } from './clickhouse.ts'
import { commentOnColumn, rowsOf } from './duckdb.ts'
import { DUCKLAKE_UNDER_TEST } from './ducklake.ts'
import { duckdbTypes, holdDuckdb, showDuckdb } from './duckdb-types.ts'
import { ICEBERG_UNDER_TEST } from './iceberg.ts'
import { POSTGRES_UNDER_TEST } from './postgres.ts'
import type { ShownCell } from './type-samples.ts'

/** A row as the suite compares it: big numbers and times as strings, JSON parsed. */
export type PlainRow = Record<string, unknown>

export interface TestedWarehouse {
  url: string
  /** Returns all rows of a table in the default schema; undefined when the table does not exist. */
  read: (table: string) => Promise<PlainRow[] | undefined>
  /**
   * Takes back what a killed load left, as the next load does before it reads anything. Absent for
   * a database with transactions, which does so itself.
   */
  settle?: () => Promise<void>
  /** Runs a statement in the default schema, as another user of the warehouse would. */
  execute: (statement: string) => Promise<void>
  /** Returns all rows of every table in the default schema, by table name. */
  readAll: () => Promise<Map<string, PlainRow[]>>
  /** Returns every column type, from the catalog. */
  types: () => Promise<TypeSample[]>
  /** From then on, no column of the table can change its type. */
  hold: (table: string) => Promise<void>
  /** Returns a statement that drops the table, if it exists, and what `hold` added. */
  dropTable: (table: string) => string
  /** Returns cells of any type as the database prints them, ordered by `id`. */
  show: (table: string, columns: readonly string[]) => Promise<(ShownCell | null)[][]>
}

/** A type, and an expression for a value of the type if there is one. */
export interface TypeSample {
  type: string
  old: string | undefined
}

export interface WarehouseUnderTest {
  name: string
  /** What every URL of the warehouse begins with, as the docs write it. */
  urlStart: string
  /**
   * How SQL writes the Ides of March 44 BC, and 01:02:03.5 UTC on that day. Undefined where times
   * end with the years 1 and 9999.
   */
  ancient: { date: string; time: string } | undefined
  /** Returns string types that the loader never creates, and that can hold the keys. */
  foreignStringTypes: (keys: readonly string[]) => readonly string[]
  /** The keyword at the end of the definition of a computed column; undefined if it has none. */
  computed: string | undefined
  /** Whether an index prevents changes of type in the whole table; undefined if it has none. */
  indexHoldsTypes: boolean | undefined
  /** Whether dates and times can be infinite. */
  hasInfinity: boolean
  /** Whether other users of the warehouse can create views with `execute`. */
  hasViews: boolean
  /** Words a statement for `execute` that comments on a column; undefined if columns have none. */
  commentOn: ((table: string, column: string, comment: string) => string) | undefined
  /** Whether names of tables that are one name to the loader can be two to the warehouse. */
  distinguishesCase: boolean
  /** How many column types the suite must find at least. */
  leastTypes: number
  /** Table prefixes that names of its tables cannot have. */
  refusedPrefixes: readonly string[]
  /** Creates an empty warehouse that is removed when the test ends. */
  create: (test: Scope) => Promise<TestedWarehouse>
}

async function withDuckdb<T>(
  path: string,
  work: (connection: DuckDBConnection) => Promise<T>,
  access_mode = 'READ_ONLY',
): Promise<T> {
  const instance = await DuckDBInstance.create(path, { access_mode })
  const connection = await instance.connect()
  try {
    return await work(connection)
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}

async function executeDuckdb(path: string, statement: string): Promise<void> {
  await withDuckdb(path, async (connection) => connection.run(statement), 'READ_WRITE')
}

async function readDuckdb(path: string, table: string): Promise<PlainRow[] | undefined> {
  if (!existsSync(path)) return undefined
  try {
    return await withDuckdb(path, async (connection) => rowsOf(connection, table))
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Catalog Error')) return undefined
    throw error
  }
}

async function readAllOfDuckdb(path: string): Promise<Map<string, PlainRow[]>> {
  const tables = new Map<string, PlainRow[]>()
  if (!existsSync(path)) return tables
  await withDuckdb(path, async (connection) => {
    const names = await connection.runAndReadAll(
      'select table_name from information_schema.tables order by table_name',
    )
    for (const [name] of names.getRows()) {
      tables.set(String(name), await rowsOf(connection, String(name)))
    }
  })
  return tables
}

export const DUCKDB_UNDER_TEST: WarehouseUnderTest = {
  name: 'duckdb',
  urlStart: 'duckdb:',
  ancient: { date: '0044-03-15 (BC)', time: '0044-03-15 (BC) 01:02:03.5+00' },
  foreignStringTypes: (keys) => [`enum(${keys.map((key) => `'${key}'`).join(', ')})`],
  computed: '',
  indexHoldsTypes: true,
  hasInfinity: true,
  hasViews: true,
  commentOn: commentOnColumn,
  distinguishesCase: false,
  leastTypes: 31,
  refusedPrefixes: [],
  create: async (test) => {
    const path = join(await temporaryFolder(test), 'test.duckdb')
    return {
      url: `duckdb:${path}`,
      read: (table) => readDuckdb(path, table),
      execute: (statement) => executeDuckdb(path, statement),
      readAll: () => readAllOfDuckdb(path),
      types: () => withDuckdb(path, duckdbTypes, 'READ_WRITE'),
      hold: (table) => executeDuckdb(path, holdDuckdb(table)),
      dropTable: (table) => `drop table if exists ${table}`,
      show: async (table, columns) =>
        withDuckdb(path, async (connection) => showDuckdb(connection, table, columns)),
    }
  },
}

const ALL: readonly WarehouseUnderTest[] = [
  DUCKDB_UNDER_TEST,
  POSTGRES_UNDER_TEST,
  ...(CHDB_FOLDER === undefined ? [] : [CLICKHOUSE_UNDER_TEST]),
  ...(process.env['TEST_DUCKDB_EXTENSIONS'] === undefined ? [] : [DUCKLAKE_UNDER_TEST]),
  ...(process.env['TEST_ICEBERG_CATALOG'] === undefined ? [] : [ICEBERG_UNDER_TEST]),
]

/** All of them, or those that TEST_WAREHOUSES names: `duckdb,postgres`. */
export const WAREHOUSES = chosenByName(ALL, process.env['TEST_WAREHOUSES']?.split(',') ?? [])
