/** Type changes of a table's columns: by Iceberg where it loses nothing, else by a new column. */

import type { WidenColumn } from '../../loader/commit-unit.ts'
import { rewriteInOrder } from '../duckdb/tables/lakes.ts'
import type { DuckdbQuery, DuckdbTable } from '../duckdb/sql.ts'
import type { Sql } from '../sql.ts'
import { isPromotion } from './dialect.ts'
import { markJson, promoteColumn, typeSql, unmarkJson } from './sql.ts'

export async function widen(
  query: DuckdbQuery,
  table: DuckdbTable,
  change: WidenColumn,
): Promise<readonly Sql[]> {
  const { column: name, from, to } = change
  if (isPromotion(from, to)) return [promoteColumn(table, change)]
  // JSON is stored as text.
  if (from?.kind === 'json' && to.kind === 'text') return [unmarkJson(table, name)]
  return [
    ...(await rewriteInOrder(query, table, { change, typeSql })),
    ...(from?.kind === 'json' ? [unmarkJson(table, name)] : []),
    ...markJson(table, { name, type: to }),
  ]
}
