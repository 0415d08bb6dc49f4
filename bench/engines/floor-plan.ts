/** What `duckdb-floor.ts` loads into. */

import { fileURLToPath } from 'node:url'
import type { MissingTool } from '../bench.ts'

const FLOOR = fileURLToPath(new URL('../duckdb-floor.js', import.meta.url))

export interface FloorPlan {
  kind: 'file' | 'ducklake' | 'iceberg'
  /** A file, or `:memory:`. */
  database: string
  /** DuckDB's. */
  settings: Record<string, string>
  /** Statements that attach the lake. */
  attach: readonly string[]
  /** DuckDB's name of the lake; undefined for a file. */
  catalog?: string
  schema: string
}

/** The program that loads the file as the plan says. */
export function floorOf(plan: FloorPlan) {
  return (path: string) => [process.execPath, FLOOR, JSON.stringify(plan), path] as const
}

/** The folder with DuckDB's extensions. */
export const EXTENSIONS = process.env['TEST_DUCKDB_EXTENSIONS'] ?? ''

/** Settings of a DuckDB in memory that attaches a lake. */
export const LAKE_SETTINGS: FloorPlan['settings'] = {
  extension_directory: EXTENSIONS,
  autoinstall_known_extensions: 'false',
}

export function missingExtensions(): MissingTool {
  return EXTENSIONS === ''
    ? 'Set TEST_DUCKDB_EXTENSIONS to the folder that test/support/duckdb-extensions.sh fills.'
    : undefined
}

export function missingStore(): MissingTool {
  return process.env['TEST_ICEBERG_CATALOG'] === undefined
    ? 'Run the bench by test/support/iceberg/run.sh, which starts an object store and a catalog.'
    : missingExtensions()
}

/** The secret for the object store of `test/support/iceberg/run.sh`. */
export function storeSecret({ env } = process): string {
  const { host } = new URL(env['AWS_ENDPOINT_URL'] ?? '')
  return `create secret (type s3, key_id '${env['AWS_ACCESS_KEY_ID']}', secret '${env['AWS_SECRET_ACCESS_KEY']}', endpoint '${host}', url_style 'path', use_ssl false, region 'us-east-1')`
}
