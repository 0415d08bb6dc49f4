/** The views of live rows, which every database words almost alike. */

import { LIVE_VIEW_COMMENT, type LiveView } from '../loader/commit-unit.ts'
import type { FoundView } from '../loader/warehouse.ts'
import { id, list, lit, sql, type Sql } from './sql.ts'
import { AND, columnNames, type TableName } from './standard-sql.ts'

/** The rows of a live view. */
export function liveRows(
  table: TableName,
  { columns, marks }: Pick<LiveView, 'columns' | 'marks'>,
): Sql {
  const isLive = list(
    marks.map((mark) => sql`${id(mark)} is null`),
    AND,
  )
  return sql`select
  ${columnNames(columns.map((name) => ({ name })))}
from ${id(...table)}
where ${isLive}`
}

/** @param table as the view names it, so that the view can be moved with the table. */
export function createLiveView(
  view: TableName,
  table: TableName,
  rows: Pick<LiveView, 'columns' | 'marks'>,
): Sql {
  return sql`create or replace view ${id(...view)} as
${liveRows(table, rows)}`
}

export function commentOnView(view: TableName): Sql {
  return sql`comment on view ${id(...view)} is ${lit(LIVE_VIEW_COMMENT)}`
}

/** The views of rows with the name of a view, a column, its type, and the comment of the view. */
export function foundViews(rows: readonly (readonly unknown[])[]): FoundView[] {
  const views = new Map<string, FoundView>()
  for (const [view, column, type, comment] of rows) {
    const name = String(view)
    const found = views.get(name) ?? { name, columns: [], isOurs: comment === LIVE_VIEW_COMMENT }
    found.columns.push({ name: String(column), type: String(type) })
    views.set(name, found)
  }
  return [...views.values()]
}
