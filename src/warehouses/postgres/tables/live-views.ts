/** Views of live rows: PostgreSQL changes no type of a column that a view uses. */

import type { LiveView } from '../../../loader/commit-unit.ts'
import type { Logger } from '../../../logger.ts'
import { commentOnView, liveRows } from '../../live-views.ts'
import { id, lit, sql, type Sql } from '../../sql.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { beginTransaction } from '../connect/settings.ts'
import { sqlStateOf } from '../errors.ts'
import { typeSql, type PostgresTable } from '../sql.ts'
import { isUnrelated, type ColumnChange } from './probe.ts'
import { findLiveView, findLiveViews, storedView, type StoredView } from './stored-views.ts'

/** The view has a column of another name or type at this place. */
const INVALID_DEFINITION = '42P16'

function dropView(view: PostgresTable): Sql {
  return sql`drop view ${id(...view)}`
}

/** The statements that create the view as it was. */
function recreated({ name, definition, options, restoring }: StoredView): Sql[] {
  return [
    sql`create view ${id(...name)}${options} as ${definition}`,
    commentOnView(name),
    ...restoring,
  ]
}

async function viewsOf(
  connection: PostgresConnection,
  table: PostgresTable,
  column: string,
): Promise<StoredView[]> {
  return (await connection.query(findLiveViews(table, column))).map((row) => storedView(row))
}

/** Drops the live views that use a column. Returns the statements that create them as they were. */
export async function dropLiveViews(
  connection: PostgresConnection,
  table: PostgresTable,
  { column }: { column: string },
): Promise<Sql[]> {
  const views = await viewsOf(connection, table, column)
  for (const { name } of views) await connection.query(dropView(name))
  return views.flatMap((view) => recreated(view))
}

/** An empty table that hides the real one, and whose column has the new type. */
function changedCopy({ table, column, to }: ColumnChange): Sql[] {
  const copy = table[1]
  return [
    sql`create temp table ${id(copy)} (like ${id(...table)}) on commit drop`,
    sql`alter table ${id('pg_temp', copy)}
  alter column ${id(column)} type ${typeSql(to)}
  using cast(${lit(null)} as ${typeSql(to)})`,
  ]
}

/**
 * Names the live views whose definition does not fit the new type, because somebody edited it.
 * Tries them on an empty table, and rolls back. Throws failures that are unrelated to the change.
 */
export async function findUnfitViews(
  connection: PostgresConnection,
  change: ColumnChange,
): Promise<string[]> {
  const { table, column } = change
  if ((await viewsOf(connection, table, column)).length === 0) return []
  let tried = ''
  await connection.query(beginTransaction())
  try {
    // The definitions then name the table without its schema, and find the copy.
    await connection.query(sql`set local search_path = ${id(table[0])}`)
    const views = await viewsOf(connection, table, column)
    for (const statement of changedCopy(change)) await connection.query(statement)
    for (const { name, definition } of views) {
      tried = name.join('.')
      await connection.query(sql`create temp view _sdc_view as ${definition}`)
      await connection.query(dropView(['pg_temp', '_sdc_view']))
    }
    return []
  } catch (error) {
    if (isUnrelated(error)) throw error
    return [`view ${tried}`]
  } finally {
    if (!connection.isLost) await connection.query(sql`rollback`)
  }
}

/** Creates the live view, or replaces it and keeps its options. */
export function createLiveView(
  view: PostgresTable,
  table: PostgresTable,
  { options, ...rows }: Pick<LiveView, 'columns' | 'marks'> & Pick<StoredView, 'options'>,
): Sql {
  return sql`create or replace view ${id(...view)}${options} as
${liveRows(table, rows)}`
}

/** Runs the statements. Takes all of them back when one fails, and returns its error. */
async function tryAll(
  connection: PostgresConnection,
  statements: readonly Sql[],
): Promise<Error | undefined> {
  await connection.query(sql`savepoint live_view`)
  try {
    for (const statement of statements) await connection.query(statement)
    await connection.query(sql`release savepoint live_view`)
    return undefined
  } catch (error) {
    if (connection.isLost || !(error instanceof Error)) throw error
    await connection.query(sql`rollback to savepoint live_view`)
    return error
  }
}

/** A view that cannot be replaced stays as it is, because other objects may use it. */
export async function replaceLiveView(
  connection: PostgresConnection,
  table: PostgresTable,
  { change, logger }: { change: LiveView; logger: Logger },
): Promise<void> {
  const view: PostgresTable = [table[0], change.view]
  const [stored] = (await connection.query(findLiveView(view))).map((row) => storedView(row))
  const { columns, marks } = change
  const create = createLiveView(view, table, { columns, marks, options: stored?.options ?? sql`` })
  let failure = await tryAll(connection, [create, commentOnView(view)])
  if (failure && sqlStateOf(failure) === INVALID_DEFINITION && stored?.isReplaceable) {
    const again = [dropView(view), create, commentOnView(view), ...stored.restoring]
    failure = await tryAll(connection, again)
  }
  if (!failure) return
  const message = 'The live view could not be replaced, and the load continues without it.'
  logger.warn('live_view_failed', message, { view: change.view, reason: failure.message })
}
