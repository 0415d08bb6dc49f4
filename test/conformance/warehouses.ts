/** Every warehouse that the suite runs against. A new one adds an entry here and no test. */

import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { DuckDBInstance, type DuckDBValue, DuckDBTimestampTZValue } from '@duckdb/node-api'
import { parseJson } from '../../src/singer/json.ts'
import { temporaryFolder } from '../programs.ts'

/** A row as the suite compares it: big numbers and times as text, JSON parsed. */
export type PlainRow = Record<string, unknown>

export interface TestedWarehouse {
  url: string
  /** All rows of a table of the default schema, or undefined when there is no such table. */
  read: (table: string) => Promise<PlainRow[] | undefined>
}

export interface WarehouseUnderTest {
  name: string
  /** A fresh, empty place that goes when the test ends. */
  create: (test: TestContext) => Promise<TestedWarehouse>
}

function plainCell(value: DuckDBValue, type: string): unknown {
  if (value === null) return null
  if (type === 'JSON') return parseJson(String(value))
  if (value instanceof DuckDBTimestampTZValue) return isoText(value.micros)
  if (typeof value === 'boolean' || typeof value === 'string') return value
  if (typeof value === 'bigint') {
    return Number.isSafeInteger(Number(value)) ? Number(value) : String(value)
  }
  return typeof value === 'number' ? value : String(value)
}

/** Microseconds since the epoch as RFC 3339, the fraction only where there is one. */
function isoText(micros: bigint): string {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const text = new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 19)
  return `${text}${rest === 0n ? '' : `.${String(rest).padStart(6, '0')}`}Z`
}

async function readDuckdb(path: string, table: string): Promise<PlainRow[] | undefined> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    const quoted = `"${table.replaceAll('"', '""')}"`
    const reader = await connection.runAndReadAll(`select * from main.${quoted}`)
    const types = reader.columnTypes().map((type) => type.alias ?? String(type))
    const names = reader.columnNames()
    const plainRow = (row: DuckDBValue[]): PlainRow =>
      Object.fromEntries(
        row.map((cell, at): [string, unknown] => [
          names[at] ?? '',
          plainCell(cell, types[at] ?? ''),
        ]),
      )
    return reader.getRows().map(plainRow)
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('Catalog Error')) return undefined
    throw error
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}

export const WAREHOUSES: readonly WarehouseUnderTest[] = [
  {
    name: 'duckdb',
    create: async (test) => {
      const path = join(await temporaryFolder(test), 'test.duckdb')
      return { url: `duckdb:${path}`, read: (table) => readDuckdb(path, table) }
    },
  },
]
