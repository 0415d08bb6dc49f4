/** Statements that keep a lake fast and small. */

import { id, list, lit, sql, type Sql } from '../sql.ts'
import { foldedSql, type DuckdbTable } from '../duckdb/sql.ts'
import { LAKE } from './attach-sql.ts'
import { SMALL_FILE_BYTES } from './compaction.ts'

/** The tables of the schema: a view has no files. */
export function findBaseTables([lake, schema]: DuckdbTable): Sql {
  return sql`select table_name
from duckdb_tables()
where database_name = ${lit(lake)}
  and ${foldedSql(sql`schema_name`)} = ${foldedSql(lit(schema))}`
}

/** Path and size of each data file, and whether a file of deletions belongs to it. */
export function findFiles([, schema, table]: DuckdbTable): Sql {
  return sql`select data_file, data_file_size_bytes, delete_file is not null
from ducklake_list_files(${lit(LAKE)}, ${lit(table)}, schema => ${lit(schema)})`
}

/** Writes rows and deletions that the catalog holds to files. */
export function flushInlined([, schema, table]: DuckdbTable): Sql {
  return sql`call ducklake_flush_inlined_data(${lit(LAKE)}, schema_name => ${lit(schema)}, table_name => ${lit(table)})`
}

/** Returns the numbers of files that were merged and made. */
export function mergeFiles([, schema, table]: DuckdbTable): Sql {
  return sql`select files_processed, files_created
from ducklake_merge_adjacent_files(${lit(LAKE)}, ${lit(table)}, schema => ${lit(schema)}, max_file_size => ${lit(SMALL_FILE_BYTES)})`
}

/**
 * Writes files again of which more than this part of the rows was deleted. Returns the numbers of
 * files that were read and made.
 */
export function rewriteFiles([, schema, table]: DuckdbTable, threshold: number): Sql {
  return sql`select files_processed, files_created
from ducklake_rewrite_data_files(${lit(LAKE)}, ${lit(table)}, schema => ${lit(schema)}, delete_threshold => ${lit(threshold)})`
}

/**
 * Writes all rows of these files again, unchanged, and drops the files. DuckLake's own function
 * chooses files by the part of their rows that was deleted, not by their size.
 */
export function refreshFiles(table: DuckdbTable, column: string, paths: readonly string[]): Sql {
  return sql`update ${id(...table)}
set ${id(column)} = ${id(column)}
where filename in (${list(paths.map((path) => lit(path)))})`
}

/** How old something must be; undefined for the options of the lake itself. */
function olderThan(hours: number | undefined): Sql {
  if (hours === undefined) return sql``
  return sql`, older_than => now() - interval ${lit(`${hours} hours`)}`
}

/** Without `hours` and without an option of the lake, no snapshot expires. Returns the expired. */
export function expireSnapshots(hours: number | undefined): Sql {
  return sql`select snapshot_id from ducklake_expire_snapshots(${lit(LAKE)}${olderThan(hours)})`
}

/** Removes files that no snapshot needs any more. Returns their paths. */
export function removeOldFiles(hours: number | undefined): Sql {
  return sql`select path from ducklake_cleanup_old_files(${lit(LAKE)}${olderThan(hours)})`
}

/** Removes files below the data path that this lake does not know. Returns their paths. */
export function removeOrphans(hours: number): Sql {
  return sql`select path from ducklake_delete_orphaned_files(${lit(LAKE)}${olderThan(hours)})`
}
