/** Statements for DuckDB about tables, rows and memory. */

import type { DuckDBValue } from '@duckdb/node-api'
import { id, list, lit, param, sql, type Sql } from '../sql.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import type { Column, RetireStep, WidenColumn } from '../../loader/commit-unit.ts'
import { insertFrom, keyMatches, stagedUpdates, stagedValues } from '../merge-sql.ts'
import * as standard from '../standard-sql.ts'
import { columnNames, COMMA, type RetireSql, type StagedStep } from '../standard-sql.ts'

/** Runs a statement and returns its rows. */
export type DuckdbQuery = (statement: Sql) => Promise<DuckDBValue[][]>

/** With fewer parts, a schema with the name of the file would be ambiguous. */
export type DuckdbTable = readonly [database: string, schema: string, table: string]

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

export function createTable(table: DuckdbTable, columns: readonly Column[]): Sql {
  return standard.createTable(table, columns, typeSql)
}

export function addColumn(table: DuckdbTable, column: Column): Sql {
  return standard.addColumn(table, column, typeSql)
}

/**
 * Times become strings in the form that JSON uses. That form ends at the years 1 and 9999 and has
 * no infinity: those times become what DuckDB prints.
 */
export function convertedSql(column: Sql, from: ColumnType | undefined, to: ColumnType): Sql {
  if (from?.kind === 'timestamp' && to.kind === 'text') {
    return sql`case
    when ${column} >= timestamptz '0001-01-01 00:00:00+00' and ${column} < timestamptz '10000-01-01 00:00:00+00'
      then strftime(${column} at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')
    else cast(${column} as varchar)
  end`
  }
  return sql`cast(${column} as ${typeSql(to)})`
}

export function widenColumn(table: DuckdbTable, change: WidenColumn): Sql {
  const converted = convertedSql(id(change.column), change.from, change.to)
  return standard.widenColumn(table, change, { typeSql, converted })
}

/**
 * One row when a date is out of the range of timestamps. Compares bounds, because a `try_cast` of
 * such a date fails.
 */
export function findOutOfRange(table: DuckdbTable, column: string): Sql {
  return sql`select 1
from ${id(...table)}
where isfinite(${id(column)})
  and (${id(column)} < date '290307-01-01 (BC)' or ${id(column)} > date '294246-12-31')
limit 1`
}

/** One row when a value does not survive a cast to the type and back. */
export function findInexact(table: DuckdbTable, column: Column, to: ColumnType): Sql {
  const converted = sql`cast(${id(column.name)} as ${typeSql(to)})`
  return sql`select 1
from ${id(...table)}
where try_cast(${converted} as ${typeSql(column.type)}) is distinct from ${id(column.name)}
limit 1`
}

/** The full name of a stage, which is a temporary table. */
export function stageTable(stage: string): DuckdbTable {
  return ['temp', 'main', stage]
}

export function createStage(stage: string, columns: readonly Column[]): Sql {
  return sql`create temp table ${id(stage)} (
  ${standard.columnDefinitions(columns, typeSql)}
)`
}

export function dropStage(stage: string): Sql {
  return standard.dropTable(stageTable(stage))
}

export function insertStaged(
  table: DuckdbTable,
  stage: DuckdbTable,
  { columns }: Pick<StagedStep, 'columns'>,
): Sql {
  const rows = sql`select
  ${columnNames(columns)}
from ${id(...stage)}`
  return insertFrom(table, columns, rows)
}

/** Deletes the rows of a table whose keys the stage has too. */
export function deleteReplaced(table: DuckdbTable, stage: DuckdbTable, step: StagedStep): Sql {
  return sql`delete from ${id(...table)} as target
using ${id(...stage)} as stage
where ${keyMatches(step)}`
}

/** Not null in a row that asks for the deletion of its key. */
export function deletionMark({ deleteWhereSet, foreign = [] }: StagedStep): Sql | undefined {
  if (deleteWhereSet === undefined) return undefined
  const column = foreign.find(({ name }) => name === deleteWhereSet)
  if (!column) return sql`stage.${id(deleteWhereSet)}`
  const marks = [column, ...column.variants].map(
    ({ name }) => sql`cast(stage.${id(name)} as varchar)`,
  )
  return sql`coalesce(${list(marks)})`
}

/** No two rows of the stage may have the same key: a merge would insert both. */
export function mergeStaged(table: DuckdbTable, stage: DuckdbTable, step: StagedStep): Sql {
  const deleted = deletionMark(step)
  const deletes = deleted ? sql`\nwhen matched and ${deleted} is not null then delete` : sql``
  return mergeWith(table, stage, { step, deletes })
}

/** The same for a table that has no row whose key is to be deleted. */
export function mergeKept(table: DuckdbTable, stage: DuckdbTable, step: StagedStep): Sql {
  return mergeWith(table, stage, { step, deletes: sql`` })
}

function mergeWith(
  table: DuckdbTable,
  stage: DuckdbTable,
  { step, deletes }: { step: StagedStep; deletes: Sql },
): Sql {
  const deleted = deletionMark(step)
  const changed = stagedUpdates(step)
  const updates =
    changed.length === 0
      ? sql``
      : sql`\nwhen matched then update set
  ${list(changed, COMMA)}`
  return sql`merge into ${id(...table)} as target
using ${id(...stage)} as stage
on ${keyMatches(step)}${deletes}${updates}
when not matched${deleted ? sql` and ${deleted} is null` : sql``} then insert (
  ${columnNames(step.columns)}
) values (
  ${list(stagedValues(step), COMMA)}
)`
}

function bigintSql(value: number | bigint): Sql {
  return sql`cast(${param(BigInt(value))} as bigint)`
}

/**
 * `foreign` has the expressions for foreign columns; the others are compared and set as they are.
 */
export function retireRows(table: DuckdbTable, step: RetireStep, foreign?: RetireSql): Sql {
  const values = {
    version: bigintSql(step.version),
    markedAt: sql`make_timestamptz(${bigintSql(step.atMicros)})`,
  }
  return standard.retireRows(table, step, { values, foreign })
}

/** Folds a name as `foldName` does: `lower` would change other letters too. */
export function foldedSql(name: Sql): Sql {
  return sql`translate(${name}, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')`
}

/**
 * One row for each column of the tables whose name begins with the prefix: table, column, type,
 * whether the column refuses null, its comment, and the comment of the table. The type is null for
 * a computed column: only the text of the table's statement shows that a column is computed.
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
  not columns.is_nullable,
  columns.comment,
  tables.comment
from duckdb_columns() as columns
left join duckdb_tables() as tables on tables.table_oid = columns.table_oid
  and tables.database_oid = columns.database_oid
where columns.database_name = ${param(database)}
  and ${foldedSql(sql`columns.schema_name`)} = ${foldedSql(param(schema))}
  and starts_with(${foldedSql(sql`columns.table_name`)}, ${foldedSql(param(prefix))})
order by columns.table_name, columns.column_index`
}

export function loadedStreams(ledger: DuckdbTable): Sql {
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

/** Bytes of cached blocks of the file, of all other memory, and of the temporary directory. */
export function findMemory(): Sql {
  return sql`select
  coalesce(sum(memory_usage_bytes) filter (where tag = 'BASE_TABLE'), 0),
  coalesce(sum(memory_usage_bytes) filter (where tag <> 'BASE_TABLE'), 0),
  coalesce(sum(temporary_storage_bytes), 0)
from duckdb_memory()`
}
