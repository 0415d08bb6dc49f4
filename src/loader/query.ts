/** The result of a query that a person or a program sent, whatever the warehouse is. */

/** A cell as the database prints it: times in UTC, JSON as text, null for NULL. */
export type PrintedCell = string | null

export interface ResultColumn {
  name: string
  /** Says how the cells read: `number` is exact, `boolean` is `true` or `false`, `json` is JSON. */
  kind: 'number' | 'boolean' | 'json' | 'text'
}

export interface QueryResult {
  columns: readonly ResultColumn[]
  rows: readonly (readonly PrintedCell[])[]
  /** True if the query has more rows than were asked for. */
  hasMore: boolean
}

export interface QueryRequest {
  /** One statement, in the SQL of the warehouse. */
  text: string
  /** At most this many rows are kept in memory, and returned. */
  maxRows: number
  /** When aborted, the query ends and throws. */
  signal: AbortSignal
}

/** The columns that sum up a table. */
export interface SummaryColumns {
  /** One of them is set in a deleted row. */
  marks: readonly string[]
  /** The column whose greatest value is wanted, if any. */
  newest: string | undefined
}

export interface SummaryRequest extends SummaryColumns {
  /** When aborted, the query ends and throws. */
  signal: AbortSignal
}

export interface TableSummary {
  rows: number
  /** Rows in which one of the marks is set. */
  deleted: number
  /** Null without a column, and when all its values are null. */
  newest: PrintedCell
}

/** Rows of one table. */
export interface PreviewRequest {
  columns: readonly string[]
  /** Rows with the greatest values of this column come first. */
  newest: string | undefined
  maxRows: number
  /** When aborted, the query ends and throws. */
  signal: AbortSignal
}

/** The result with the first rows only. `rows` has one more than `maxRows` if there are more. */
export function limitRows(
  columns: readonly ResultColumn[],
  rows: readonly (readonly PrintedCell[])[],
  maxRows: number,
): QueryResult {
  return { columns, rows: rows.slice(0, maxRows), hasMore: rows.length > maxRows }
}
