/** What the lakes share that DuckDB writes: they take fewer kinds of statements than its files. */

import type { WidenColumn } from '../../../loader/commit-unit.ts'
import type { ColumnType } from '../../../loader/schema/types.ts'
import { addColumn, type StagedStep } from '../../standard-sql.ts'
import { id, sql, type Sql } from '../../sql.ts'
import { findColumns } from './catalog.ts'
import {
  convertedSql,
  deletionMark,
  keyMatches,
  mergeKept,
  stageTable,
  type DuckdbQuery,
  type DuckdbTable,
} from '../sql.ts'

/** A lake's MERGE takes one action for matched rows, so deletions are a statement of their own. */
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

/** Writes the converted values to a new column, which takes the name of the old one. */
export function rewriteColumn(
  table: DuckdbTable,
  { column, from, to }: Pick<WidenColumn, 'column' | 'from' | 'to'>,
  rewritten: { name: string; typeSql: (type: ColumnType) => Sql },
): readonly Sql[] {
  const name = sql`alter table ${id(...table)}`
  return [
    addColumn(table, { name: rewritten.name, type: to }, rewritten.typeSql),
    sql`update ${id(...table)}
set ${id(rewritten.name)} = ${convertedSql(id(column), from, to)}`,
    sql`${name} drop column ${id(column)}`,
    sql`${name} rename column ${id(rewritten.name)} to ${id(column)}`,
  ]
}

/** A name that no column of the table has. */
export async function freeName(query: DuckdbQuery, table: DuckdbTable): Promise<string> {
  const rows = await query(findColumns(table))
  const taken = new Set(rows.map(([name]) => String(name).toLowerCase()))
  let name = '_sdc_rewritten'
  while (taken.has(name)) name += '_'
  return name
}
