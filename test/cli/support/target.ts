/** Runs of the program target-warehouse on a DuckDB file. */

import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { temporaryFolder, writeJson, type Scope } from '../../support/programs.ts'

export const NAME = 'target-warehouse'
/** A SCHEMA line of the stream `users`. */
export const SCHEMA =
  '{"type":"SCHEMA","stream":"users","schema":{"properties":{"id":{"type":"integer"},"name":{"type":["null","string"]}}},"key_properties":["id"]}\n'

/** A RECORD line of the stream `users`. */
export function record(id: number, name = 'someone'): string {
  return `{"type":"RECORD","stream":"users","record":{"id":${id},"name":"${name}"}}\n`
}

/** A STATE line. */
export function state(id: number): string {
  return `{"type":"STATE","value":{"users":${id}}}\n`
}

/** Writes settings for a new DuckDB file. */
export async function configure(t: Scope, settings: Record<string, unknown> = {}) {
  const folder = await temporaryFolder(t)
  const path = join(folder, 'test.duckdb')
  const config = await writeJson(folder, 'target.json', {
    warehouse_url: `duckdb:${path}`,
    ...settings,
  })
  return { folder, path, config }
}

/** Returns the rows of a query on a DuckDB file. */
export async function query(path: string, sql: string): Promise<unknown> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    return (await connection.runAndReadAll(sql)).getRowsJson()
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}
