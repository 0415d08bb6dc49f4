/**
 * PostgreSQL for the conformance suite: all tests share a server, and each test has its own
 * schema.
 */

import { randomUUID } from 'node:crypto'
import { after } from 'node:test'
import { Client, type FieldDef } from 'pg'
import { parseJson } from '../../../src/singer/json.ts'
import { testServer } from '../../support/postgres-server.ts'
import { commentOnColumn } from './duckdb.ts'
import { holdPostgres, postgresTypes, showPostgres } from './postgres-types.ts'
import type { PlainRow, WarehouseUnderTest } from './warehouses.ts'

const server = await testServer()
/** The URL of a superuser. */
export const SERVER_URL = server.url
const client = new Client({
  connectionString: server.url,
  types: { getTypeParser: () => (text: unknown) => text },
})
await client.connect()
await client.query("set timezone = 'UTC'; set datestyle = 'ISO'")
let stopping: Promise<void> | undefined

/** Only needed outside of a test run. */
export function stopServer(): Promise<void> {
  stopping ??= client.end().then(() => server.stop())
  return stopping
}
after(stopServer)

const [BOOLEAN, BIGINT, NUMERIC, TIMESTAMPTZ, JSONB] = [16, 20, 1700, 1184, 3802]
const MAX_PLAIN_DIGITS = 100

/** Returns the digits without needless zeros, and the power of ten of the last one. */
function canonical(text: string): string {
  const [mantissa = '', exponent = '0'] = text.toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.replace('-', '').split('.')
  const digits = (whole + fraction).replace(/^0+/, '')
  const short = digits.replace(/0+$/, '')
  const power = Number(exponent) - fraction.length + digits.length - short.length
  return short === '' ? '0' : `${text.startsWith('-') ? '-' : ''}${short}e${power}`
}

/** Returns a JavaScript number where that is exact, else digits; long ones with an exponent. */
function plainNumber(text: string): unknown {
  const short = canonical(text)
  if (canonical(String(Number(text))) === short) return Number(text)
  return text.length > MAX_PLAIN_DIGITS ? short : text
}

/** Returns RFC 3339; a fraction has six digits. */
function isoText(text: string): string {
  const [time = '', fraction] = text.replace(' ', 'T').replace('+00', '').split('.')
  return `${time}${fraction === undefined ? '' : `.${fraction.padEnd(6, '0')}`}Z`
}

function plainCell(text: string | null, field: FieldDef | undefined): unknown {
  if (text === null || !field) return null
  switch (field.dataTypeID) {
    case BOOLEAN:
      return text === 't'
    case BIGINT:
      return Number.isSafeInteger(Number(text)) ? Number(text) : text
    case NUMERIC:
      return field.dataTypeModifier === -1 ? plainNumber(text) : text
    case TIMESTAMPTZ:
      return isoText(text)
    case JSONB:
      return parseJson(text)
    default:
      return text
  }
}

/** Runs any statement as the superuser. Rows are arrays of strings. */
export async function query(statement: string): Promise<(string | null)[][]> {
  const { rows } = await client.query<(string | null)[]>({ text: statement, rowMode: 'array' })
  // Several statements return an array of results without rows.
  return rows ?? []
}

async function readAll(schema: string): Promise<Map<string, PlainRow[]>> {
  const names = await query(
    `select table_name from information_schema.tables where table_schema = '${schema}' order by 1`,
  )
  const tables = new Map<string, PlainRow[]>()
  for (const [name] of names) tables.set(String(name), (await read(schema, String(name))) ?? [])
  return tables
}

async function read(schema: string, table: string): Promise<PlainRow[] | undefined> {
  const name = `${schema}."${table.replaceAll('"', '""')}"`
  try {
    const { rows, fields } = await client.query<(string | null)[]>({
      text: `select * from ${name}`,
      rowMode: 'array',
    })
    return rows.map((row) =>
      Object.fromEntries(
        row.map((cell, at): [string, unknown] => [
          fields[at]?.name ?? '',
          plainCell(cell, fields[at]),
        ]),
      ),
    )
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === '42P01') return undefined
    throw error
  }
}

export interface SchemaUnderTest {
  schema: string
  url: string
}

/** Creates a schema and a URL that has it as the default schema. */
export async function freshSchema(test: {
  after: (work: () => Promise<void>) => void
}): Promise<SchemaUnderTest> {
  const schema = `test_${randomUUID().replaceAll('-', '')}`
  await query(`create schema ${schema}`)
  test.after(async () => {
    await query(`drop schema ${schema} cascade`)
  })
  const url = new URL(server.url)
  url.searchParams.set('options', `-c search_path=${schema}`)
  return { schema, url: url.href }
}

export interface DatabaseUnderTest {
  name: string
  url: string
  /** Connected as the superuser. */
  client: Client
}

/** Creates a database on the server. */
export async function freshDatabase(test: {
  after: (work: () => Promise<void>) => void
}): Promise<DatabaseUnderTest> {
  const name = `test_${randomUUID().replaceAll('-', '')}`
  await query(`create database ${name}`)
  const url = new URL(server.url)
  url.pathname = `/${name}`
  const own = new Client({ connectionString: url.href })
  await own.connect()
  test.after(async () => {
    await own.end()
    await query(`drop database ${name}`)
  })
  return { name, url: url.href, client: own }
}

export const POSTGRES_UNDER_TEST: WarehouseUnderTest = {
  name: 'postgres',
  urlStart: 'postgres://',
  ancient: { date: '0044-03-15 BC', time: '0044-03-15 01:02:03.5+00 BC' },
  foreignStringTypes: () => ['varchar(40)', 'character(40)', 'varchar'],
  computed: 'stored',
  indexHoldsTypes: false,
  hasInfinity: true,
  hasViews: true,
  commentOn: commentOnColumn,
  distinguishesCase: false,
  // 52 bytes.
  leastTypes: 31,
  refusedPrefixes: ['é'.repeat(26)],
  create: async (test) => {
    const { schema, url } = await freshSchema(test)
    const execute = async (statement: string): Promise<void> => {
      await query(`set search_path = ${schema}; ${statement}; reset search_path`)
    }
    return {
      url,
      read: (table) => read(schema, table),
      readAll: () => readAll(schema),
      types: () => postgresTypes(schema, query),
      dropTable: (table) => `drop table if exists ${table} cascade`,
      show: (table, columns) => showPostgres({ query, table: `${schema}.${table}` }, columns),
      execute,
      hold: (table) => execute(holdPostgres(table)),
    }
  },
}
