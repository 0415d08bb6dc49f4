/** What the catalog knows of views, and of live views in particular. */

import { LIVE_VIEW_COMMENT } from '../../../loader/commit-unit.ts'
import { param, returnedSql, sql, type Sql } from '../../sql.ts'
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

/** Every live view as `view`, its schema as `place`, and the `rule` that makes its rows. */
export const LIVE_VIEWS = sql`from pg_rewrite as rule
join pg_class as view on view.oid = rule.ev_class
join pg_namespace as place on place.oid = view.relnamespace
where rule.rulename = '_RETURN'
  and view.relkind = 'v'
  and obj_description(view.oid, 'pg_class') = ${param(LIVE_VIEW_COMMENT)}`

/**
 * Whether a live view can be dropped and created again: the role has the rights, and the view has
 * no trigger, rule or default of its own and no user, which would be lost or refuse.
 */
export const IS_REPLACEABLE = sql`pg_has_role(view.relowner, 'usage')
  and has_schema_privilege(view.relowner, view.relnamespace, 'create')
  and has_schema_privilege(view.relnamespace, 'create')
  and not exists (
    select 1
    from pg_depend as view_user
    join pg_type as row_type on row_type.oid = view.reltype
    where (
      view_user.refclassid = cast('pg_class' as regclass)
      and view_user.refobjid = view.oid
      and (view_user.classid, view_user.objid) not in (
        (cast('pg_rewrite' as regclass), rule.oid),
        (cast('pg_type' as regclass), row_type.oid)
      )
    ) or (
      view_user.refclassid = cast('pg_type' as regclass)
      and view_user.refobjid in (row_type.oid, row_type.typarray)
      and (view_user.classid, view_user.objid) <> (cast('pg_type' as regclass), row_type.typarray)
    )
  )`

const GRANTEE = sql`case when grantee = 0 then 'public' else quote_ident(pg_get_userbyid(grantee)) end,
        case when is_grantable then ' with grant option' else '' end`

/** The statements that restore grants, the comments of columns and the owner, in one string. */
const RESTORED = sql`concat_ws(
    ' ',
    (
      select string_agg(format(
        'grant %s on %I.%I to %s%s;',
        privilege_type,
        place.nspname,
        view.relname,
        ${GRANTEE}
      ), ' ')
      from aclexplode(view.relacl)
      where grantee <> view.relowner
    ),
    (
      select string_agg(format(
        'grant %s (%I) on %I.%I to %s%s;',
        privilege_type,
        attribute.attname,
        place.nspname,
        view.relname,
        ${GRANTEE}
      ), ' ')
      from pg_attribute as attribute
      cross join lateral aclexplode(attribute.attacl)
      where attribute.attrelid = view.oid
    ),
    (
      select string_agg(format(
        'comment on column %I.%I.%I is %L;',
        place.nspname,
        view.relname,
        attribute.attname,
        col_description(view.oid, attribute.attnum)
      ), ' ')
      from pg_attribute as attribute
      where attribute.attrelid = view.oid
        and col_description(view.oid, attribute.attnum) is not null
    ),
    case when pg_get_userbyid(view.relowner) <> current_user then format(
      'alter view %I.%I owner to %I;',
      place.nspname,
      view.relname,
      pg_get_userbyid(view.relowner)
    ) end
  )`

const STORED = sql`select
  place.nspname,
  view.relname,
  pg_get_viewdef(view.oid),
  array_to_string(view.reloptions, ', '),
  ${RESTORED},
  ${IS_REPLACEABLE}
${LIVE_VIEWS}`

/** The live views that use the column and can be dropped and created again. */
export function findLiveViews([schema, table]: PostgresTable, column: string): Sql {
  return sql`${STORED}
  and ${IS_REPLACEABLE}
  and exists (
    select 1
    from pg_depend as dependency
    join pg_class as used on used.oid = dependency.refobjid
    join pg_namespace as namespace on namespace.oid = used.relnamespace
    join pg_attribute as attribute
      on attribute.attrelid = used.oid and attribute.attnum = dependency.refobjsubid
    where dependency.classid = cast('pg_rewrite' as regclass)
      and dependency.objid = rule.oid
      and dependency.refclassid = cast('pg_class' as regclass)
      and namespace.nspname = ${param(schema)}
      and used.relname = ${param(table)}
      and attribute.attname = ${param(column)}
  )`
}

/** The live view of the name. */
export function findLiveView([schema, view]: PostgresTable): Sql {
  return sql`${STORED}
  and place.nspname = ${param(schema)}
  and view.relname = ${param(view)}`
}

/** A live view as it is. */
export interface StoredView {
  name: PostgresTable
  definition: Sql
  /** The clause with its options; empty without any. */
  options: Sql
  /** What restores its grants, comments of columns and owner when it is created again. */
  restoring: Sql[]
  isReplaceable: boolean
}

/** @param row as `findLiveViews` and `findLiveView` return it. */
export function storedView(row: readonly (string | null)[]): StoredView {
  const [schema, view, definition, options, restoring, isReplaceable] = row
  return {
    name: [String(schema), String(view)],
    definition: returnedSql(String(definition)),
    options: options ? sql` with (${returnedSql(options)})` : sql``,
    restoring: restoring ? [returnedSql(restoring)] : [],
    isReplaceable: isReplaceable === 't',
  }
}
