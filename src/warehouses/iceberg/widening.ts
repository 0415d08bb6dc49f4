/** New columns and type changes: by Iceberg where it loses nothing, else by a new column. */

import type { Column, WidenColumn } from '../../loader/commit-unit.ts'
import { rewriteInOrder } from '../duckdb/tables/lakes.ts'
import type { DuckdbQuery, DuckdbTable } from '../duckdb/sql.ts'
import type { Sql } from '../sql.ts'
import { isPromotion } from './dialect.ts'
import type { JsonMarks } from './json-marks.ts'
import * as statements from './sql.ts'

/** Adds the column, and marks it when it holds JSON. */
export async function addColumn(
  { query, marks }: { query: DuckdbQuery; marks: JsonMarks },
  table: DuckdbTable,
  column: Column,
): Promise<readonly Sql[]> {
  const { name, type } = column
  const mark = await marks.mark(query, table, [{ name, isJson: type.kind === 'json' }])
  return [statements.addColumn(table, column), ...mark]
}

export async function widen(
  { query, marks }: { query: DuckdbQuery; marks: JsonMarks },
  table: DuckdbTable,
  change: WidenColumn,
): Promise<readonly Sql[]> {
  const { column, from, to } = change
  if (isPromotion(from, to)) return [statements.promoteColumn(table, change)]
  const { typeSql } = statements
  const rewriting = await rewriteInOrder(query, table, { change, typeSql })
  const added = rewriting.added.map((name) =>
    name === column ? { name, isJson: to.kind === 'json' } : { name },
  )
  return [...rewriting.statements, ...(await marks.mark(query, table, added))]
}
