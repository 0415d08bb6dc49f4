/** Stages rows with foreign columns: converts their values before the rows go into the table. */

import { keyIncomparable } from '../../../loader/tables/key-errors.ts'
import type { Column, ForeignColumn } from '../../../loader/commit-unit.ts'
import { findUnfit, placeUnfit, trialsOf } from '../../foreign-columns.ts'
import { sql, type Sql } from '../../sql.ts'
import type { ForeignStep, TriedColumn } from '../../standard-sql.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { copyChunks } from '../copy.ts'
import { isTransient, sqlStateOf } from '../errors.ts'
import { copyInto, createStage, dropStage, STAGE, type PostgresTable } from '../sql.ts'
import * as convert from './convert.ts'
import { variantWork, type PostgresForeignContext } from './variants.ts'

/** The SQLSTATE for a type without an equality or an order. */
const UNDEFINED_FUNCTION = '42883'

/**
 * Fills the stage. Returns those of its columns that go into the table, which has all of them then.
 * Throws WAREHOUSE_FAILED when a key does not fit its column.
 */
export async function stageForeign(
  context: PostgresForeignContext,
  table: PostgresTable,
  step: ForeignStep,
): Promise<{ name: string }[]> {
  const { connection } = context
  const { columns, rowCount } = step
  const { tried, foreignKeys } = trialsOf(step)
  await connection.query(createStage(columns, convert.RAW))
  await connection.copy(copyInto(convert.RAW, columns), copyChunks(columns, rowCount))
  await convertStage(connection, columns, tried)
  await connection.query(dropStage(convert.RAW))
  const query = async (statement: Sql) => connection.query(statement)
  const unfit = await findUnfit(query, STAGE, { table: table[1], tried, foreignKeys })
  const [firstKey] = foreignKeys
  const keys = step.keys.map(({ column }) => column)
  if (firstKey) await deleteEarlier(connection, table, { keys, firstKey })
  return placeUnfit(variantWork(context, table), step, { tried, unfit })
}

/**
 * Converts all values in one statement, which is fast. When the server refuses one, converts each
 * by itself.
 */
async function convertStage(
  connection: PostgresConnection,
  columns: readonly Column[],
  tried: readonly TriedColumn[],
): Promise<void> {
  await connection.query(sql`savepoint _sdc_fit`)
  try {
    await connection.query(convert.createConvertedStage({ columns, tried, isOneByOne: false }))
  } catch (error) {
    if (isTransient(error) || connection.isLost) throw error
    await connection.query(sql`rollback to savepoint _sdc_fit`)
    for (const [at, one] of tried.entries()) {
      await connection.query(convert.createConverter(one, at))
    }
    await connection.query(convert.createConvertedStage({ columns, tried, isOneByOne: true }))
    for (const [at, one] of tried.entries()) await connection.query(convert.dropConverter(one, at))
  }
  await connection.query(sql`release savepoint _sdc_fit`)
}

/** Keeps the last row of each key, by the equality of the columns' own types. */
async function deleteEarlier(
  connection: PostgresConnection,
  [, table]: PostgresTable,
  { keys, firstKey }: { keys: readonly string[]; firstKey: ForeignColumn },
): Promise<void> {
  try {
    await connection.query(convert.deleteEarlier(keys))
  } catch (error) {
    if (sqlStateOf(error) !== UNDEFINED_FUNCTION) throw error
    throw keyIncomparable({ table, column: firstKey.name, type: firstKey.native.name }, error)
  }
}
