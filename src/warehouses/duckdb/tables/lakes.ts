/** What the lakes share that DuckDB writes: they take fewer kinds of statements than its files. */

import type { WidenColumn } from '../../../loader/commit-unit.ts'
import type { ColumnType } from '../../../loader/schema/types.ts'
import type { BatchSize } from '../../../loader/warehouse.ts'
import { keyMatches } from '../../merge-sql.ts'
import { addColumn, type StagedStep } from '../../standard-sql.ts'
import { id, sql, typeName, type Sql } from '../../sql.ts'
import { foldName } from '../../../urls/name-folding.ts'
import { DUCKDB } from '../dialect.ts'
import { describeColumns } from './catalog.ts'
import {
  convertedSql,
  deletionMark,
  mergeKept,
  type DuckdbQuery,
  type DuckdbTable,
} from '../sql.ts'

/**
 * A commit writes files and asks the catalog, whatever it contains, so it takes several batches.
 * About 60 MB of memory for usual rows.
 */
export const LAKE_COMMIT: BatchSize = { rows: 200_000, bytes: 256 * 1024 * 1024 }

/** A column, with its type as the database names it. */
export interface DescribedColumn {
  name: string
  type: string
}

/** A lake's MERGE takes one action for matched rows, so deletions are a statement of their own. */
export function mergeStaged(
  table: DuckdbTable,
  stage: DuckdbTable,
  step: StagedStep,
): readonly Sql[] {
  const mark = deletionMark(step)
  const merge = mergeKept(table, stage, step)
  if (!mark) return [merge]
  const deletion = sql`delete from ${id(...table)} as target
using ${id(...stage)} as stage
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

/** Writes the values of a column to a new last one, which takes its name. */
export function moveToEnd(
  table: DuckdbTable,
  { name, type }: DescribedColumn,
  moved: string,
): readonly Sql[] {
  const statement = sql`alter table ${id(...table)}`
  return [
    sql`${statement} add column ${id(moved)} ${typeName(type)}`,
    sql`update ${id(...table)}
set ${id(moved)} = ${id(name)}`,
    sql`${statement} drop column ${id(name)}`,
    sql`${statement} rename column ${id(moved)} to ${id(name)}`,
  ]
}

/** Names of variant columns, and the name of the column to which they belong, begin like this. */
function familyOf(name: string): string {
  return foldName(name, DUCKDB).split('__', 1)[0] ?? ''
}

/**
 * Names that come after a column, and that the loader may take for its variant columns, or the
 * other way round. It knows by the order: a variant column is added after its own column.
 */
export function familyBehind(names: readonly string[], column: string): readonly string[] {
  const at = names.findIndex((name) => foldName(name, DUCKDB) === foldName(column, DUCKDB))
  return names.slice(at + 1).filter((name) => familyOf(name) === familyOf(column))
}

export interface Rewriting {
  statements: readonly Sql[]
  /** Names of the new columns, in the order in which they are added. */
  added: readonly string[]
}

/** Rewrites the column. The columns whose place says what they are stay behind it. */
export async function rewriteInOrder(
  query: DuckdbQuery,
  table: DuckdbTable,
  { change, typeSql }: { change: WidenColumn; typeSql: (type: ColumnType) => Sql },
): Promise<Rewriting> {
  const rows = await query(describeColumns(table))
  const columns = rows.map(([name, type]) => ({ name: String(name), type: String(type) }))
  const names = columns.map(({ name }) => name)
  const behind = familyBehind(names, change.column)
  const moved = columns.filter((column) => behind.includes(column.name))
  const name = freeName(names)
  return {
    statements: [
      ...rewriteColumn(table, change, { name, typeSql }),
      ...moved.flatMap((column) => moveToEnd(table, column, name)),
    ],
    added: [change.column, ...moved.map((column) => column.name)],
  }
}

/** A name that no column has. */
export function freeName(names: readonly string[]): string {
  const taken = new Set(names.map((name) => name.toLowerCase()))
  let name = '_sdc_rewritten'
  while (taken.has(name)) name += '_'
  return name
}
