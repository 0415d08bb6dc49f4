/** Whether a column can change to another type: nothing uses it, and no value is lost. */

import type { ColumnType } from '../../../loader/schema/types.ts'
import { warnColumnInUse } from '../../../loader/tables/evolve.ts'
import type { WarehouseOptions, WideningQuestion } from '../../../loader/warehouse.ts'
import { columnsOf, indexesOf, orderOf } from './catalog.ts'
import type { ClickhouseQuery } from '../connect/session.ts'
import { findInexact, type ClickhouseTable } from '../sql.ts'

/** A change of a column that exists. */
export interface ClickhouseColumnChange extends WideningQuestion {
  name: ClickhouseTable
  /** Undefined for a foreign type. */
  from: ColumnType | undefined
}

/**
 * What keeps the column from changing its type: an index, a projection or a computed column of its
 * table, or a key that a load did not create.
 */
export async function findUsers(
  query: ClickhouseQuery,
  table: ClickhouseTable,
  column: string,
): Promise<string[]> {
  const columns = await columnsOf(query, table)
  const users = await indexesOf(query, table)
  if (columns.some(({ isComputed }) => isComputed)) users.push('a computed column of the table')
  const found = columns.find(({ name }) => name === column)
  if (found?.isInFixedKey) users.push('the partition key of the table')
  if (found?.isInSortingKey && !(await orderOf(query, table)).isOurs) {
    users.push('the sorting key of the table')
  }
  return users
}

/** Logs the reason when the column cannot change. */
export async function isExact(
  query: ClickhouseQuery,
  { name, table, column, from, to, mayStay }: ClickhouseColumnChange,
  logger: WarehouseOptions['logger'],
): Promise<boolean> {
  const users = await findUsers(query, name, column)
  if (users.length > 0) {
    if (!mayStay) warnColumnInUse(logger, { table, column, users })
    return false
  }
  if (from === undefined || to.kind !== 'number') return true
  return (await query(findInexact(name, { name: column, type: from }, to))).length === 0
}
