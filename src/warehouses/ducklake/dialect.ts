/** Facts about DuckLake, which has the types and names of DuckDB. */

import type { NativeType } from '../../loader/commit-unit.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import type { Dialect } from '../../loader/dialect.ts'
import { DUCKDB } from '../duckdb/dialect.ts'

export const DUCKLAKE: Dialect = { ...DUCKDB, name: 'ducklake' }

/** Parquet has no integer of 128 bits, and only milliseconds in an interval. */
export function storageOf(type: string): NativeType['storedAs'] {
  if (/^U?HUGEINT$/.test(type)) return 'double'
  if (type === 'INTERVAL') return 'milliseconds'
  // Within lists and structs, too little could be checked.
  return /HUGEINT|INTERVAL/.test(type) ? 'nothing' : undefined
}

/**
 * True when DuckLake changes the type of a column by itself and without loss. It refuses most other
 * changes, and takes some that lose digits (decimal to double) or that later reads refuse (text to
 * JSON, dates beyond the last timestamp), so those columns are rewritten.
 */
export function isPromotion(from: ColumnType | undefined, to: ColumnType): boolean {
  if (to.kind !== 'decimal') return false
  return from?.kind === 'decimal' || from?.kind === 'integer'
}
