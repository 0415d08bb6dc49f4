/** Statements for Iceberg tables that differ from those for a DuckDB file. */

import type { Column, SetComments, WidenColumn } from '../../loader/commit-unit.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import { typeSql as duckdbTypeSql, type DuckdbTable } from '../duckdb/sql.ts'
import { id, list, lit, sql, type Sql } from '../sql.ts'
import * as standard from '../standard-sql.ts'
import { jsonProperty } from './tables.ts'

/** Iceberg has no JSON, so it is stored as text. */
export function typeSql(type: ColumnType): Sql {
  return type.kind === 'json' ? sql`varchar` : duckdbTypeSql(type)
}

function jsonMark(fieldId: number): Sql {
  return sql`${lit(jsonProperty(fieldId))} = 'true'`
}

/**
 * Another attempt may have created the table already. The fields of a new table are numbered from
 * 1, in their order.
 */
export function createTable(table: DuckdbTable, columns: readonly Column[]): Sql {
  const marks = columns.flatMap(({ type }, at) => (type.kind === 'json' ? [jsonMark(at + 1)] : []))
  const properties = marks.length === 0 ? sql`` : sql` with (${list(marks)})`
  return sql`create table if not exists ${id(...table)} (
  ${standard.columnDefinitions(columns, typeSql)}
)${properties}`
}

/** Marks the columns as such that hold JSON. */
export function markJson(table: DuckdbTable, fieldIds: readonly number[]): readonly Sql[] {
  if (fieldIds.length === 0) return []
  return [sql`alter table ${id(...table)} set (${list(fieldIds.map(jsonMark))})`]
}

export function addColumn(table: DuckdbTable, column: Column): Sql {
  return standard.addColumn(table, column, typeSql)
}

/** The property by which other programs comment on a table too. Fields have no comments. */
export function setComments(table: DuckdbTable, { comment }: SetComments): readonly Sql[] {
  if (comment === undefined) return []
  return [sql`alter table ${id(...table)} set (${lit('comment')} = ${lit(comment)})`]
}

/** Iceberg takes no expression for the values. */
export function promoteColumn(
  table: DuckdbTable,
  { column, to }: Pick<WidenColumn, 'column' | 'to'>,
): Sql {
  return sql`alter table ${id(...table)}
  alter column ${id(column)} type ${typeSql(to)}`
}
