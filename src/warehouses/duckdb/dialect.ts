/** Facts about DuckDB: names compare without the case of A to Z, JSON is text, doubles are its only open-ended number. */

import type { FoundColumn } from '../../loader/warehouse.ts'
import type { Dialect } from '../../loader/dialect.ts'
import type { ColumnType } from '../../loader/schema/types.ts'

/** DuckDB's own name of a type, as `duckdb_columns()` gives it, as ours. */
const OWN_TYPES: Record<string, ColumnType> = {
  BOOLEAN: { kind: 'boolean' },
  BIGINT: { kind: 'integer' },
  DOUBLE: { kind: 'number' },
  DATE: { kind: 'date' },
  TIME: { kind: 'time' },
  'TIMESTAMP WITH TIME ZONE': { kind: 'timestamp' },
  VARCHAR: { kind: 'text' },
  JSON: { kind: 'json' },
}

/** Types that others make, and one of ours that holds all their values. */
const FOREIGN_TYPES: Record<string, ColumnType> = {
  TINYINT: { kind: 'integer' },
  SMALLINT: { kind: 'integer' },
  INTEGER: { kind: 'integer' },
  UTINYINT: { kind: 'integer' },
  USMALLINT: { kind: 'integer' },
  UINTEGER: { kind: 'integer' },
  UBIGINT: { kind: 'decimal', precision: 38, scale: 0 },
  FLOAT: { kind: 'number' },
  TIMESTAMP: { kind: 'timestamp' },
  TIMESTAMP_S: { kind: 'timestamp' },
  TIMESTAMP_MS: { kind: 'timestamp' },
}

/** What a column of DuckDB's type is to the loader; null is the type of a computed column. */
export function foundType(name: string | null): Omit<FoundColumn, 'name'> {
  if (name === null) return { type: undefined }
  const native = { name, base: name }
  const decimal = /^DECIMAL\((\d+),(\d+)\)$/.exec(name)
  if (decimal) {
    const [precision, scale] = [Number(decimal[1]), Number(decimal[2])]
    return { type: { kind: 'decimal', precision, scale }, native }
  }
  const widensTo = FOREIGN_TYPES[name]
  const isTextual = name.startsWith('ENUM(')
  return {
    type: OWN_TYPES[name],
    native,
    ...(widensTo && { widensTo }),
    ...(isTextual && { isTextual }),
  }
}

export const DUCKDB: Dialect = {
  name: 'duckdb',
  maxNameBytes: Number.MAX_SAFE_INTEGER,
  isCaseSensitive: false,
  maxPrecision: 38,
  isNumberExact: false,
  maxColumns: Number.MAX_SAFE_INTEGER,
  // `rowid` is one, but a column may take its place.
  systemColumns: new Set(),
  holdsNul: true,
  // Some changes lose values, and what uses a column forbids all.
  widening: () => 'when-exact',
}
