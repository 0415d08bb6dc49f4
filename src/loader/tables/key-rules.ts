/**
 * Decides which stored keys stay findable when a key property changes its type. Pure.
 *
 * A key is found only where the loader would write it today: in the same column, in the same form.
 * Values with one form can move there. A value with several forms would miss its row, so it is
 * refused.
 */

import { isJsonObject, type JsonValue } from '../../singer/json.ts'
import { isNumeric, type ColumnKind, type ColumnType, type TypeLimits } from '../schema/types.ts'
import type { Content } from '../warehouse.ts'
import type { Column } from '../commit-unit.ts'

export interface KeyProperty {
  stream: string
  table: string
  property: string
  /** The type that the SCHEMA gives. */
  wanted: ColumnType
  column: string
  /** The type of the column after the next commit; undefined where nothing is written into it. */
  type: ColumnType | undefined
  /** Whether the SCHEMA allows strings. */
  isString: boolean
  /** Variant columns, in the order in which they are tried. */
  variants: readonly Column[]
}

export function allowsStrings(schema: JsonValue): boolean {
  if (!isJsonObject(schema)) return false
  const { type } = schema
  return type === 'string' || (Array.isArray(type) && type.includes('string'))
}

/** Whether every value of the type has exactly one spelling as a string, the one that JSON uses. */
export function hasOneSpelling(type: ColumnType): boolean {
  if (type.kind === 'decimal') return type.scale === 0
  return ['boolean', 'integer', 'date', 'text'].includes(type.kind)
}

/** The kind of JSON value that a key of the wanted type is. */
export type JsonKind = 'text' | 'time' | 'number' | 'boolean' | 'json'

export function jsonKindOf({ wanted, isString }: KeyProperty): JsonKind {
  switch (wanted.kind) {
    case 'boolean':
    case 'text':
    case 'json':
      return wanted.kind
    case 'date':
    case 'time':
    case 'timestamp':
      return 'time'
    case 'integer':
    case 'number':
      return 'number'
    case 'decimal':
      return isString ? 'text' : 'number'
  }
}

/**
 * Returns the content of a column of this kind that new keys can mean but are not compared with.
 * Never content that the wanted type itself writes there: an unchanged SCHEMA is never refused.
 */
export function unreachableContent(kind: ColumnKind, key: KeyProperty): Content | undefined {
  const jsonKind = jsonKindOf(key)
  if (kind === 'json') {
    if (jsonKind === 'text') return 'json-scalars'
    return jsonKind === 'number' || jsonKind === 'boolean' ? 'scalars' : undefined
  }
  const unreachable: Partial<Record<ColumnKind, readonly ColumnKind[]>> = {
    text: ['boolean', 'integer', 'decimal', 'number', 'time', 'timestamp'],
    json: ['decimal', 'date', 'time', 'timestamp'],
    timestamp: ['date'],
  }
  return unreachable[key.wanted.kind]?.includes(kind) ? 'anything' : undefined
}

/** What happens to values stored in one column when another column is tried first. */
export interface MoveRule {
  /** How many of the values belong into the column that is tried first. */
  moves?: 'all' | 'some'
  /** Content for which it is unknown where it belongs. The load fails when the column holds any. */
  refuses?: Content
}

function textRule(from: ColumnType, jsonKind: JsonKind): MoveRule {
  if (from.kind === 'json') {
    const isScalar = jsonKind === 'number' || jsonKind === 'boolean'
    return { refuses: isScalar ? 'json-scalars' : 'json-strings' }
  }
  if (!hasOneSpelling(from)) return { refuses: 'anything' }
  const isAmbiguous = from.kind === 'text' && jsonKind === 'text'
  return { moves: 'all', ...(isAmbiguous && { refuses: 'odd-numbers' }) }
}

function numberRule(to: ColumnType, from: ColumnType, isNumberExact: boolean): MoveRule {
  // A double accepts no number that it would round, and every number that it accepts is already
  // there.
  if (to.kind === 'number' && !isNumberExact) return {}
  return isNumeric(from) || from.kind === 'text' || from.kind === 'json' ? { moves: 'some' } : {}
}

function timeRule(to: ColumnType, from: ColumnType, wanted: ColumnType): MoveRule {
  if (from.kind === 'json') return { refuses: 'json-times' }
  if (to.kind === 'timestamp' && from.kind === 'date') return { moves: 'all' }
  const mayBeMidnight = to.kind === 'date' && from.kind === 'timestamp' && wanted.kind === 'date'
  return mayBeMidnight ? { refuses: 'midnights' } : {}
}

/**
 * Returns the rule for values stored in a column of type `from` when one of type `to` is tried
 * first.
 */
export function moveRule(
  to: ColumnType,
  from: ColumnType,
  key: KeyProperty & TypeLimits,
): MoveRule {
  const jsonKind = jsonKindOf(key)
  if (to.kind === 'json') return { refuses: 'anything' }
  if (jsonKind === 'json') return {}
  if (to.kind === 'text') return textRule(from, jsonKind)
  if (isNumeric(to)) return isNumeric(key.wanted) ? numberRule(to, from, key.isNumberExact) : {}
  if (to.kind === from.kind) return { moves: 'all' }
  if (to.kind === 'boolean') return from.kind === 'json' ? { refuses: 'json-scalars' } : {}
  return jsonKind === 'time' ? timeRule(to, from, key.wanted) : {}
}
