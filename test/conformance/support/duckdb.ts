/** Reads rows with DuckDB as the suite compares them. */

import {
  DuckDBInstance,
  DuckDBTimestampTZValue,
  type DuckDBConnection,
  type DuckDBValue,
} from '@duckdb/node-api'
import { parseJson } from '../../../src/singer/json.ts'
import type { PlainRow } from './warehouses.ts'

/** The folder with DuckDB's extensions. */
export const EXTENSIONS = process.env['TEST_DUCKDB_EXTENSIONS'] ?? ''

/** DuckDB in memory, with extensions from the folder. */
export async function openWith(extensions: readonly string[]): Promise<DuckDBConnection> {
  const instance = await DuckDBInstance.create(':memory:', {
    extension_directory: EXTENSIONS,
    autoinstall_known_extensions: 'false',
  })
  const connection = await instance.connect()
  for (const name of extensions) await connection.run(`load ${name}`)
  await connection.run("set timezone = 'UTC'")
  return connection
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

/** Returns RFC 3339 for microseconds since the epoch; a fraction has six digits. */
function isoText(micros: bigint): string {
  const rest = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n
  const text = new Date(Number((micros - rest) / 1000n)).toISOString().slice(0, 19)
  return `${text}${rest === 0n ? '' : `.${String(rest).padStart(6, '0')}`}Z`
}

/** Returns all rows of an existing table. `schema` may include the database. */
export async function rowsOf(
  connection: DuckDBConnection,
  table: string,
  schema = 'main',
): Promise<PlainRow[]> {
  const quoted = `"${table.replaceAll('"', '""')}"`
  const reader = await connection.runAndReadAll(`select * from ${schema}.${quoted}`)
  const types = reader.columnTypes().map((type) => type.alias ?? String(type))
  const names = reader.columnNames()
  const plainRow = (row: DuckDBValue[]): PlainRow =>
    Object.fromEntries(
      row.map((cell, at): [string, unknown] => [names[at] ?? '', plainCell(cell, types[at] ?? '')]),
    )
  return reader.getRows().map(plainRow)
}

/** Words a statement that sets a comment, as most databases take it. */
export function commentOnColumn(table: string, column: string, comment: string): string {
  return `comment on column ${table}.${column} is '${comment}'`
}

/** Names of the tables and views in a schema of the database. */
export async function tablesOf(
  connection: DuckDBConnection,
  database: string,
  schema = 'main',
): Promise<string[]> {
  const found = await connection.runAndReadAll(
    `select table_name as name from duckdb_tables() where database_name = '${database}' and schema_name = '${schema}'
    union all select view_name from duckdb_views() where database_name = '${database}' and schema_name = '${schema}' order by name`,
  )
  return found.getRows().map(([name]) => String(name))
}
