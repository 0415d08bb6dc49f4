/** Decides how a column must change to hold a property's values. Pure. */

import type { Logger } from '../../logger.ts'
import type { Dialect } from '../dialect.ts'
import { isSameType, joinTypes, type ColumnType } from '../schema/types.ts'
import type { FoundColumn } from '../warehouse.ts'

export type Evolution =
  /** The column does not exist yet. */
  | { kind: 'add' }
  /** The column holds the values as it is. */
  | { kind: 'keep'; type: ColumnType }
  /**
   * The column changes its type first. With `isGuarded` only if no value is lost, otherwise
   * `variant`.
   */
  | { kind: 'widen'; to: ColumnType; isGuarded: boolean }
  /**
   * The column keeps its type, and values that do not fit go to a variant column.
   *
   * `type` is undefined for a foreign column: its type is one that this loader never creates.
   * There the database decides which values fit.
   */
  | { kind: 'variant'; type: ColumnType | undefined }

function widen(from: ColumnType, wanted: ColumnType, dialect: Dialect): Evolution {
  const to = joinTypes(from, wanted, dialect)
  if (!to) return { kind: 'variant', type: from }
  if (isSameType(from, to)) return { kind: 'keep', type: from }
  switch (dialect.widening(from, to)) {
    case 'always':
      return { kind: 'widen', to, isGuarded: false }
    case 'when-exact':
      return { kind: 'widen', to, isGuarded: true }
    case 'never':
      return { kind: 'variant', type: from }
  }
}

/** Decides for one column. Nothing is dropped, renamed or narrowed. */
export function evolveColumn(
  found: FoundColumn | undefined,
  wanted: ColumnType,
  dialect: Dialect,
): Evolution {
  if (!found) return { kind: 'add' }
  if (found.type) return widen(found.type, wanted, dialect)
  if (!found.widensTo) return { kind: 'variant', type: undefined }
  const to = joinTypes(found.widensTo, wanted, dialect)
  if (!to) return { kind: 'variant', type: undefined }
  // Other programs may rely on a column that they created.
  return { kind: 'widen', to, isGuarded: true }
}

/**
 * Returns the type in which the database gets the values of a foreign column.
 *
 * Times and decimals that come as strings have several spellings. A column of strings gets them
 * unchanged: a normalized spelling would be another key as soon as the SCHEMA gives another type.
 */
export function foreignInputType(
  { takes, isTextual }: FoundColumn,
  { wanted, isString }: { wanted: ColumnType; isString: boolean },
): ColumnType {
  if (takes) return takes
  const hasSpellings = isString && ['decimal', 'date', 'time', 'timestamp'].includes(wanted.kind)
  return isTextual && (hasSpellings || wanted.kind === 'json') ? { kind: 'text' } : wanted
}

/** A date can lie outside the range of a timestamp. */
export function warnDatesOutOfRange(
  logger: Logger,
  facts: { table: string; column: string },
): void {
  logger.warn(
    'dates_out_of_range',
    'A column was not widened because it holds dates outside the range of a timestamp.',
    facts,
  )
}

/** Views, indexes and other objects depend on the type of a column. */
export function warnColumnInUse(
  logger: Logger,
  { users, ...facts }: { table: string; column: string; users: readonly string[] },
): void {
  logger.warn('column_in_use', 'A column was not widened because other objects depend on it.', {
    ...facts,
    used_by: users.join(', '),
    remedy: 'drop the dependent objects, run again, then recreate them',
  })
}

/**
 * Returns the types of a property's variant columns, in the order in which they are tried.
 * The last one holds everything that the property's type allows.
 */
export function variantTypes(wanted: ColumnType, dialect: Dialect): ColumnType[] {
  const text: ColumnType = { kind: 'text' }
  switch (wanted.kind) {
    case 'integer':
      return [wanted, { kind: 'decimal', precision: dialect.maxPrecision, scale: 0 }, text]
    case 'decimal':
    case 'number':
    case 'date':
    case 'time':
    case 'timestamp':
      return [wanted, text]
    case 'boolean':
    case 'text':
    case 'json':
      return [wanted]
  }
}
