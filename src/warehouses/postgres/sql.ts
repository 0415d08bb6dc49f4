/** Statements about tables. How rows get into them is in `merge.ts`. */

import { id, list, lit, param, sql, type Sql } from '../sql.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import type { Column, RetireStep, WidenColumn } from '../../loader/warehouse.ts'

export type TableName = readonly [schema: string, table: string]

export const STAGE: TableName = ['pg_temp', '_sdc_stage']

export const COMMA = sql`,\n  `

export function typeSql(type: ColumnType): Sql {
  switch (type.kind) {
    case 'boolean':
      return sql`boolean`
    case 'integer':
      return sql`bigint`
    case 'decimal':
      return sql`numeric(${lit(type.precision)}, ${lit(type.scale)})`
    case 'number':
      return sql`numeric`
    case 'date':
      return sql`date`
    case 'time':
      return sql`time`
    case 'timestamp':
      return sql`timestamptz`
    case 'text':
      return sql`text`
    case 'json':
      return sql`jsonb`
  }
}

function columnSql({ name, type }: Column): Sql {
  return sql`${id(name)} ${typeSql(type)}`
}

export function names(columns: readonly { name: string }[]): Sql {
  return list(
    columns.map(({ name }) => id(name)),
    COMMA,
  )
}

export function createSchema(schema: string): Sql {
  return sql`create schema if not exists ${id(schema)}`
}

export function findSchema(schema: string): Sql {
  return sql`select 1
from pg_namespace
where nspname = ${param(schema)}`
}

export function createTable(table: TableName, columns: readonly Column[]): Sql {
  return sql`create table ${id(...table)} (
  ${list(columns.map(columnSql), COMMA)}
)`
}

export function addColumn(table: TableName, column: Column): Sql {
  return sql`alter table ${id(...table)}
  add column ${columnSql(column)}`
}

/** As it stands in JSON; before year 1, after 9999 and at infinity, for which JSON's form has no room, as PostgreSQL writes it. */
export function timeTextSql(column: Sql): Sql {
  return sql`case
    when ${column} >= '0001-01-01 00:00:00+00' and ${column} < '10000-01-01 00:00:00+00'
      then to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    else cast(${column} as text)
  end`
}

/** Times without a zone are taken for UTC; a double keeps all its digits by way of text. */
function convertedSql(column: Sql, from: ColumnType | undefined, to: ColumnType): Sql {
  if (from?.kind === 'timestamp' && to.kind === 'text') return timeTextSql(column)
  if (to.kind === 'timestamp') return sql`cast(${column} as timestamp) at time zone 'UTC'`
  if (from === undefined && to.kind === 'number')
    return sql`cast(cast(${column} as text) as numeric)`
  return sql`cast(${column} as ${typeSql(to)})`
}

export function widenColumn(table: TableName, { column, from, to }: WidenColumn): Sql {
  return sql`alter table ${id(...table)}
  alter column ${id(column)} type ${typeSql(to)}
  using ${convertedSql(id(column), from, to)}`
}

export function countRows(table: TableName): Sql {
  return sql`select count(*)
from ${id(...table)}`
}

export function createStage(columns: readonly Column[], stage = STAGE): Sql {
  return sql`create temp table ${id(stage[1])} (
  ${list(columns.map(columnSql), COMMA)}
) on commit drop`
}

export function dropStage(stage = STAGE): Sql {
  return sql`drop table ${id(...stage)}`
}

export function copyInto(table: TableName, columns: readonly Column[]): Sql {
  return sql`copy ${id(...table)} (
  ${names(columns)}
) from stdin`
}

/** One row when the table has any. */
export function findRow(table: TableName): Sql {
  return sql`select 1
from ${id(...table)}
limit 1`
}

export function emptyTable(table: TableName): Sql {
  return sql`delete from ${id(...table)}`
}

/** How rows are marked where the column of the marks is foreign. */
export interface MarkSql {
  set: Sql
  isUnmarked: Sql
}

/** For foreign columns; else the columns themselves. */
export interface RetireSql {
  version?: Sql
  mark?: MarkSql
}

function retiredRows(table: TableName, { version }: RetireStep, column: Sql): Sql {
  const given = sql`cast(${param(String(version))} as bigint)`
  return sql`(${column} < ${given} or ${column} is null)
  and not exists (
    select 1
    from ${id(...table)}
    where ${column} > ${given}
  )`
}

