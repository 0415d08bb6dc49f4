/** Key columns with the facts that comparing and indexing them need. */

import type { ColumnType } from '../../loader/schema/types.ts'
import type { NativeType } from '../../loader/commit-unit.ts'
import { lit, sql, type Sql } from '../sql.ts'
import type { StagedStep } from '../standard-sql.ts'

/** Characters of text keys in the index, at most. An index entry is limited to 2,704 bytes. */
const INDEXED_CHARS = 500
/** Bytes that all parts of an index may take, and that a part other than text takes at most. */
const INDEXED_BYTES = 2600
const PART_BYTES = 32

/** A key column, with the facts that comparing and indexing need. */
export interface TypedKey {
  name: string
  type: ColumnType
  /** Present for a foreign column. */
  native?: NativeType
  isNullable: boolean
}

export function typedKeys({ keys, columns, foreign = [] }: StagedStep): TypedKey[] {
  const types = new Map(columns.map(({ name, type }) => [name, type]))
  const natives = new Map(foreign.map(({ name, native }) => [name, native]))
  return keys.map(({ column, isNullable }) => {
    const native = natives.get(column)
    const type = types.get(column) ?? { kind: 'text' as const }
    return { name: column, type, ...(native && { native }), isNullable }
  })
}

/** Foreign columns are compared by their own type, and we create no index for them. */
function isText({ type, native }: TypedKey): boolean {
  return type.kind === 'text' && native === undefined
}

/** True for values that may be too long for an index: a number has up to 147,455 digits. */
export function isLong({ type, native }: TypedKey): boolean {
  return (type.kind === 'text' || type.kind === 'number') && native === undefined
}

/** Characters of each text key in the index. */
function indexedChars(keys: readonly TypedKey[]): number {
  const texts = keys.filter(isText).length
  const bytes = INDEXED_BYTES - (keys.length - texts) * PART_BYTES
  return Math.floor(Math.min(INDEXED_CHARS, bytes / 4) / texts)
}

/**
 * The index entry of a key: the start of a string, or the hash of a number, which is equal for 1
 * and 1.0.
 */
export function indexedSql(key: TypedKey, column: Sql, keys: readonly TypedKey[]): Sql {
  if (isText(key)) return sql`left(${column}, ${lit(indexedChars(keys))}) collate "C"`
  return isLong(key) ? sql`hash_numeric_extended(${column}, 0)` : column
}
