/**
 * Errors about key columns: a row cannot be written without its key, so its batch or its load
 * fails.
 */

import { AppError } from '../../errors.ts'
import type { Column } from '../commit-unit.ts'
import type { KeyProperty } from './key-rules.ts'

/** A key column and the database's name for its type. */
export interface KeyPlace {
  table: string
  column: string
  type: string
}

const KEY_HINT =
  'Change the type of the column, or rename the table and read the stream from its start into a new one.'

function describeKey({ table, column, type }: KeyPlace): string {
  return `The key column ${JSON.stringify(column)} of table ${JSON.stringify(table)} is of type ${type}`
}

/** A value of the key does not fit its column. */
export function keyMisfit(place: KeyPlace): AppError {
  return new AppError(
    'WAREHOUSE_FAILED',
    `${describeKey(place)}, and a key of this batch does not fit; nothing of the batch was written.`,
    { hint: KEY_HINT },
  )
}

/** The database cannot find rows by values of the column's type. */
export function keyIncomparable(place: KeyPlace, cause: unknown): AppError {
  return new AppError(
    'WAREHOUSE_FAILED',
    `${describeKey(place)}, whose values the database cannot compare; nothing of the batch was written.`,
    { hint: KEY_HINT, cause },
  )
}

/** The database computes the key column. */
export function keyComputed({ table, column }: Omit<KeyPlace, 'type'>): AppError {
  return new AppError(
    'WAREHOUSE_FAILED',
    `The key column ${JSON.stringify(column)} of table ${JSON.stringify(table)} is computed by the database, so no key can be written into it.`,
    {
      hint: 'Make it a plain column, or rename the table and read the stream from its start into a new one.',
    },
  )
}

/** The SCHEMA changes the type of a key in a way that could add existing rows a second time. */
export function keyTypeChanged(
  { stream, table, property, wanted }: KeyProperty,
  column: Column,
  { reason, users = [] }: { reason: string; users?: readonly string[] },
): AppError {
  const name = JSON.stringify(table)
  const hint =
    users.length > 0
      ? `Drop ${users.join(', ')}, run again, then recreate it; or keep the type in the tap.`
      : `Keep the type in the tap; or rename or drop the table ${name} and read the stream from its start.`
  return new AppError(
    'WAREHOUSE_FAILED',
    `The key property ${JSON.stringify(property)} of stream ${JSON.stringify(stream)} cannot become ${wanted.kind}: the table ${name} has keys of type ${column.type.kind} in column ${JSON.stringify(column.name)}, and ${reason}. Their rows could be added a second time.`,
    { hint, facts: { stream, table, column: column.name } },
  )
}
