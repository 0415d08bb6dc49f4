/** Statements about tables. How rows get into them is in `merge.ts`. */

import { id, list, lit, param, sql, type Sql } from '../../target/sql.ts'
import type { ColumnType } from '../../target/types.ts'
import type { Column, RetireStep, WidenColumn } from '../../target/warehouse.ts'

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
function timeTextSql(column: Sql): Sql {
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

export function createStage(columns: readonly Column[]): Sql {
  return sql`create temp table ${id(STAGE[1])} (
  ${list(columns.map(columnSql), COMMA)}
) on commit drop`
}

export function dropStage(): Sql {
  return sql`drop table ${id(...STAGE)}`
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

function retiredRows(table: TableName, { versionColumn, version }: RetireStep): Sql {
  const given = sql`cast(${param(String(version))} as bigint)`
  return sql`(${id(versionColumn)} < ${given} or ${id(versionColumn)} is null)
  and not exists (
    select 1
    from ${id(...table)}
    where ${id(versionColumn)} > ${given}
  )`
}

export function retireRows(table: TableName, step: RetireStep): Sql {
  if (step.markColumn === undefined) {
    return sql`delete from ${id(...table)}
where ${retiredRows(table, step)}`
  }
  const at = new Date(step.atMicros / 1000).toISOString()
  return sql`update ${id(...table)}
set ${id(step.markColumn)} = cast(${param(at)} as timestamptz)
where ${id(step.markColumn)} is null
  and ${retiredRows(table, step)}`
}

/** Table, column and type of every column of the schema whose table's name begins with the prefix; no type for computed columns. */
export function describeTables(schema: string, prefix: string): Sql {
  return sql`select
  class.relname,
  attribute.attname,
  case
    when attribute.attgenerated <> '' or attribute.attidentity = 'a' then 'generated'
    else format_type(attribute.atttypid, attribute.atttypmod)
  end
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
left join pg_attribute as attribute
  on attribute.attrelid = class.oid and attribute.attnum > 0 and not attribute.attisdropped
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
cross join lateral jsonb_each_text(row_counts) as counted
where cast(counted.value as bigint) > 0`
}

export function lastLoadNumber(ledger: TableName): Sql {
  return sql`select max(load_number)
from ${id(...ledger)}`
}
