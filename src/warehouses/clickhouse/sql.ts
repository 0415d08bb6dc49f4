/** Statements for ClickHouse about tables and rows. */

import { id, list, lit, sql, typeName, type Sql } from '../sql.ts'
import {
  LIVE_VIEW_COMMENT,
  type Column,
  type LiveView,
  type SetComments,
} from '../../loader/commit-unit.ts'
import { liveRows } from '../live-views.ts'
import * as standard from '../standard-sql.ts'
import { COMMA, type TableName } from '../standard-sql.ts'
import { columnComment } from './dialect.ts'
import { tryCast, typeSql, typeText } from './types.ts'

export type ClickhouseTable = readonly [database: string, table: string]

/** Where tables are created, and with which engine. */
export interface ClickhousePlace {
  database: string
  /** Every server of this cluster gets the tables. */
  cluster: string | undefined
  engine: 'MergeTree' | 'ReplicatedMergeTree'
}

/** The beginning of the names of our own tables, which no load describes. */
export const HIDDEN_PREFIX = '.sdc_'

export function onCluster({ cluster }: ClickhousePlace): Sql {
  return cluster === undefined ? sql`` : sql` on cluster ${id(cluster)}`
}

/** For tables that only this server reads: stages, and what joins make of them. */
export function localPlace({ database }: ClickhousePlace): ClickhousePlace {
  return { database, cluster: undefined, engine: 'MergeTree' }
}

export function createDatabase(place: ClickhousePlace): Sql {
  return sql`create database if not exists ${id(place.database)}${onCluster(place)}`
}

/** One row: the engine of the database. No row when the database is missing. */
export function findDatabase(database: string): Sql {
  return sql`select engine
from system.databases
where name = ${lit(database)}`
}

/** A sorting order: no column, one, or several. */
export function orderSql(columns: readonly Sql[]): Sql {
  const [only] = columns
  return columns.length === 1 && only ? only : sql`(${list(columns)})`
}

/** A table with nothing but its sorting order. Keys may be null. */
export function createTable(
  place: ClickhousePlace,
  table: string,
  { columns, sortedBy = [] }: { columns: readonly Column[]; sortedBy?: readonly string[] },
): Sql {
  const order = orderSql(sortedBy.map((name) => id(name)))
  return sql`create table ${id(place.database, table)}${onCluster(place)} (
  ${standard.columnDefinitions(columns, typeSql)}
)
engine = ${typeName(place.engine)}
order by ${order}
settings allow_nullable_key = 1`
}

/** An empty table with the columns, the order and the settings of another one. */
export function createLike(place: ClickhousePlace, table: string, like: string): Sql {
  return sql`create table ${id(place.database, table)}${onCluster(place)} as ${id(place.database, like)}`
}

/** Adds all rows of the other table. On one disk, the files get a second name each. */
export function attachRows(table: ClickhouseTable, from: ClickhouseTable): Sql {
  return sql`alter table ${id(...table)} attach partition all from ${id(...from)}`
}

export function exchangeTables(place: ClickhousePlace, one: string, other: string): Sql {
  const { database } = place
  return sql`exchange tables ${id(database, one)} and ${id(database, other)}${onCluster(place)}`
}

export function renameTable(place: ClickhousePlace, from: string, to: string): Sql {
  const { database } = place
  return sql`rename table ${id(database, from)} to ${id(database, to)}${onCluster(place)}`
}

/** Waits until no statement reads the table any more. */
export function dropTable(place: ClickhousePlace, table: string): Sql {
  return sql`${dropTableLater(place, table)} sync`
}

/** Statements that read the table go on. The server deletes its files some minutes later. */
export function dropTableLater(place: ClickhousePlace, table: string): Sql {
  return sql`drop table if exists ${id(place.database, table)}${onCluster(place)}`
}

export function addColumn(table: ClickhouseTable, column: Column): Sql {
  return sql`alter table ${id(...table)}
  add column if not exists ${standard.columnDefinitions([column], typeSql)}`
}

/**
 * Comments of columns are replicated. That of the table is not, so every server of the cluster sets
 * it: https://clickhouse.com/docs/sql-reference/statements/alter/comment
 */
