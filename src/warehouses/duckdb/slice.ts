/** Rows of a column that become one of DuckDB's vectors. */

/** Rows in a vector. */
export const CHUNK_ROWS = 2048

export interface Slice {
  from: number
  count: number
}
