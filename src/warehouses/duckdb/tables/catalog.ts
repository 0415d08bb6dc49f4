/** Queries of DuckDB's catalog about columns. */

import { id, param, sql, type Sql } from '../../sql.ts'
import { foldedSql, type DuckdbTable } from '../sql.ts'

/**
 * Names of the columns of the table, as this transaction sees them. `duckdb_columns` would miss
 * what the transaction changed in a table of an Iceberg catalog.
 */
export function findColumns(table: DuckdbTable): Sql {
  return sql`select column_name
from (describe ${id(...table)})`
}

/** The columns in their order, each with its type. */
export function describeColumns(table: DuckdbTable): Sql {
  return sql`select column_name, column_type
from (describe ${id(...table)})`
}

/** One row for each column of the views: view, column, type, and the comment of the view. */
export function describeViews(database: string, schema: string, prefix: string): Sql {
  return sql`select views.view_name, columns.column_name, columns.data_type, views.comment
from duckdb_views() as views
join duckdb_columns() as columns
  on columns.database_name = views.database_name
  and columns.schema_name = views.schema_name
  and columns.table_name = views.view_name
where views.database_name = ${param(database)}
  and ${foldedSql(sql`views.schema_name`)} = ${foldedSql(param(schema))}
  and starts_with(${foldedSql(sql`views.view_name`)}, ${foldedSql(param(prefix))})
order by views.view_name, columns.column_index`
}

/**
 * What keeps the column from changing its type: keys and checks that include it, and any index or
 * computed column of the table.
 */
export function findColumnUsers([database, schema, table]: DuckdbTable, column: string): Sql {
  const isTable = sql`database_name = ${param(database)}
  and ${foldedSql(sql`schema_name`)} = ${foldedSql(param(schema))}
  and ${foldedSql(sql`table_name`)} = ${foldedSql(param(table))}`
  return sql`select concat('constraint ', constraint_text)
from duckdb_constraints()
where ${isTable}
  and constraint_type <> 'NOT NULL'
  and list_contains(
    list_transform(constraint_column_names, lambda name: ${foldedSql(sql`name`)}),
    ${foldedSql(param(column))}
  )
union all
select concat('index ', index_name)
from duckdb_indexes()
where ${isTable}
union all
select 'a computed column of the table'
from duckdb_tables()
where ${isTable}
  and contains(sql, 'GENERATED ALWAYS AS')`
}
