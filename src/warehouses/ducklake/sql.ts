/** Statements for DuckLake that differ from those for a DuckDB file. */

import { id, lit, param, sql, type Sql } from '../sql.ts'
import { foldedSql, type DuckdbTable } from '../duckdb/sql.ts'

/** Whether the column refuses null, and its default, as DuckDB prints it. */
export function findColumn([database, schema, table]: DuckdbTable, column: string): Sql {
  return sql`select not is_nullable, column_default
from duckdb_columns()
where database_name = ${param(database)}
  and ${foldedSql(sql`schema_name`)} = ${foldedSql(param(schema))}
  and ${foldedSql(sql`table_name`)} = ${foldedSql(param(table))}
  and ${foldedSql(sql`column_name`)} = ${foldedSql(param(column))}`
}

/** The columns in their order, each with its comment or null. */
export function findComments([database, schema, table]: DuckdbTable): Sql {
  return sql`select column_name, comment
from duckdb_columns()
where database_name = ${param(database)}
  and ${foldedSql(sql`schema_name`)} = ${foldedSql(param(schema))}
  and ${foldedSql(sql`table_name`)} = ${foldedSql(param(table))}
order by column_index`
}

/** The snapshot from which the transaction that is running started. */
export function findStartSnapshot(lake: string): Sql {
  return sql`select id from ducklake_current_snapshot(${lit(lake)})`
}

/** For the server of the catalog. */
export function findSnapshot(metadataSchema: string, snapshot: string): Sql {
  return sql`select 1
from ${id(metadataSchema, 'ducklake_snapshot')}
where snapshot_id = cast(${param(snapshot)} as bigint)`
}

/**
 * The newest load, as a comment on the ledger. Two transactions that change one comment conflict,
 * while two that only append rows do not.
 */
export function noteLoad(ledger: DuckdbTable, loadNumber: number): Sql {
  return sql`comment on table ${id(...ledger)} is ${lit(`Newest load: ${loadNumber}`)}`
}
