/** What has to change for a column to take a property's values. Pure: `tables.ts` asks the database what this leaves open. */

import type { Logger } from '../../logger.ts'
import { isSameType, joinTypes, type ColumnType } from '../schema/types.ts'
import type { FoundColumn } from '../warehouse.ts'
import type { Dialect } from '../dialect.ts'

export type Evolution =
  /** There is no such column yet. */
  | { kind: 'add' }
  /** The column takes the values as it is. */
  | { kind: 'keep'; type: ColumnType }
  /** It changes its type first; with `isGuarded` only when no value would be lost, else as for `beside`. */
  | { kind: 'widen'; to: ColumnType; isGuarded: boolean }
  /** It cannot: values that do not fit go to a variant column. `type` is undefined for a foreign type, of which the database decides what fits. */
  | { kind: 'beside'; type: ColumnType | undefined }

function widening(from: ColumnType, wanted: ColumnType, dialect: Dialect): Evolution {
  const to = joinTypes(from, wanted, dialect)
  if (!to) return { kind: 'beside', type: from }
  if (isSameType(from, to)) return { kind: 'keep', type: from }
  switch (dialect.widening(from, to)) {
    case 'always':
      return { kind: 'widen', to, isGuarded: false }
    case 'when-exact':
      return { kind: 'widen', to, isGuarded: true }
    case 'never':
      return { kind: 'beside', type: from }
  }
}

/** Decides for one column. Nothing is dropped, renamed or narrowed. */
export function evolveColumn(
  found: FoundColumn | undefined,
  wanted: ColumnType,
  dialect: Dialect,
): Evolution {
  if (!found) return { kind: 'add' }
  if (found.type) return widening(found.type, wanted, dialect)
  if (!found.widensTo) return { kind: 'beside', type: undefined }
  const to = joinTypes(found.widensTo, wanted, dialect)
  if (!to) return { kind: 'beside', type: undefined }
  // What somebody else made may be in use in ways of its own.
  return { kind: 'widen', to, isGuarded: true }
}

/**
 * The type in which values are brought to a foreign column. Times and decimals that come as strings have several spellings: what is made
 * of them would be another text, and another key, as soon as the SCHEMA gives another type.
 */
export function broughtAs(
  { takes, isTextual }: FoundColumn,
  { wanted, isText }: { wanted: ColumnType; isText: boolean },
): ColumnType {
  if (takes) return takes
  const hasSpellings = isText && ['decimal', 'date', 'time', 'timestamp'].includes(wanted.kind)
  return isTextual && (hasSpellings || wanted.kind === 'json') ? { kind: 'text' } : wanted
}

/** A calendar reaches farther than a clock. */
export function warnOfTimeless(logger: Logger, facts: { table: string; column: string }): void {
  logger.warn(
    'dates_out_of_range',
    'A column was not widened, because it holds dates that lie beyond all times of the database.',
    facts,
  )
}

/** What others have built on a column needs its type. */
export function warnOfUsers(
  logger: Logger,
  { users, ...facts }: { table: string; column: string; users: readonly string[] },
): void {
  logger.warn('column_in_use', 'A column was not widened, because something else uses it.', {
    ...facts,
    used_by: users.join(', '),
    remedy: 'drop what uses it, run again, and create it anew',
  })
}

/**
 * Types of the columns that take what does not fit into a property's own column, in the order in which they are tried. The last one
 * takes everything that the property's type allows.
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
