/** Facts about Iceberg tables, as DuckDB writes them. */

import type { Dialect } from '../../loader/dialect.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import { DUCKDB, type StorageOf } from '../duckdb/dialect.ts'

export const ICEBERG: Dialect = {
  ...DUCKDB,
  name: 'iceberg',
  // DuckDB cannot write the `doc` of a field.
  hasColumnComments: false,
  // DuckDB cannot create views in an Iceberg catalog.
  hasViews: false,
  // Catalogs that keep names in a database have columns of this length.
  maxNameBytes: 255,
  // The name is a segment of a path in requests to the catalog: servers refuse slashes and control
  // characters there, and take a name of spaces or dots for an empty one. Catalogs also make the
  // path of the data files of it, in which DuckDB 1.5.5 deletes rows only where all is ASCII.
  refusedInTables: /[^ -~]|[/\\]|^[ .]+$/g,
}

/** Iceberg stores the values of all its types as they are. */
export const storageOf: StorageOf = () => undefined

/**
 * True when Iceberg changes the type of the column by itself and without loss. The other columns
 * are rewritten.
 */
export function isPromotion(from: ColumnType | undefined, to: ColumnType): boolean {
  // Of the foreign types, only `int` becomes an integer.
  if (from === undefined) return to.kind === 'integer'
  return from.kind === 'decimal' && to.kind === 'decimal' && from.scale === to.scale
}
