/**
 * What keeps a column from changing its type: objects that use it, and the table's own structure.
 */

import { AppError } from '../../../errors.ts'
import { id, param, sql, type Sql } from '../../sql.ts'
import type { ColumnType } from '../../../loader/schema/types.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { INDEX_PREFIX } from './indexes.ts'
import { findUnfitViews } from './live-views.ts'
import { isRefused, type ColumnChange } from './probe.ts'
import { IS_REPLACEABLE, LIVE_VIEWS } from './stored-views.ts'
import { typeSql, type PostgresTable } from '../sql.ts'

/**
 * How an object blocks the change. With `shape`, no second column can take the place of the column
 * either. `refuses` blocks the change only. `perhaps` has to be tried.
 */
type Blocking = 'shape' | 'refuses' | 'perhaps'

/**
 * The table and the tables that inherit its columns, including partitions: they all change
 * together. Also their row types, and the arrays, domains and composite types that use them.
 */
function familySql([schema, table]: PostgresTable, column: string): Sql {
  return sql`recursive family (table_id, is_root) as (
  select class.oid, true
  from pg_class as class
  join pg_namespace as namespace on namespace.oid = class.relnamespace
  where namespace.nspname = ${param(schema)}
    and class.relname = ${param(table)}
  union
  select child.inhrelid, false
  from pg_inherits as child
  join family on family.table_id = child.inhparent
),
changed as (
  select family.*, attribute.*, class.*, cast(attribute.attrelid as regclass) as table_name
  from family
  join pg_class as class on class.oid = family.table_id
  join pg_attribute as attribute on attribute.attrelid = family.table_id
  where attribute.attname = ${param(column)}
    and not attribute.attisdropped
),
uses (type_id) as (
  select reltype
  from changed
  union
  select case when class.oid is null then dependency.objid else class.reltype end
  from uses
  join pg_depend as dependency
    on dependency.refclassid = cast('pg_type' as regclass) and dependency.refobjid = uses.type_id
  left join pg_class as class
    on dependency.classid = cast('pg_class' as regclass) and class.oid = dependency.objid
  where dependency.classid = cast('pg_type' as regclass)
    or class.relkind in ('c', 'v', 'f')
)`
}

/**
 * A foreign key survives when its two columns still have an equality operator, or when the
 * referencing column has an implicit cast to the other.
 */
function comparableSql(to: ColumnType): Sql {
  return sql`(
    select bool_and(
      own.type = other.type
      or exists (
        select 1
        from pg_cast
        where castsource = own.type and casttarget = other.type and castcontext = 'i'
      )
      or exists (
        select 1
        from pg_operator
        where oprname = '=' and oprleft = other.type and oprright = own.type and oprcanmerge
      )
    )
    from unnest(key.conkey, key.confkey) as pair (own, other)
    cross join (select cast(pg_typeof(cast(null as ${typeSql(to)})) as oid)) as wanted (type)
    cross join lateral (
      select case
        when key.conrelid = changed.attrelid and pair.own = changed.attnum then wanted.type
        else (select atttypid from pg_attribute where attrelid = key.conrelid and attnum = pair.own)
      end
    ) as own (type)
    cross join lateral (
      select case
        when key.confrelid = changed.attrelid and pair.other = changed.attnum then wanted.type
        else (select atttypid from pg_attribute where attrelid = key.confrelid and attnum = pair.other)
      end
    ) as other (type)
  )`
}

/** Blockers in the structure of the table. */
const SHAPES = sql`select 'shape', format('the partition key of %s', table_name)
from changed
where exists (
  select 1
  from pg_partitioned_table
  where partrelid = attrelid and attnum = any (partattrs)
) or exists (
  select 1
  from pg_depend
  where classid = cast('pg_class' as regclass) and objid = attrelid and objsubid = attnum
    and refclassid = classid and refobjid = objid and refobjsubid = 0 and deptype = 'i'
)
union
select 'shape', format('the table %s, of which this one is a partition', cast(inhparent as regclass))
from changed
join pg_inherits on inhrelid = attrelid
where is_root and relispartition
union
select 'shape', format('the type %s, of which the table is', cast(reloftype as regtype))
from changed
where reloftype <> 0
union
select 'refuses', format('the table %s, from which the column is inherited', cast(inhparent as regclass))
from changed
join pg_inherits on inhrelid = attrelid
where is_root and attinhcount > 0 and not relispartition`

/**
 * A stored column with whole rows of the table would have to be rewritten, which PostgreSQL does
 * not do.
 */
const STORED_ROWS = sql`select 'refuses', format('column %I of %s', attname, cast(attrelid as regclass))
from uses
join pg_depend as dependency
  on dependency.refclassid = cast('pg_type' as regclass) and dependency.refobjid = uses.type_id
  and dependency.classid = cast('pg_class' as regclass)
join pg_class as class on class.oid = dependency.objid
join pg_attribute
  on attrelid = class.oid
  and (attnum = dependency.objsubid or (dependency.objsubid = 0 and atttypid = uses.type_id))
where class.relkind in ('r', 'p', 'm', 'i') and attnum > 0 and not attisdropped`

/**
 * Our own indexes do not count, nor do live views that can be replaced: the change drops them, and
 * they are created again.
 */
