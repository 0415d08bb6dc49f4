/** Stages rows with foreign columns: converts their values before the rows go into the table. */

import { keyIncomparable, keyMisfit } from '../../../loader/tables/key-errors.ts'
import type { Column, ForeignColumn } from '../../../loader/commit-unit.ts'
import { sql } from '../../sql.ts'
import {
  countUnconverted,
  triedColumns,
  type ForeignStep,
  type TriedColumn,
} from '../../standard-sql.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { copyChunks } from '../copy.ts'
import { isTransient, sqlStateOf } from '../errors.ts'
import { copyInto, createStage, dropStage, STAGE, type PostgresTable } from '../sql.ts'
import * as convert from './convert.ts'
import { addVariants, type PostgresForeignContext } from './variants.ts'

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
  const { columns, foreign, rowCount } = step
  const keys = step.keys.map(({ column }) => column)
  const tried = triedColumns(foreign, new Set(keys))
  await connection.query(createStage(columns, convert.RAW))
  await connection.copy(copyInto(convert.RAW, columns), copyChunks(columns, rowCount))
  await convertStage(connection, columns, tried)
  await connection.query(dropStage(convert.RAW))
  const foreignKeys = foreign.filter(({ name }) => keys.includes(name))
  const used = await findUsedVariants(connection, table, { tried, foreignKeys })
  const [firstKey] = foreignKeys
  if (firstKey) await deleteEarlier(connection, table, { keys, firstKey })
  const existing = await addVariants(context, table, { tried, used })
  const variants = new Set(tried.map(({ variant }) => variant.name))
  const kept = columns.filter(({ name }) => !variants.has(name) || existing.has(name))
  return [...kept, ...foreign]
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

/** The variant columns that hold a value. Throws when a key does not fit its column. */
async function findUsedVariants(
  connection: PostgresConnection,
  [, table]: PostgresTable,
  { tried, foreignKeys }: { tried: readonly TriedColumn[]; foreignKeys: ForeignColumn[] },
): Promise<TriedColumn[]> {
  const names = foreignKeys.map(({ name }) => name)
  const [row = []] = await connection.query(countUnconverted(STAGE, tried, names))
  const misfit = foreignKeys.find((_, at) => row[tried.length + at] !== '0')
  if (misfit) throw keyMisfit({ table, column: misfit.name, type: misfit.native.name })
  return tried.filter((_, at) => row[at] !== '0')
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
