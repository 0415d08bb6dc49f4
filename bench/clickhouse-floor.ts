/**
 * A process that lets ClickHouse load the file with its own JSON reader, then with the same merge
 * as our target. The server reads the file itself. Arguments: the URL and the file.
 */

import { findTables } from '../src/warehouses/clickhouse/tables/catalog.ts'
import { isIn } from '../src/warehouses/clickhouse/rows/merge.ts'
import { ClickhouseSession } from '../src/warehouses/clickhouse/connect/session.ts'
import {
  createDatabase,
  createTable,
  deleteRows,
  dropTable,
  type ClickhousePlace,
} from '../src/warehouses/clickhouse/sql.ts'
import { parseUrl } from '../src/warehouses/clickhouse/url.ts'
import { insertFrom } from '../src/warehouses/merge-sql.ts'
import { id, list, lit, sql, type Sql } from '../src/warehouses/sql.ts'
import { columnNames, COMMA, findRow } from '../src/warehouses/standard-sql.ts'
import { FIELDS, METADATA, STEP } from './floor-step.ts'

const STAGE = 'stage'

/** JSON stays text, and times have the form of JSON. */
function stageFile(stage: readonly string[], path: string): Sql {
  return sql`insert into ${id(...stage)} (
  ${columnNames(FIELDS)}
)
from infile ${lit(path)}
settings
  input_format_json_read_arrays_as_strings = 1,
  input_format_json_read_objects_as_strings = 1,
  date_time_input_format = 'best_effort'
format JSONEachRow`
}

/** Fills the `_sdc_` columns with the time, as our target mostly does. */
function stagedRows(stage: readonly string[]): Sql {
  const metadata = METADATA.map(({ name, type }) =>
    type.kind === 'timestamp'
      ? sql`now64(6) as ${id(name)}`
      : sql`toUnixTimestamp64Milli(now64(3)) as ${id(name)}`,
  )
  return sql`select
  ${list([...FIELDS.map(({ name }) => id(name)), ...metadata], COMMA)}
from ${id(...stage)}`
}

const [url = '', path = ''] = process.argv.slice(2)
const { database = 'default', ...server } = parseUrl(url, {})
const session = new ClickhouseSession({ database, ...server })
const { query, run } = session
const place: ClickhousePlace = { database, cluster: undefined, engine: 'MergeTree' }
const table = [database, STEP.table] as const
const stage = [database, STAGE] as const

await run(createDatabase(place))
if ((await findTables(query, database, [STEP.table])).length === 0) {
  await run(createTable(place, STEP.table, { columns: STEP.columns, sortedBy: ['id'] }))
}
await run(createTable(place, STAGE, { columns: FIELDS }))
await run(stageFile(stage, path))
if ((await query(findRow(table))).length > 0) await run(deleteRows(table, isIn(stage, STEP)))
await run(insertFrom(table, STEP.columns, stagedRows(stage)))
await run(dropTable(place, STAGE))
await session.close()
