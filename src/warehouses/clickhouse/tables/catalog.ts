/** Queries of the system tables about tables and columns. */

import { lit, list, sql, type Sql } from '../../sql.ts'
import type { ClickhouseQuery } from '../connect/session.ts'
import { HIDDEN_PREFIX, type ClickhouseTable } from '../sql.ts'

/** A table by the name that it has at the moment. */
export interface NamedTable {
  name: string
  /** Stays with the table when it gets another name. */
  uuid: string
  comment: string
  /** Such as `MergeTree`, `View` or `Dictionary`. */
  engine: string
}

/** Our hidden tables, and those with one of the names. */
export async function findTables(
  query: ClickhouseQuery,
  database: string,
  names: readonly string[] = [],
): Promise<NamedTable[]> {
  const among =
    names.length === 0 ? sql`` : sql`\n  or name in (${list(names.map((name) => lit(name)))})`
  const rows = await query(sql`select name, toString(uuid), comment, engine
from system.tables
where database = ${lit(database)}
  and (startsWith(name, ${lit(HIDDEN_PREFIX)})${among})`)
  return rows.map(([name, uuid, comment, engine]) => ({
    name: String(name),
    uuid: String(uuid),
    comment: String(comment),
    engine: String(engine),
  }))
}

/**
 * A text for each table that has rows, which changes when another program inserts or updates some:
 * the newest block and the newest mutation of each partition. Merges of parts change neither: a
 * merged part keeps the newest mutation in its name, but not in `data_version`.
 */
export async function contentsOf(
  query: ClickhouseQuery,
  database: string,
  tables: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  if (tables.length === 0) return new Map()
  const rows =
    await query(sql`select table, toString(arraySort(groupArray((partition, block, version))))
from (
  select table, partition_id as partition, max(max_block_number) as block, max(toUInt64OrZero(splitByChar('_', name)[5])) as version
  from system.parts
  where database = ${lit(database)}
    and table in (${list(tables.map((name) => lit(name)))})
    and active
  group by table, partition_id
)
group by table`)
  return new Map(rows.map(([table, content]) => [String(table), String(content)]))
}

/** A column of a table that exists. */
export interface StoredColumn {
  name: string
  type: string
  comment: string
  /** True when the database computes it. */
  isComputed: boolean
  isInSortingKey: boolean
  /** True when it is in another key that no statement changes. */
  isInFixedKey: boolean
}

function findColumns([database, table]: ClickhouseTable): Sql {
  return sql`select
  name,
  type,
  comment,
  default_kind in ('MATERIALIZED', 'ALIAS', 'EPHEMERAL'),
  is_in_sorting_key or is_in_primary_key,
  is_in_partition_key or is_in_sampling_key
from system.columns
where database = ${lit(database)}
  and table = ${lit(table)}
order by position`
}

/** The columns of the table, in their order. */
export async function columnsOf(
  query: ClickhouseQuery,
  table: ClickhouseTable,
): Promise<StoredColumn[]> {
  const rows = await query(findColumns(table))
  return rows.map(([name, type, comment, isComputed, isInSortingKey, isInFixedKey]) => ({
    name: String(name),
    type: String(type),
    comment: String(comment),
    isComputed: Number(isComputed) === 1,
    isInSortingKey: Number(isInSortingKey) === 1,
    isInFixedKey: Number(isInFixedKey) === 1,
  }))
}

/** Order and comment of the table, and whether a load created the table with its settings. */
export async function orderOf(
  query: ClickhouseQuery,
  [database, table]: ClickhouseTable,
): Promise<{ sortingKey: string; isOurs: boolean; comment: string }> {
  const [row] = await query(sql`select sorting_key, engine_full, comment
from system.tables
where database = ${lit(database)}
  and name = ${lit(table)}`)
  const [sortingKey = '', engine = '', comment = ''] = (row ?? []).map(String)
  return {
    sortingKey,
    comment,
    isOurs:
      /^\w*MergeTree(?:\(.*\))? ORDER BY .* SETTINGS allow_nullable_key = 1(?:, index_granularity = 8192)?$/s.test(
        engine,
      ) && !/ (?:PARTITION BY|PRIMARY KEY|SAMPLE BY|TTL) /.test(engine.replaceAll(sortingKey, '')),
  }
}

/** Indexes and projections of the table. */
export async function indexesOf(
  query: ClickhouseQuery,
  [database, table]: ClickhouseTable,
): Promise<string[]> {
  const where = sql`where database = ${lit(database)} and table = ${lit(table)}`
  const rows =
    await query(sql`select concat('index ', name) from system.data_skipping_indices ${where}
union all
select concat('projection ', name) from system.projections ${where}`)
  return rows.map(([name]) => String(name))
}
