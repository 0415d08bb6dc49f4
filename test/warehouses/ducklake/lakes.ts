/** A lake for a test, and input for its loads. */

import type { TestContext } from 'node:test'
import { DUCKLAKE_UNDER_TEST } from '../../conformance/support/ducklake.ts'
import type { TestedWarehouse } from '../../conformance/support/warehouses.ts'

/** Why tests of lakes do not run; false if they do. */
export const WITHOUT_LAKES =
  process.env['TEST_DUCKDB_EXTENSIONS'] === undefined &&
  'TEST_DUCKDB_EXTENSIONS does not name a folder with the extensions of DuckDB'

export async function freshLake(test: TestContext): Promise<TestedWarehouse> {
  return DUCKLAKE_UNDER_TEST.create(test)
}

/** The URL of the lake with some options changed, and with the catalog at another port. */
export function changed(
  url: string,
  options: Readonly<Record<string, string>>,
  port?: number,
): string {
  const catalog = new URL(url.replace(/^ducklake:/, ''))
  for (const [name, value] of Object.entries(options)) catalog.searchParams.set(name, value)
  if (port !== undefined) catalog.port = String(port)
  return `ducklake:${catalog.href}`
}

export const SCHEMA =
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"v":{"type":["null","string"]}}},"key_properties":["id"]}\n'

export function record(id: number, v = ''): string {
  return `{"type":"RECORD","stream":"s","record":{"id":${id},"v":"${v}"}}\n`
}

export function state(id: number): string {
  return `{"type":"STATE","value":{"s":${id}}}\n`
}

/** Input in pieces, with work between two of them. */
export async function* pieces(
  ...parts: readonly (string | (() => Promise<unknown>))[]
): AsyncGenerator<Buffer> {
  for (const part of parts) {
    if (typeof part === 'string') yield Buffer.from(part)
    else await part()
  }
}

export async function idsOf({ read }: TestedWarehouse, table = 's'): Promise<number[]> {
  const rows = (await read(table)) ?? []
  return rows.map(({ id }) => Number(id)).toSorted((a, b) => a - b)
}