export function retireRows(table: TableName, step: RetireStep, foreign: RetireSql = {}): Sql {
  const retired = retiredRows(table, step, foreign.version ?? id(step.versionColumn))
  if (step.markColumn === undefined) {
    return sql`delete from ${id(...table)}
where ${retired}`
  }
  const at = new Date(step.atMicros / 1000).toISOString()
  const mark = foreign.mark ?? {
    set: sql`${id(step.markColumn)} = cast(${param(at)} as timestamptz)`,
    isUnmarked: sql`${id(step.markColumn)} is null`,
  }
  return sql`update ${id(...table)}
set ${mark.set}
where ${mark.isUnmarked}
  and ${retired}`
}

/** Without domains, and with the limits that they set. */
const BASE_TYPE = sql`case
    when type.typtype <> 'd' then format_type(attribute.atttypid, attribute.atttypmod)
    else (
      with recursive base as (
        select type.typtype, type.typbasetype, type.typtypmod
        union all
        select inner_type.typtype, inner_type.typbasetype, case
          when inner_type.typtype = 'd' and inner_type.typtypmod >= 0 then inner_type.typtypmod
          else base.typtypmod
        end
        from base
        join pg_type as inner_type on inner_type.oid = base.typbasetype
        where inner_type.typtype = 'd'
      )
      select format_type(base.typbasetype, base.typtypmod)
      from base
      where not exists (
        select 1
        from pg_type as inner_type
        where inner_type.oid = base.typbasetype and inner_type.typtype = 'd'
      )
    )
  end`

/** Where the equality of a type that an extension brought is. */
const EQUALITY_SCHEMA = sql`case
    when type.typnamespace <> cast('pg_catalog' as regnamespace) then (
      select named.nspname
      from pg_opclass as class_of_type
      join pg_am as method on method.oid = class_of_type.opcmethod and method.amname = 'btree'
      join pg_amop as member
        on member.amopfamily = class_of_type.opcfamily
        and member.amopstrategy = 3
        and member.amoplefttype = class_of_type.opcintype
        and member.amoprighttype = class_of_type.opcintype
      join pg_operator as operator on operator.oid = member.amopopr and operator.oprname = '='
      join pg_namespace as named on named.oid = operator.oprnamespace
      where class_of_type.opcdefault
        and class_of_type.opcintype = coalesce(nullif(type.typbasetype, 0), type.oid)
        and named.nspname <> 'pg_catalog'
      limit 1
    )
  end`

/**
 * Of every column of the schema whose table's name begins with the prefix: table, column, type, the type without its domains, the schema
 * of its equality, whether it refuses null, and whether it is a type of texts. No type for computed columns.
 */
export function describeTables(schema: string, prefix: string): Sql {
  return sql`select
  class.relname,
  attribute.attname,
  case
    when attribute.attgenerated <> '' or attribute.attidentity = 'a' then null
    else format_type(attribute.atttypid, attribute.atttypmod)
  end,
  ${BASE_TYPE},
  ${EQUALITY_SCHEMA},
  attribute.attnotnull,
  type.typcategory in ('S', 'E')
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
left join pg_attribute as attribute
  on attribute.attrelid = class.oid and attribute.attnum > 0 and not attribute.attisdropped
left join pg_type as type on type.oid = attribute.atttypid
where namespace.nspname = ${param(schema)}
  and class.relkind in ('r', 'p', 'f')
  and starts_with(cast(class.relname as text), ${param(prefix)})
order by class.relname, attribute.attnum`
}

export function lastLoads(ledger: TableName): Sql {
  return sql`select load_number, run_id, state
from ${id(...ledger)}
where load_number >= (
  select coalesce(max(load_number) filter (where state is not null), max(load_number))
  from ${id(...ledger)}
)
order by load_number`
}

export function loadedStreams(ledger: TableName): Sql {
  return sql`select distinct counted.key
from ${id(...ledger)}
cross join lateral jsonb_each_text(cast(row_counts as jsonb)) as counted
where cast(counted.value as bigint) > 0`
}

export function lastLoadNumber(ledger: TableName): Sql {
  return sql`select max(load_number)
from ${id(...ledger)}`
}
