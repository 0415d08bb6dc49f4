/** Views of live rows: PostgreSQL changes no type of a column that a view uses. */

import { LIVE_VIEW_COMMENT, type LiveView } from '../../../loader/commit-unit.ts'
import type { Logger } from '../../../logger.ts'
import { commentOnView, createLiveView } from '../../live-views.ts'
import { id, param, returnedSql, sql, type Sql } from '../../sql.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import type { PostgresTable } from '../sql.ts'

/** One row for each column of the views: view, column, type, and the comment of the view. */
export function describeViews(schema: string, prefix: string): Sql {
  return sql`select
  class.relname,
  attribute.attname,
  format_type(attribute.atttypid, attribute.atttypmod),
  obj_description(class.oid, 'pg_class')
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
join pg_attribute as attribute on attribute.attrelid = class.oid and attribute.attnum > 0
where namespace.nspname = ${param(schema)}
  and class.relkind in ('v', 'm')
  and starts_with(cast(class.relname as text), ${param(prefix)})
order by class.relname, attribute.attnum`
}

/** The live views on a table: name, definition, and the statements that grant the same rights. */
export function findLiveViews([schema, table]: PostgresTable): Sql {
  return sql`select
  view.relname,
  pg_get_viewdef(view.oid),
  (
    select string_agg(
      format(
        'grant %s on %s to %s%s;',
        privilege_type,
        cast(view.oid as regclass),
        case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
        case when is_grantable then ' with grant option' else '' end
      ),
      ' '
    )
    from aclexplode(view.relacl)
    where grantee <> view.relowner
  )
from pg_class as view
where view.relkind = 'v'
  and obj_description(view.oid, 'pg_class') = ${param(LIVE_VIEW_COMMENT)}
  and exists (
    select 1
    from pg_rewrite as rule
    join pg_depend as dependency
      on dependency.classid = cast('pg_rewrite' as regclass) and dependency.objid = rule.oid
    join pg_class as used on used.oid = dependency.refobjid
    join pg_namespace as namespace on namespace.oid = used.relnamespace
    where rule.ev_class = view.oid
      and dependency.refclassid = cast('pg_class' as regclass)
      and namespace.nspname = ${param(schema)}
      and used.relname = ${param(table)}
  )`
}

/** Drops the live views on a table. Returns the statements that create them as they were. */
export async function dropLiveViews(
  connection: PostgresConnection,
  table: PostgresTable,
): Promise<Sql[]> {
  const [schema] = table
  const statements: Sql[] = []
  for (const [name, definition, grants] of await connection.query(findLiveViews(table))) {
    const view = id(schema, String(name))
    await connection.query(sql`drop view ${view}`)
    statements.push(
      sql`create view ${view} as ${returnedSql(String(definition))}`,
      commentOnView([schema, String(name)]),
    )
    if (typeof grants === 'string') statements.push(returnedSql(grants))
  }
  return statements
}

/** A view that cannot be replaced stays as it is, because other objects may use it. */
export async function replaceLiveView(
  connection: PostgresConnection,
  table: PostgresTable,
  { change, logger }: { change: LiveView; logger: Logger },
): Promise<void> {
  const view = [table[0], change.view]
  await connection.query(sql`savepoint live_view`)
  try {
    await connection.query(createLiveView(view, table, change))
    await connection.query(commentOnView(view))
    await connection.query(sql`release savepoint live_view`)
  } catch (error) {
    if (connection.isLost) throw error
    await connection.query(sql`rollback to savepoint live_view`)
    const reason = error instanceof Error ? error.message : String(error)
    const message = 'The commit is complete, but its live view was not created.'
    logger.warn('live_view_failed', message, { view: change.view, reason })
  }
}
