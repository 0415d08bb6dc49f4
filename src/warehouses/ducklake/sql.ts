/** Statements for DuckLake that differ from those for a DuckDB file. */

import { id, lit, param, sql, type Sql } from '../sql.ts'
import type { WidenColumn } from '../../loader/commit-unit.ts'
import { addColumn, type StagedStep } from '../standard-sql.ts'
import {
  convertedSql,
  deletionMark,
  foldedSql,
  keyMatches,
  mergeKept,
  stageTable,
  typeSql,
  type DuckdbTable,
} from '../duckdb/sql.ts'

/** DuckLake's MERGE takes one action for matched rows, so deletions are their own statement. */
export function mergeStaged(table: DuckdbTable, stage: string, step: StagedStep): readonly Sql[] {
  const mark = deletionMark(step)
  const merge = mergeKept(table, stage, step)
  if (!mark) return [merge]
  const deletion = sql`delete from ${id(...table)} as target
using ${id(...stageTable(stage))} as stage
where ${keyMatches(step)}
  and ${mark} is not null`
  return [deletion, merge]
}

/** Writes the converted values to a new column, which takes the place and name of the old one. */
export function rewriteColumn(
  table: DuckdbTable,
  { column, from, to }: Pick<WidenColumn, 'column' | 'from' | 'to'>,
  rewritten: string,
): readonly Sql[] {
  const name = sql`alter table ${id(...table)}`
  return [
    addColumn(table, { name: rewritten, type: to }, typeSql),
    sql`update ${id(...table)}
set ${id(rewritten)} = ${convertedSql(id(column), from, to)}`,
    sql`${name} drop column ${id(column)}`,
    sql`${name} rename column ${id(rewritten)} to ${id(column)}`,
  ]
}

/** Whether the column refuses null, and its default, as DuckDB prints it. */
export function findColumn([database, schema, table]: DuckdbTable, column: string): Sql {
  return sql`select not is_nullable, column_default
from duckdb_columns()
where database_name = ${param(database)}
  and ${foldedSql(sql`schema_name`)} = ${foldedSql(param(schema))}
  and ${foldedSql(sql`table_name`)} = ${foldedSql(param(table))}
  and ${foldedSql(sql`column_name`)} = ${foldedSql(param(column))}`
}

/** The snapshot from which the transaction that is running started. */
export function findStartSnapshot(lake: string): Sql {
  return sql`select id from ducklake_current_snapshot(${lit(lake)})`
}

/** For the server of the catalog. */
export function findSnapshot(metadataSchema: string, snapshot: string): Sql {
  return sql`select 1
from ${id(metadataSchema, 'ducklake_snapshot')}
where snapshot_id = cast(${param(snapshot)} as bigint)`
}

/**
 * The newest load, as a comment on the ledger. Two transactions that change one comment conflict,
 * while two that only append rows do not.
 */
export function noteLoad(ledger: DuckdbTable, loadNumber: number): Sql {
  return sql`comment on table ${id(...ledger)} is ${lit(`Newest load: ${loadNumber}`)}`
}
