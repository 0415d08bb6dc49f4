/**
 * Facts about DuckDB: names ignore the case of A to Z, and the only number without fixed digits is
 * a double.
 */

import type { DuckDBValue } from '@duckdb/node-api'
import type { FoundColumn, FoundTable } from '../../loader/warehouse.ts'
import type { Dialect } from '../../loader/dialect.ts'
import type { NativeType } from '../../loader/commit-unit.ts'
import type { ColumnType } from '../../loader/schema/types.ts'

/** Our types by the name that `duckdb_columns()` returns. */
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

/** Types that we never create, and the type of ours that holds all their values. */
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

/** How a database stores the values of a type of DuckDB; undefined for all of them. */
export type StorageOf = (name: string) => NativeType['storedAs']

/** What the loader knows of a column by its type. Null is the type of a computed column. */
export function foundType(name: string | null, storageOf: StorageOf): Omit<FoundColumn, 'name'> {
  if (name === null) return { type: undefined }
  const storedAs = storageOf(name)
  const native: NativeType = { name, base: name, ...(storedAs && { storedAs }) }
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

function commented(comment: DuckDBValue | undefined): { comment?: string } {
  return typeof comment === 'string' && comment !== '' ? { comment } : {}
}

/** The tables of the rows that `describeTables` returns. */
export function foundTables(
  rows: readonly (readonly DuckDBValue[])[],
  storageOf: StorageOf,
): FoundTable[] {
  const tables = new Map<string, FoundTable>()
  for (const [table, column, type = null, isRequired, comment, tableComment] of rows) {
    const name = String(table)
    const found: FoundTable = tables.get(name) ?? { name, columns: [], ...commented(tableComment) }
    found.columns.push({
      name: String(column),
      ...foundType(type === null ? null : String(type), storageOf),
      ...(isRequired === true && { isRequired }),
      ...commented(comment),
    })
    tables.set(name, found)
  }
  return [...tables.values()]
}

export const DUCKDB: Dialect = {
  name: 'duckdb',
  maxNameBytes: Number.MAX_SAFE_INTEGER,
  isCaseSensitive: false,
  maxPrecision: 38,
  isNumberExact: false,
  maxColumns: Number.MAX_SAFE_INTEGER,
  // `rowid` is a system column, but a column of that name replaces it.
  systemColumns: new Set(),
  hasColumnComments: true,
  hasViews: true,
  holdsNul: true,
  // Some changes lose values, and objects that use the column forbid every change.
  widening: () => 'when-exact',
}
