/** Lists the column types of DuckDB from its catalog, with sample values where possible. */

import type { DuckDBConnection, DuckDBValue } from '@duckdb/node-api'
import { parseJson } from '../../../src/singer/json.ts'
import { OLD_TEXTS, type ShownCell } from './type-samples.ts'
import type { TypeSample } from './warehouses.ts'

const SAMPLES = [
  'DECIMAL(5, 2)',
  'DECIMAL(38, 10)',
  'DECIMAL(3, 3)',
  `ENUM('5', 'abc', 'true', 'it''s')`,
  'VARCHAR[]',
  'INTEGER[]',
  'BIGINT[][]',
  'DOUBLE[]',
  'JSON[]',
  'VARCHAR[2]',
  'STRUCT(a INTEGER)',
  'STRUCT(a INTEGER, b VARCHAR)',
  'STRUCT("it\'s ""a""" INTEGER)',
  'STRUCT(a INTEGER)[]',
  'MAP(VARCHAR, VARCHAR)',
  'MAP(VARCHAR, INTEGER)',
  'UNION(num INTEGER, str VARCHAR)',
]

async function rowsOf(connection: DuckDBConnection, statement: string): Promise<DuckDBValue[][]> {
  return (await connection.runAndReadAll(statement)).getRows()
}

async function sampleOf(
  connection: DuckDBConnection,
  type: string,
): Promise<TypeSample | undefined> {
  const accepts = async (statement: string): Promise<boolean> =>
    connection.run(statement).then(
      () => true,
      () => false,
    )
  const create = async (column: string): Promise<boolean> => {
    await connection.run('drop table if exists tried')
    return accepts(`create table tried (c ${column})`)
  }
  if (!(await create(type))) return undefined
  for (const text of OLD_TEXTS) {
    const old = `cast('${text.replaceAll("'", "''")}' as ${type})`
    if (!(await accepts(`insert into tried values (${old})`))) continue
    // A lake takes a default of few types.
    return { type, old: (await create(`${type} default (${old})`)) ? old : undefined }
  }
  return { type, old: undefined }
}

/** The types that the default database of the connection has. */
export async function duckdbTypes(connection: DuckDBConnection): Promise<TypeSample[]> {
  const found = await rowsOf(
    connection,
    `select distinct on (logical_type) type_name from duckdb_types()
     where database_name = 'system' order by logical_type, type_name`,
  )
  const types: TypeSample[] = []
  for (const type of [...found.map(([name]) => `"${String(name)}"`), 'JSON', ...SAMPLES]) {
    const sample = await sampleOf(connection, type)
    if (sample) types.push(sample)
  }
  await connection.run('drop table if exists tried')
  return types
}

/** DuckDB changes no column type of a table with an index. */
export function holdDuckdb(table: string): string {
  return `create index held on ${table} (id)`
}

export async function showDuckdb(
  connection: DuckDBConnection,
  table: string,
  columns: readonly string[],
): Promise<(ShownCell | null)[][]> {
  const parts = columns.flatMap((name) => [
    `cast("${name}" as varchar)`,
    `cast(try(to_json("${name}")) as varchar)`,
  ])
  const rows = await rowsOf(connection, `select ${parts.join(', ')} from ${table} order by id`)
  return rows.map((row) =>
    columns.map((_, at): ShownCell | null => {
      const text = row[at * 2] ?? null
      const json = row[at * 2 + 1] ?? null
      if (text === null) return null
      return { text: String(text), json: json === null ? undefined : parseJson(String(json)) }
    }),
  )
}
