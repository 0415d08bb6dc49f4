/**
 * A process in which DuckDB loads the file with its own JSON reader, then with the same staging and
 * merge as our target: into a DuckDB file, or into a lake that it attaches.
 */

import { DuckDBInstance } from '@duckdb/node-api'
import { createSchema, findRow } from '../src/warehouses/standard-sql.ts'
import { id, list, lit, render, sql, STANDARD_STYLE, type Sql } from '../src/warehouses/sql.ts'
import {
  createTable,
  dropStage,
  insertStaged,
  mergeStaged,
  stageTable,
  typeSql,
  type DuckdbTable,
} from '../src/warehouses/duckdb/sql.ts'
import * as lakes from '../src/warehouses/duckdb/tables/lakes.ts'
import * as iceberg from '../src/warehouses/iceberg/sql.ts'
import type { FloorPlan } from './engines/floor-plan.ts'
import { FIELDS, METADATA, STEP } from './floor-step.ts'

const STAGE = 'stage'
const stage = stageTable(STAGE)

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

const [planText = '', path = ''] = process.argv.slice(2)
const plan = JSON.parse(planText) as FloorPlan
const instance = await DuckDBInstance.create(plan.database, plan.settings)
const connection = await instance.connect()

async function run(statement: Sql): Promise<unknown[]> {
  const { text, values } = render(statement, STANDARD_STYLE)
  return (await connection.runAndReadAll(text, values)).getRows()
}

async function catalogName(): Promise<string> {
  const [[name]] = (await run(sql`select current_database()`)) as [[string]]
  return plan.catalog ?? name
}

/** A catalog of Iceberg creates a table in a request of its own. */
async function createMissing(table: DuckdbTable): Promise<void> {
  if (plan.kind === 'iceberg') return
  const known = await run(sql`from duckdb_tables() where table_name = ${lit(STEP.table)}`)
  if (known.length === 0) await run(createTable(table, STEP.columns))
}

for (const statement of plan.attach) await connection.run(statement)
await run(sql`set timezone = 'UTC'`)
const table = [await catalogName(), plan.schema, STEP.table] as const
if (plan.kind === 'iceberg') {
  await run(createSchema(table[0], table[1]))
  await run(iceberg.createTable(table, STEP.columns))
}
await run(sql`begin transaction`)
await createMissing(table)
await run(stageFile(path))
const merge =
  plan.kind === 'file' ? [mergeStaged(table, stage, STEP)] : lakes.mergeStaged(table, stage, STEP)
const isMerge = (await run(findRow(table))).length > 0
for (const statement of isMerge ? merge : [insertStaged(table, stage, STEP)]) await run(statement)
await run(dropStage(STAGE))
await run(sql`commit`)
if (plan.kind === 'file') await run(sql`checkpoint`)
connection.disconnectSync()
instance.closeSync()
