/**
 * Reads DuckDB files of third-party programs with their own DuckDB version. Ours cannot read the
 * files of every other version.
 */

import type { JsonObject } from '../../src/singer/json.ts'
import { command, parseLines } from './workspace.ts'

/** The schema into which third-party targets load. */
export const DUCKDB_SCHEMA = 'main'

/** Settings of a third-party target. */
export function duckdbSettings(path: string): JsonObject {
  return { path, default_target_schema: DUCKDB_SCHEMA }
}

const READ = `import sys, duckdb
database = duckdb.connect(sys.argv[1], read_only=True)
rows = database.sql(sys.argv[2])
print("\\n".join(row for (row,) in rows.fetchall()))`

/**
 * The rows of a query with one column of JSON objects. `python` is the one of the program's
 * environment. Throws with its stderr when it fails.
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
