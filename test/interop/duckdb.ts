/**
 * DuckDB files of the programs of others, read by the DuckDB that comes with them: ours cannot read
 * the files of every other.
 */

import type { JsonObject } from '../../src/singer/json.ts'
import { command, parseLines } from './workspace.ts'

/** Where the targets of others put their tables. */
export const DUCKDB_SCHEMA = 'main'

/** Settings of a target of others. */
export function duckdbSettings(path: string): JsonObject {
  return { path, default_target_schema: DUCKDB_SCHEMA }
}

const READ = `import sys, duckdb
database = duckdb.connect(sys.argv[1], read_only=True)
rows = database.sql(sys.argv[2])
print("\\n".join(row for (row,) in rows.fetchall()))`

/**
 * The rows of a query with one column of JSON objects; `python` is that of the program's
 * environment. Throws what it says when it fails.
 */
export async function duckdbRows(
  python: string,
  path: string,
  query: string,
): Promise<JsonObject[]> {
  const { code, stdout, stderr } = await command(python, ['-c', READ, path, query])
  if (code !== 0) throw new Error(stderr)
  return parseLines(stdout)
}
