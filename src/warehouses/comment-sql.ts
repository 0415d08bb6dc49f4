/** Statements about comments of tables and columns, and what the ledger remembers of them. */

import type { SetComments } from '../loader/commit-unit.ts'
import { id, lit, sql, type Sql } from './sql.ts'
import type { TableName } from './standard-sql.ts'

export function commentOnTable(table: TableName, comment: string): Sql {
  return sql`comment on table ${id(...table)} is ${lit(comment)}`
}

export function commentOnColumn(table: TableName, column: string, comment: string): Sql {
  return sql`comment on column ${id(...table, column)} is ${lit(comment)}`
}

/** The statements of a change of comments. */
export function setComments(
  table: TableName,
  { comment, columns }: Pick<SetComments, 'comment' | 'columns'>,
): Sql[] {
  return [
    ...(comment === undefined ? [] : [commentOnTable(table, comment)]),
    ...columns.map((column) => commentOnColumn(table, column.name, column.comment)),
  ]
}

/** What the ledger remembers of comments, oldest first. */
export function storedComments(ledger: TableName): Sql {
  return sql`select comments
from ${id(...ledger)}
where comments is not null
order by load_number`
}
