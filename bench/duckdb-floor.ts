/**
 * A process in which DuckDB loads the file with its own JSON reader, then with the same staging and
 * merge as our target.
 */

import { DuckDBInstance } from '@duckdb/node-api'
import { findRow } from '../src/warehouses/standard-sql.ts'
import { id, list, lit, render, sql, STANDARD_STYLE, type Sql } from '../src/warehouses/sql.ts'
import {
  createTable,
  dropStage,
  insertStaged,
  mergeStaged,
  typeSql,
} from '../src/warehouses/duckdb/sql.ts'
import { FIELDS, METADATA, STEP } from './floor-step.ts'

const STAGE = 'stage'

/** Fills the `_sdc_` columns with the time, as our target mostly does. */
function stageFile(path: string): Sql {
  const record = list(FIELDS.map(({ name, type }) => sql`${id(name)} ${typeSql(type)}`))
  const metadata = METADATA.map(({ name, type }) =>
    type.kind === 'timestamp' ? sql`now() as ${id(name)}` : sql`epoch_ms(now()) as ${id(name)}`,
  )
  return sql`create temp table ${id(STAGE)} as
select unnest(record), ${list(metadata)}
from read_json(
  ${lit(path)},
  format = 'newline_delimited',
  columns = { type: 'varchar', record: 'struct(${record})' }
)
where type = 'RECORD'`
}

const [database = '', path = ''] = process.argv.slice(2)
const instance = await DuckDBInstance.create(database)
const connection = await instance.connect()

async function run(statement: Sql): Promise<unknown[]> {
  const { text, values } = render(statement, STANDARD_STYLE)
  return (await connection.runAndReadAll(text, values)).getRows()
}

const [[name]] = (await run(sql`select current_database()`)) as [[string]]
const table = [name, 'main', STEP.table] as const
await run(sql`set timezone = 'UTC'`)
await run(sql`begin transaction`)
const known = await run(sql`from duckdb_tables() where table_name = ${lit(STEP.table)}`)
if (known.length === 0) await run(createTable(table, STEP.columns))
await run(stageFile(path))
const isMerge = (await run(findRow(table))).length > 0
await run(isMerge ? mergeStaged(table, STAGE, STEP) : insertStaged(table, STAGE, STEP))
await run(dropStage(STAGE))
await run(sql`commit`)
await run(sql`checkpoint`)
connection.disconnectSync()
instance.closeSync()
