/** Every statement that is sent to DuckDB. */

import { id, list, lit, param, sql, type Sql } from '../sql.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import type { Column, RetireStep, WidenColumn, WriteStep } from '../../loader/warehouse.ts'

/** Database, schema and table: with fewer parts, a schema named like the file would be ambiguous. */
export type TableName = readonly [database: string, schema: string, table: string]

const AND = sql`\n  and `
export const COMMA = sql`,\n  `

export function typeSql(type: ColumnType): Sql {
  switch (type.kind) {
    case 'boolean':
      return sql`boolean`
    case 'integer':
      return sql`bigint`
    case 'decimal':
      return sql`decimal(${lit(type.precision)}, ${lit(type.scale)})`
    case 'number':
      return sql`double`
    case 'date':
      return sql`date`
    case 'time':
      return sql`time`
    case 'timestamp':
      return sql`timestamp with time zone`
    case 'text':
      return sql`varchar`
    case 'json':
      return sql`json`
  }
}

function columnSql({ name, type }: Column): Sql {
  return sql`${id(name)} ${typeSql(type)}`
}

export function createSchema(database: string, schema: string): Sql {
  return sql`create schema if not exists ${id(database, schema)}`
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

/** Times become text as they stand in JSON; before year 1, after 9999 and at infinity, for which JSON's form has no room, as DuckDB writes them. */
function convertedSql(column: Sql, from: ColumnType | undefined, to: ColumnType): Sql {
  if (from?.kind === 'timestamp' && to.kind === 'text') {
    return sql`case
    when ${column} >= timestamptz '0001-01-01 00:00:00+00' and ${column} < timestamptz '10000-01-01 00:00:00+00'
      then strftime(${column} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')
    else cast(${column} as varchar)
  end`
  }
  return sql`cast(${column} as ${typeSql(to)})`
}

export function widenColumn(table: TableName, { column, from, to }: WidenColumn): Sql {
  return sql`alter table ${id(...table)}
  alter column ${id(column)} type ${typeSql(to)}
  using ${convertedSql(id(column), from, to)}`
}

/** One row when a date is no time. By its bounds, because a `try_cast` of such a date fails. */
export function findTimeless(table: TableName, column: string): Sql {
  return sql`select 1
from ${id(...table)}
where isfinite(${id(column)})
  and (${id(column)} < date '290307-01-01 (BC)' or ${id(column)} > date '294246-12-31')
limit 1`
}

/** One row when a value would not survive. */
export function findInexact(table: TableName, column: Column, to: ColumnType): Sql {
  const there = sql`cast(${id(column.name)} as ${typeSql(to)})`
  return sql`select 1
from ${id(...table)}
where try_cast(${there} as ${typeSql(column.type)}) is distinct from ${id(column.name)}
limit 1`
}

export function createStage(stage: string, columns: readonly Column[]): Sql {
  return sql`create temp table ${id(stage)} (
  ${list(columns.map(columnSql), COMMA)}
)`
}

export function dropStage(stage: string): Sql {
  return sql`drop table ${id('temp', 'main', stage)}`
}

/** One row when the table has any. */
export function findRow(table: TableName): Sql {
  return sql`select 1
from ${id(...table)}
limit 1`
}

export function countRows(table: TableName): Sql {
  return sql`select count(*)
from ${id(...table)}`
}

/** A step whose rows are in the stage. */
export type StagedStep = Omit<WriteStep, 'columns'> & { columns: readonly { name: string }[] }

export function insertStaged(table: TableName, stage: string, { columns }: StagedStep): Sql {
  const names = list(
    columns.map(({ name }) => id(name)),
    COMMA,
  )
  return sql`insert into ${id(...table)} (
  ${names}
)
select
  ${names}
from ${id('temp', 'main', stage)}`
}

function matches({ keys }: StagedStep): Sql {
  return list(
    keys.map(({ column, isNullable }) =>
      isNullable
        ? sql`target.${id(column)} is not distinct from stage.${id(column)}`
        : sql`target.${id(column)} = stage.${id(column)}`,
    ),
    AND,
  )
}

/** Set in a row that is to go. */
function deletionMark({ deleteWhereSet, foreign = [] }: StagedStep): Sql | undefined {
  if (deleteWhereSet === undefined) return undefined
  const column = foreign.find(({ name }) => name === deleteWhereSet)
  if (!column) return sql`stage.${id(deleteWhereSet)}`
  const marks = [column, ...column.variants].map(
    ({ name }) => sql`cast(stage.${id(name)} as varchar)`,
  )
  return sql`coalesce(${list(marks)})`
}

/** No row of the stage has the key of another: a merge would insert both. */
export function mergeStaged(table: TableName, stage: string, step: StagedStep): Sql {
  const keys = new Set(step.keys.map(({ column }) => column))
  const others = step.columns.filter(({ name }) => !keys.has(name))
  const deleted = deletionMark(step)
  const deletes = deleted ? sql`\nwhen matched and ${deleted} is not null then delete` : sql``
  const updates =
    others.length === 0
      ? sql``
      : sql`\nwhen matched then update set
  ${list(
    others.map(({ name }) => sql`${id(name)} = stage.${id(name)}`),
    COMMA,
  )}`
  const names = step.columns.map(({ name }) => id(name))
  const values = step.columns.map(({ name }) => sql`stage.${id(name)}`)
  return sql`merge into ${id(...table)} as target
using ${id('temp', 'main', stage)} as stage
on ${matches(step)}${deletes}${updates}
when not matched${deleted ? sql` and ${deleted} is null` : sql``} then insert (
  ${list(names, COMMA)}
) values (
  ${list(values, COMMA)}
)`
}

export function emptyTable(table: TableName): Sql {
  return sql`delete from ${id(...table)}`
}

function bigintSql(value: number | bigint): Sql {
  return sql`cast(${param(BigInt(value))} as bigint)`
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
  return sql`(${column} < ${bigintSql(version)} or ${column} is null)
  and not exists (
    select 1
    from ${id(...table)}
    where ${column} > ${bigintSql(version)}
  )`
}

export function retireRows(table: TableName, step: RetireStep, foreign: RetireSql = {}): Sql {
  const retired = retiredRows(table, step, foreign.version ?? id(step.versionColumn))
  if (step.markColumn === undefined) {
    return sql`delete from ${id(...table)}
where ${retired}`
  }
  const mark = foreign.mark ?? {
    set: sql`${id(step.markColumn)} = make_timestamptz(${bigintSql(step.atMicros)})`,
    isUnmarked: sql`${id(step.markColumn)} is null`,
  }
  return sql`update ${id(...table)}
set ${mark.set}
where ${mark.isUnmarked}
  and ${retired}`
}

/** As `foldName` does it: `lower` would change other letters too. */
export function foldedSql(name: Sql): Sql {
  return sql`translate(${name}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')`
}

/**
 * Of every column of the schema whose table's name begins with the prefix: table, column, type, and whether it refuses null. No type for
 * computed columns, which only the text of the table's statement shows.
 */
export function describeTables(database: string, schema: string, prefix: string): Sql {
  return sql`select
  columns.table_name,
  columns.column_name,
  case
    when contains(tables.sql, 'GENERATED ALWAYS AS') and (
      contains(tables.sql, concat(columns.column_name, ' ', columns.data_type, ' GENERATED ALWAYS AS'))
      or contains(tables.sql, concat('"', replace(columns.column_name, '"', '""'), '" ', columns.data_type, ' GENERATED ALWAYS AS'))
    ) then null
    else columns.data_type
  end,
  not columns.is_nullable
from duckdb_columns() as columns
left join duckdb_tables() as tables on tables.table_oid = columns.table_oid
  and tables.database_oid = columns.database_oid
where columns.database_name = ${param(database)}
  and ${foldedSql(sql`columns.schema_name`)} = ${foldedSql(param(schema))}
  and starts_with(${foldedSql(sql`columns.table_name`)}, ${foldedSql(param(prefix))})
order by columns.table_name, columns.column_index`
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

export function lastLoadNumber(ledger: TableName): Sql {
  return sql`select max(load_number)
from ${id(...ledger)}`
}

export function loadedStreams(ledger: TableName): Sql {
  return sql`select distinct counted.key
from ${id(...ledger)}, json_each(row_counts) as counted
where cast(counted.value as bigint) > 0`
}

export function findMemoryLimit(): Sql {
  return sql`select value
from duckdb_settings()
where name = 'memory_limit'`
}

export function setMemoryLimit(limit: string): Sql {
  return sql`set memory_limit = ${lit(limit)}`
}

/** Bytes of blocks that could be read from the file again, of all else, and of what stands in the temporary directory. */
export function findMemory(): Sql {
  return sql`select
  coalesce(sum(memory_usage_bytes) filter (where tag = 'BASE_TABLE'), 0),
  coalesce(sum(memory_usage_bytes) filter (where tag <> 'BASE_TABLE'), 0),
  coalesce(sum(temporary_storage_bytes), 0)
from duckdb_memory()`
}
