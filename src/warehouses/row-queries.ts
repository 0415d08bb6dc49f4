/** Queries of the rows of one table, worded alike for every warehouse. */

import type {
  PrintedCell,
  PreviewRequest,
  QueryRequest,
  QueryResult,
  SummaryColumns,
  TableSummary,
} from '../loader/query.ts'
import { id, list, lit, sql, type Sql } from './sql.ts'
import { columnNames, type TableName } from './standard-sql.ts'

/** One row: all rows, those with a mark, and the greatest value of a column. */
export function summarizeRows(table: TableName, { marks, newest }: SummaryColumns): Sql {
  const isMarked = list(
    marks.map((mark) => sql`${id(mark)} is not null`),
    sql` or `,
  )
  const marked = marks.length === 0 ? lit(0) : sql`count(case when ${isMarked} then 1 end)`
  const greatest = newest === undefined ? lit(null) : sql`max(${id(newest)})`
  return sql`select
  count(*) as total,
  ${marked} as deleted,
  ${greatest} as newest
from ${id(...table)}`
}

/** The first rows by the order of the newest column. */
export function newestRows(
  table: TableName,
  { columns, newest, maxRows }: Omit<PreviewRequest, 'signal'>,
): Sql {
  const order = newest === undefined ? sql`` : sql`\norder by ${id(newest)} desc nulls last`
  return sql`select
  ${columnNames(columns.map((name) => ({ name })))}
from ${id(...table)}${order}
limit ${lit(maxRows)}`
}

/** @param row what `summarizeRows` returns, as the database prints it. */
export function tableSummary([rows, deleted, newest = null]: readonly PrintedCell[]): TableSummary {
  return { rows: Number(rows), deleted: Number(deleted), newest }
}

/** Sums up a table through the queries of users, which print every cell. */
export async function summarize(
  query: (request: QueryRequest) => Promise<QueryResult>,
  text: string,
  { signal }: { signal: AbortSignal },
): Promise<TableSummary> {
  const { rows } = await query({ text, maxRows: 1, signal })
  return tableSummary(rows[0] ?? [])
}