export function setComments(
  place: ClickhousePlace,
  table: ClickhouseTable,
  { comment, columns }: Pick<SetComments, 'comment' | 'columns'>,
): Sql[] {
  const parts = columns.map(
    ({ name, type, comment: text }) =>
      sql`comment column ${id(name)} ${lit(columnComment(type, text))}`,
  )
  const statements: Sql[] = []
  if (parts.length > 0) {
    statements.push(sql`alter table ${id(...table)}
  ${list(parts, COMMA)}`)
  }
  if (comment !== undefined) {
    statements.push(sql`alter table ${id(...table)}${onCluster(place)}
  modify comment ${lit(comment)}`)
  }
  return statements
}

export function truncateTable(place: ClickhousePlace, table: string): Sql {
  return sql`truncate table ${id(place.database, table)}${onCluster(place)}`
}

/** Rows follow the statement as bytes. */
export function insertBytes(table: TableName, columns: readonly { name: string }[]): Sql {
  return sql`insert into ${id(...table)} (
  ${standard.columnNames(columns)}
)
format RowBinary`
}

export function selectColumns(table: TableName, columns: readonly { name: string }[]): Sql {
  return sql`select
  ${standard.columnNames(columns)}
from ${id(...table)}`
}

export function deleteRows(table: TableName, condition: Sql): Sql {
  return sql`delete from ${id(...table)}
where ${condition}`
}

export function updateRows(table: TableName, set: readonly Sql[], condition: Sql): Sql {
  return sql`alter table ${id(...table)}
  update ${list(set, COMMA)}
  where ${condition}`
}

export function countWhere(table: TableName, condition: Sql): Sql {
  return sql`select count()
from ${id(...table)}
where ${condition}`
}

/**
 * One row for each column of the tables whose name begins with the prefix: table, column, type, how
 * its default is made, its comment, and the comment of the table.
 */
export function describeTables(database: string, prefix: string): Sql {
  return sql`select
  tables.name,
  columns.name,
  columns.type,
  columns.default_kind,
  columns.comment,
  tables.comment
from system.tables as tables
left join system.columns as columns
  on columns.database = tables.database and columns.table = tables.name
where tables.database = ${lit(database)}
  and startsWith(tables.name, ${lit(prefix)})
  and not startsWith(tables.name, ${lit(HIDDEN_PREFIX)})
  and endsWith(tables.engine, 'MergeTree')
order by tables.name, columns.position`
}

/**
 * One row for each column of the views, and of everything else that is no table of a load: name,
 * column, type, and the comment of a view.
 */
export function describeViews(database: string, prefix: string): Sql {
  return sql`select
  tables.name,
  columns.name,
  columns.type,
  if(tables.engine = 'View', tables.comment, '')
from system.tables as tables
left join system.columns as columns
  on columns.database = tables.database and columns.table = tables.name
where tables.database = ${lit(database)}
  and startsWith(tables.name, ${lit(prefix)})
  and not endsWith(tables.engine, 'MergeTree')
order by tables.name, columns.position`
}

export function createLiveView(place: ClickhousePlace, view: LiveView): Sql {
  const { database } = place
  return sql`create or replace view ${id(database, view.view)}${onCluster(place)} as
${liveRows([database, view.table], view)}
comment ${lit(LIVE_VIEW_COMMENT)}`
}

export function loadedStreams(ledger: TableName): Sql {
  return sql`select distinct counted.1
from (
  select arrayJoin(JSONExtractKeysAndValues(assumeNotNull(row_counts), 'Int64')) as counted
  from ${id(...ledger)}
  where row_counts is not null
)
where counted.2 > 0`
}

/** One row when a value does not survive a cast to the type and back. */
export function findInexact(table: TableName, column: Column, to: Column['type']): Sql {
  const there = tryCast(sql`toString(${id(column.name)})`, typeText(to))
  const back = tryCast(sql`toString(${there})`, typeText(column.type))
  return standard.findRowWhere(
    table,
    sql`${id(column.name)} is not null and (${back} is null or ${back} <> ${id(column.name)})`,
  )
}

/** The newest row of the ledger, and every row since the newest one with a state. */
export function lastLoads(ledger: TableName): Sql {
  return standard.lastLoads(ledger, sql`maxIf(load_number, state is not null)`)
}