const OTHERS_BY_NAME = sql`where coalesce(not starts_with(cast(indexed.relname as text), ${param(INDEX_PREFIX)}), true)
  and not exists (
    select 1
    ${LIVE_VIEWS}
      and ${IS_REPLACEABLE}
      and dependency.classid = cast('pg_rewrite' as regclass)
      and dependency.objid = rule.oid
  )
order by 2`

/**
 * What blocks the change, by the catalog: how, and its name. Objects that only a child table has
 * cannot be tried. A generated column depends through its expression since PostgreSQL 15, and
 * directly before.
 */
export function findBlockers({ table, column, to }: Omit<ColumnChange, 'mayStay'>): Sql {
  return sql`with ${familySql(table, column)}
${SHAPES}
union
${STORED_ROWS}
union
select
  case
    when dependency.classid in (
      cast('pg_rewrite' as regclass),
      cast('pg_trigger' as regclass),
      cast('pg_policy' as regclass),
      cast('pg_proc' as regclass),
      cast('pg_publication_rel' as regclass)
    ) then 'refuses'
    when generated.attnum <> changed.attnum then 'refuses'
    when key.contype = 'f' and not ${comparableSql(to)} then 'refuses'
    when not is_root and (
      (key.contype in ('c', 'x') and key.conislocal)
      or (
        (index.indexprs is not null or index.indpred is not null)
        and not exists (select 1 from pg_inherits where inhrelid = index.indexrelid)
      )
    ) then 'refuses'
    when value.oid is not null or key.contype in ('c', 'x') or sequence.oid is not null
      or index.indexprs is not null or index.indpred is not null or own.amname not in ('btree', 'hash')
      or dependency.classid = cast('pg_statistic_ext' as regclass) then 'perhaps'
  end,
  case
    when generated.attnum <> changed.attnum then format(
      'generated column %I of table %s',
      generated.attname,
      cast(generated.attrelid as regclass)
    )
    else pg_describe_object(dependency.classid, dependency.objid, 0)
  end
from changed
join pg_depend as dependency
  on dependency.refclassid = cast('pg_class' as regclass)
  and dependency.refobjid = changed.attrelid
  and dependency.refobjsubid = changed.attnum
left join pg_attrdef as value
  on dependency.classid = cast('pg_attrdef' as regclass) and value.oid = dependency.objid
left join pg_attribute as generated
  on (generated.attrelid, generated.attnum) = (value.adrelid, value.adnum)
  or (
    dependency.classid = cast('pg_class' as regclass)
    and (generated.attrelid, generated.attnum) = (dependency.objid, dependency.objsubid)
  )
left join pg_constraint as key
  on dependency.classid = cast('pg_constraint' as regclass) and key.oid = dependency.objid
left join pg_class as sequence
  on dependency.classid = cast('pg_class' as regclass) and sequence.oid = dependency.objid
  and sequence.relkind = 'S'
left join pg_index as index
  on dependency.classid = cast('pg_class' as regclass) and index.indexrelid = dependency.objid
left join pg_class as indexed on indexed.oid = index.indexrelid
left join pg_am as own on own.oid = indexed.relam
${OTHERS_BY_NAME}`
}

/** One row when a date is out of the range of timestamps, which ends earlier than that of dates. */
export function findOutOfRange(table: PostgresTable, column: string): Sql {
  return sql`select 1
from ${id(...table)}
where isfinite(${id(column)})
  and cast(${id(column)} as date) > '294276-12-31'
limit 1`
}

/** True when the column becomes a timestamp and holds a date out of its range. */
export async function holdsOutOfRange(
  connection: PostgresConnection,
  { table, column, to }: ColumnChange,
): Promise<boolean> {
  if (to.kind !== 'timestamp') return false
  return (await connection.query(findOutOfRange(table, column))).length > 0
}

/** One row when the role may not change the table. */
export function findOwner([schema, table]: PostgresTable): Sql {
  return sql`select 1
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = ${param(schema)}
  and class.relname = ${param(table)}
  and not pg_has_role(class.relowner, 'usage')`
}

function shapeError({ table: [, table], column, to }: ColumnChange, shape: string): AppError {
  return new AppError(
    'WAREHOUSE_FAILED',
    `The column ${JSON.stringify(column)} of table ${JSON.stringify(table)} cannot become ${to.kind}, because of ${shape}.`,
    {
      hint: 'Rename the table, or set another table_prefix, and read the stream in full; or let the tap keep the type that the column has.',
    },
  )
}

/**
 * Names what blocks the change; empty when the change is possible. Throws WAREHOUSE_FAILED when no
 * second column could take the place of the column either. Changes nothing.
 */
export async function findUsers(
  connection: PostgresConnection,
  change: ColumnChange,
): Promise<string[]> {
  if (change.mayStay && (await connection.query(findOwner(change.table))).length > 0) {
    return ['its owner']
  }
  const rows = await connection.query(findBlockers(change))
  const named = (kind: Blocking) =>
    rows.filter(([found]) => found === kind).map(([, name]) => String(name))
  const [shape] = named('shape')
  if (shape !== undefined && change.mayStay) return [shape]
  if (shape !== undefined) throw shapeError(change, shape)
  const refusing = named('refuses')
  const uncertain = named('perhaps')
  if (refusing.length > 0) return refusing
  if (uncertain.length > 0 && (await isRefused(connection, change))) return uncertain
  return findUnfitViews(connection, change)
}
