/** Statements for PostgreSQL about tables. `merge.ts` has those that write staged rows. */

import { id, lit, param, sql, type Sql } from '../sql.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import type { Column, RetireStep, WidenColumn } from '../../loader/commit-unit.ts'
import * as standard from '../standard-sql.ts'
import type { RetireSql } from '../standard-sql.ts'

export type PostgresTable = readonly [schema: string, table: string]

export const STAGE: PostgresTable = ['pg_temp', '_sdc_stage']

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

export function findSchema(schema: string): Sql {
  return sql`select 1
from pg_namespace
where nspname = ${param(schema)}`
}

export function createTable(table: PostgresTable, columns: readonly Column[]): Sql {
  return standard.createTable(table, columns, typeSql)
}

export function addColumn(table: PostgresTable, column: Column): Sql {
  return standard.addColumn(table, column, typeSql)
}

/**
 * The time as a string in the form that JSON uses. That form ends at the years 1 and 9999 and has
 * no infinity: those times become what PostgreSQL prints.
 */
export function timeTextSql(column: Sql): Sql {
  return sql`case
    when ${column} >= '0001-01-01 00:00:00+00' and ${column} < '10000-01-01 00:00:00+00'
      then to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
    else cast(${column} as text)
  end`
}

/** Times without a zone count as UTC. A double keeps all its digits only as a string. */
function convertedSql(column: Sql, from: ColumnType | undefined, to: ColumnType): Sql {
  if (from?.kind === 'timestamp' && to.kind === 'text') return timeTextSql(column)
  if (to.kind === 'timestamp') return sql`cast(${column} as timestamp) at time zone 'UTC'`
  if (from === undefined && to.kind === 'number')
    return sql`cast(cast(${column} as text) as numeric)`
  return sql`cast(${column} as ${typeSql(to)})`
}

export function widenColumn(table: PostgresTable, change: WidenColumn): Sql {
  const converted = convertedSql(id(change.column), change.from, change.to)
  return standard.widenColumn(table, change, { typeSql, converted })
}

export function createStage(columns: readonly Column[], stage = STAGE): Sql {
  return sql`create temp table ${id(stage[1])} (
  ${standard.columnDefinitions(columns, typeSql)}
) on commit drop`
}

export function dropStage(stage = STAGE): Sql {
  return standard.dropTable(stage)
}

export function copyInto(table: PostgresTable, columns: readonly Column[]): Sql {
  return sql`copy ${id(...table)} (
  ${standard.columnNames(columns)}
) from stdin`
}

/**
 * `foreign` has the expressions for foreign columns; the others are compared and set as they are.
 */
export function retireRows(table: PostgresTable, step: RetireStep, foreign?: RetireSql): Sql {
  const at = new Date(step.atMicros / 1000).toISOString()
  const values = {
    version: sql`cast(${param(String(step.version))} as bigint)`,
    markedAt: sql`cast(${param(at)} as timestamptz)`,
  }
  return standard.retireRows(table, step, { values, foreign })
}

/** The type without its domains, and with the limits that the domains set. */
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

/** The schema of the equality operator, for a type of an extension. */
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
 * One row for each column of the tables whose name begins with the prefix: table, column, type, the
 * type without its domains, the schema of its equality, whether it refuses null, whether it is a
 * type of strings, its comment, and the comment of the table. The type is null for a computed
 * column.
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
  type.typcategory in ('S', 'E'),
  col_description(class.oid, attribute.attnum),
  obj_description(class.oid, 'pg_class'),
  pg_has_role(class.relowner, 'usage')
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

export function loadedStreams(ledger: PostgresTable): Sql {
  return sql`select distinct counted.key
from ${id(...ledger)}
cross join lateral jsonb_each_text(cast(row_counts as jsonb)) as counted
where cast(counted.value as bigint) > 0`
}
