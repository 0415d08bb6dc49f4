/**
 * A sandbox, a tap and a target with their settings in a folder, and the rows of the warehouse
 * after a run.
 */

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Sandbox, SandboxOptions } from '../../../src/sandbox/api/server.ts'
import { startSandbox } from '../../../src/sandbox/api/server.ts'
import type { JsonObject, JsonValue } from '../../../src/singer/json.ts'
import { lastStateOf, ROOT, run, temporaryFolder, writeJson } from '../../support/programs.ts'

export {
  CORE_STREAM_NAMES as STREAMS,
  type CoreStreamName as StreamName,
} from '../../../src/streams/index.ts'

export const SCHEMA = 'marketing'

interface Synced {
  /** The tap's output. */
  messages: string
  /** The target's last STATE. */
  state: JsonObject
}

export interface Connection {
  sandbox: Sandbox
  sync: (options?: { state?: JsonObject; catalog?: JsonObject }) => Promise<Synced>
  /**
   * Rows of a table in no order, by its name without the prefix. Without `_sdc_` columns unless
   * `withMetadata` is set.
   */
  rows: (table: string, options?: { withMetadata?: boolean }) => Promise<JsonObject[]>
}

export interface ConnectionOptions {
  sandbox?: SandboxOptions
  /** @default a new database */
  database?: string
  prefix?: string
  tap?: JsonObject
  target?: JsonObject
}

/** A connection whose sandbox and files are removed when the test ends. */
export async function connect(
  test: TestContext,
  options: ConnectionOptions = {},
): Promise<Connection> {
  const { prefix = 'cio_' } = options
  const sandbox = await startSandbox({ rate: { perSecond: Infinity }, ...options.sandbox })
  test.after(() => sandbox.close())
  const folder = await temporaryFolder(test)
  const database = options.database ?? join(folder, 'warehouse.duckdb')
  const tapConfig = await writeJson(folder, 'tap.json', {
    app_api_key: sandbox.apiKey,
    api_url: sandbox.url,
    requests_per_second: 500,
    lookback_seconds: 0,
    ...options.tap,
  })
  const targetConfig = await writeJson(folder, 'target.json', {
    warehouse_url: `duckdb:${database}`,
    default_target_schema: SCHEMA,
    table_prefix: prefix,
    ...options.target,
  })
  const syncOnce: Connection['sync'] = async ({ state, catalog } = {}) => {
    const args = ['--config', tapConfig]
    if (state) args.push('--state', await writeJson(folder, 'state.json', state))
    if (catalog) args.push('--catalog', await writeJson(folder, 'catalog.json', catalog))
    const tap = await run('tap-customerio', { args })
    assert.equal(tap.code, 0, tap.stderr)
    const target = await run('target-warehouse', {
      args: ['--config', targetConfig],
      stdin: tap.stdout,
    })
    assert.equal(target.code, 0, target.stderr)
    const lastLine = target.stdout.trimEnd().split('\n').at(-1) ?? ''
    const last = JSON.parse(lastLine) as JsonObject
    assert.deepEqual(last, lastStateOf(tap.stdout))
    return { messages: tap.stdout, state: last }
  }
  return {
    sandbox,
    sync: syncOnce,
    rows: rowsIn(database, { schema: SCHEMA, prefix }),
  }
}

/** Reads tables of a DuckDB file. */
export function rowsIn(
  database: string,
  { schema, prefix }: { schema: string; prefix: string },
): Connection['rows'] {
  return async (table, { withMetadata = false } = {}) => {
    const rows = await query(database, `select * from ${schema}."${prefix}${table}"`)
    return withMetadata ? rows : rows.map(withoutMetadata)
  }
}

function withoutMetadata(row: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_sdc_')))
}

/** Integers as numbers, times as RFC 3339 in UTC, JSON columns parsed. */
function plain(value: unknown, type: string): JsonValue {
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Date) return value.toISOString().replace('.000Z', 'Z')
  return type === 'JSON' && typeof value === 'string'
    ? (JSON.parse(value) as JsonValue)
    : (value as JsonValue)
}

/** Opens the file for this query only: DuckDB lets one process write at a time. */
export async function query(database: string, sql: string): Promise<JsonObject[]> {
  const instance = await DuckDBInstance.create(database, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    const reader = await connection.runAndReadAll(sql)
    const columns = reader
      .columnNames()
      .map((name, at) => ({ name, type: reader.columnType(at).alias ?? '' }))
    return reader
      .getRowsJS()
      .map((row) =>
        Object.fromEntries(
          columns.map(({ name, type }, at): [string, JsonValue] => [name, plain(row[at], type)]),
        ),
      )
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}

/** Changes the database manually. */
export async function execute(database: string, sql: string): Promise<void> {
  const instance = await DuckDBInstance.create(database)
  const connection = await instance.connect()
  try {
    await connection.run(sql)
  } finally {
    connection.closeSync()
    instance.closeSync()
  }
}

/** The catalog of `--discover` with a change to each stream. */
export async function catalogWith(change: (stream: JsonObject) => void): Promise<JsonObject> {
  const catalog = JSON.parse(await readFile(join(ROOT, 'catalog.sample.json'), 'utf8')) as {
    streams: JsonObject[]
  }
  for (const stream of catalog.streams) change(stream)
  return catalog
}

/** Sets a key in the metadata of a stream (`[]`) or of a property (`['properties', name]`). */
export function setMetadata(stream: JsonObject, breadcrumb: string[], change: JsonObject): void {
  const entries = stream['metadata'] as { breadcrumb: string[]; metadata: JsonObject }[]
  const entry = entries.find((one) => one.breadcrumb.join() === breadcrumb.join())
  assert.ok(entry, `metadata of ${breadcrumb.join('.')}`)
  Object.assign(entry.metadata, change)
}
