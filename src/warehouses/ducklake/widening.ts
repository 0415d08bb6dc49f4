/** Type changes of a lake's columns: by DuckLake where it loses nothing, else by a new column. */

import type { WidenColumn } from '../../loader/commit-unit.ts'
import { messageOf } from '../duckdb/errors.ts'
import { widenColumn, type DuckdbQuery, type DuckdbTable } from '../duckdb/sql.ts'
import { commentOnColumn } from '../comment-sql.ts'
import { addColumn, type TableName } from '../standard-sql.ts'
import { id, sql, type Sql } from '../sql.ts'
import { typeSql } from '../duckdb/sql.ts'
import { isPromotion } from './dialect.ts'
import { findColumns } from '../duckdb/tables/catalog.ts'
import { familyBehind, freeName, rewriteInOrder } from '../duckdb/tables/lakes.ts'
import { findColumn, findComments } from './sql.ts'

export async function widen(
  query: DuckdbQuery,
  table: DuckdbTable,
  change: WidenColumn,
): Promise<readonly Sql[]> {
  if (isPromotion(change.from, change.to)) return [widenColumn(table, change)]
  const { statements, added } = await rewriteInOrder(query, table, { change, typeSql })
  return [...statements, ...(await keptComments(query, table, added))]
}

/** Sets the comments again that new columns do not take over from the old ones. */
async function keptComments(
  query: DuckdbQuery,
  table: DuckdbTable,
  added: readonly string[],
): Promise<readonly Sql[]> {
  const rows = await query(findComments(table))
  return rows
    .filter(([name, comment]) => comment !== null && added.includes(String(name)))
    .map(([name, comment]) => commentOnColumn(table, String(name), String(comment)))
}

/** Tries to drop the column, and undoes it. Returns DuckLake's reason when it refuses. */
async function tryDrop(
  query: DuckdbQuery,
  table: TableName,
  { column, other }: { column: string; other: string },
): Promise<string | undefined> {
  await query(sql`begin transaction`)
  try {
    // A table keeps at least one column.
    await query(addColumn(table, { name: other, type: { kind: 'boolean' } }, typeSql))
    await query(sql`alter table ${id(...table)} drop column ${id(column)}`)
    return undefined
  } catch (error) {
    const reason = / - the table is (partitioned|sorted) by/.exec(messageOf(error))?.[1]
    if (reason === undefined) throw error
    return reason
  } finally {
    await query(sql`rollback`).catch(() => undefined)
  }
}

/** What keeps a column from being dropped: NOT NULL, a default, or the order of the table. */
async function findOwnUsers(
  query: DuckdbQuery,
  table: DuckdbTable,
  { column, other }: { column: string; other: string },
): Promise<string[]> {
  const [row] = await query(findColumn(table, column))
  if (!row) return []
  // DuckLake cannot add the constraint to a column that the same transaction has written.
  if (row[0] === true) return ['the constraint NOT NULL of the column']
  const text = row[1] === null ? 'NULL' : String(row[1])
  if (text !== 'NULL') return ['the default of the column']
  const refusal = await tryDrop(query, table, { column, other })
  return refusal === undefined ? [] : [`the table, which is ${refusal} by the column`]
}

/** What keeps the column from being rewritten, and those that must stay behind it from moving. */
export async function findUsers(
  query: DuckdbQuery,
  table: DuckdbTable,
  column: string,
): Promise<string[]> {
  const names = (await query(findColumns(table))).map(([name]) => String(name))
  const other = freeName(names)
  const users: string[] = []
  for (const name of [column, ...familyBehind(names, column)]) {
    users.push(...(await findOwnUsers(query, table, { column: name, other })))
  }
  return users
}
