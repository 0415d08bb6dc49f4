/** Whether a column can change to another type: nothing uses it, and no value is lost. */

import type { ColumnType } from '../../../loader/schema/types.ts'
import { warnDatesOutOfRange, warnColumnInUse } from '../../../loader/tables/evolve.ts'
import type { WarehouseOptions, WideningQuestion } from '../../../loader/warehouse.ts'
import { findColumnUsers } from './catalog.ts'
import type { DuckdbEngine } from '../engine.ts'
import type { DuckdbQuery } from '../sql.ts'
import { findInexact, findOutOfRange, type DuckdbTable } from '../sql.ts'

/** A change of a column that exists. */
export interface DuckdbColumnChange extends WideningQuestion {
  name: DuckdbTable
  /** Undefined for a foreign type. */
  from: ColumnType | undefined
}

/** What keeps the column from changing its type: a constraint or an index, but not a view. */
export async function findUsers(
  query: DuckdbQuery,
  table: DuckdbTable,
  column: string,
): Promise<string[]> {
  const users = await query(findColumnUsers(table, column))
  return users.map(([user]) => String(user))
}

/** Logs the reason when the column cannot change. */
export async function isExact(
  { database: { query }, findUsers: usersOf }: DuckdbEngine,
  { name, table, column, from, to, mayStay }: DuckdbColumnChange,
  logger: WarehouseOptions['logger'],
): Promise<boolean> {
  const users = await usersOf(name, column)
  if (users.length > 0) {
    if (!mayStay) warnColumnInUse(logger, { table, column, users })
    return false
  }
  if (from === undefined) return true
  if (from.kind === 'date' && to.kind === 'timestamp') {
    const isInRange = (await query(findOutOfRange(name, column))).length === 0
    if (!isInRange) warnDatesOutOfRange(logger, { table, column })
    return isInRange
  }
  if (to.kind !== 'number') return true
  return (await query(findInexact(name, { name: column, type: from }, to))).length === 0
}
