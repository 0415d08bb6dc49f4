/**
 * ClickHouse for the conformance suite: the tests of a file share a program with the real engine
 * behind its HTTP interface, and each test has a database.
 */

import { randomBytes } from 'node:crypto'
import { after } from 'node:test'
import { createClient, ClickHouseError, ClickHouseLogLevel } from '@clickhouse/client'
import { parseJson } from '../../../src/singer/json.ts'
import { startClickHouse, type ClickHouseServer } from '../../support/clickhouse/server.ts'
import { clickhouseTypes } from './clickhouse-types.ts'
import { loadText } from './loading.ts'
import type { ShownCell } from './type-samples.ts'
import type { PlainRow, WarehouseUnderTest } from './warehouses.ts'

let started: Promise<ClickHouseServer> | undefined

/** The server of this test file. It starts on the first call. */
function clickhouseServer(): Promise<ClickHouseServer> {
  started ??= startClickHouse()
  return started
}
after(async () => (await started)?.stop())

/** Tables as another user of the server creates them: in standard SQL, columns may be null. */
const USER_SETTINGS = {
  data_type_default_nullable: 1,
  mutations_sync: '2',
  output_format_json_quote_64bit_integers: 1,
  output_format_json_quote_decimals: 1,
} as const

type Cell = string | number | boolean | null

interface Result {
  names: string[]
  types: string[]
  rows: Cell[][]
}

/** Runs a statement as the user of the tests. */
export async function clickhouseQuery(statement: string, database = 'default'): Promise<Result> {
  const { port, user, password } = await clickhouseServer()
  const client = createClient({
    url: `http://127.0.0.1:${port}`,
    username: user,
    password,
    database,
    clickhouse_settings: USER_SETTINGS,
    log: { level: ClickHouseLogLevel.OFF },
  })
  try {
    if (!/^\s*(?:select|with|show)\b/i.test(statement)) {
      await client.command({ query: statement })
      return { names: [], types: [], rows: [] }
    }
    const result = await client.query({
      query: statement,
      format: 'JSONCompactEachRowWithNamesAndTypes',
    })
    const [names = [], types = [], ...rows] = await result.json<Cell[]>()
    return { names: names as string[], types: types as string[], rows }
  } finally {
    await client.close()
  }
}

/** Returns RFC 3339; a fraction that is not 0 has six digits. */
function isoText(text: string): string {
  return `${text.replace(' ', 'T').replace(/\.000000$/, '')}Z`
}

function plainCell(cell: Cell, type: string, isJson: boolean): unknown {
  if (cell === null) return null
  if (isJson) return parseJson(String(cell))
  const inner = /^Nullable\((.*)\)$/.exec(type)?.[1] ?? type
  if (inner.startsWith('Int')) {
    return Number.isSafeInteger(Number(cell)) ? Number(cell) : String(cell)
  }
  if (inner.startsWith('DateTime')) return isoText(String(cell))
  if (inner.startsWith('Time')) return String(cell).replace(/\.0+$/, '')
  const scale = /^Decimal\(\d+, (\d+)\)$/.exec(inner)?.[1]
  return scale === undefined ? cell : withScale(String(cell), Number(scale))
}

/** ClickHouse prints decimals without the zeros at their end. */
function withScale(text: string, scale: number): string {
  const [whole = '', fraction = ''] = text.split('.')
  return scale === 0 ? whole : `${whole}.${fraction.padEnd(scale, '0')}`
}

function quoted(name: string): string {
  return `"${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}

/** The type of each column, or JSON for one whose comment says so. */
async function columnTypes(database: string, table: string): Promise<Map<string, string>> {
  const literal = quoted(table).slice(1, -1).replaceAll("'", "\\'")
  const { rows } = await clickhouseQuery(
    `select name, if(match(comment, '^JSON(: |$)'), 'JSON', type) from system.columns where database = '${database}' and table = '${literal}'`,
  )
  return new Map(rows.map(([name, type]) => [String(name), String(type)]))
}

async function read(database: string, table: string): Promise<PlainRow[] | undefined> {
  try {
    const { names, types, rows } = await clickhouseQuery(
      `select * from ${quoted(database)}.${quoted(table)}`,
    )
    const known = await columnTypes(database, table)
    return rows.map((row) =>
      Object.fromEntries(
        row.map((cell, at): [string, unknown] => {
          const name = names[at] ?? ''
          return [name, plainCell(cell, types[at] ?? '', known.get(name) === 'JSON')]
        }),
      ),
    )
  } catch (error) {
    if (error instanceof ClickHouseError && ['60', '81'].includes(error.code)) return undefined
    throw error
  }
}

async function readAll(database: string): Promise<Map<string, PlainRow[]>> {
  const { rows } = await clickhouseQuery(
    `select name from system.tables where database = '${database}' and not startsWith(name, '.sdc_') order by name`,
  )
  const tables = new Map<string, PlainRow[]>()
  for (const [name] of rows) {
    tables.set(String(name), (await read(database, String(name))) ?? [])
  }
  return tables
}

/** Strings and names in quotes, and what is between them. */
const TOKENS = /"(?:[^"]|"")*"|'(?:[^']|'')*'|;|[^"';]+/g

/** Doubled quotes and backslashes as ClickHouse reads them. */
function requoted(token: string): string {
  const [quote = ''] = token
  const inner = token.slice(1, -1).replaceAll(quote + quote, quote)
  return quote + inner.replaceAll('\\', '\\\\').replaceAll(quote, `\\${quote}`) + quote
}

/** Statements in the SQL that the other databases share, as ClickHouse words them. */
function translated(text: string): string[] {
  const statements = ['']
  for (const token of text.match(TOKENS) ?? []) {
    if (token === ';') statements.push('')
    else statements.push((statements.pop() ?? '') + (/^["']/.test(token) ? requoted(token) : token))
  }
  return statements
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '')
    .map(worded)
}

function worded(statement: string): string {
  return statement
    .replace(/^(create|drop) schema\b/, '$1 database')
    .replace(/^(drop table .*) cascade$/, '$1')
    .replace(/^(delete from \S+)$/, '$1 where true')
    .replace(
      /^create index (\w+) on (\w+) \((\w+)\)$/,
      'alter table $2 add index $1 $3 type minmax',
    )
    .replace(/\buuid\b/g, 'UUID')
    .replace(/(?<! not null) primary key\b/g, ' not null primary key')
    .replace(/\bgenerated always as\b/g, 'materialized')
}

/** The string and the JSON of a column. */
function shownSql(column: string, type: string): [text: string, json: string] {
  // Times in UTC, whatever the zone of the column.
  if (type.includes('DateTime')) return shownSql(`toTimeZone(${column}, 'UTC')`, '')
  const text = `toString(${column})`
  // The JSON of an enum that is null fails.
  return [text, `toJSONString(${type.includes('Enum') ? text : column})`]
}

async function show(
  { database, table }: { database: string; table: string },
  columns: readonly string[],
): Promise<(ShownCell | null)[][]> {
  const types = await columnTypes(database, table)
  const parts = columns.flatMap((name) => shownSql(quoted(name), types.get(name) ?? ''))
  const { rows } =
    await clickhouseQuery(`select ${parts.join(', ')} from ${database}.${table} order by id
      settings output_format_json_quote_64bit_integers = 0`)
  return rows.map((row) =>
    columns.map((name, at): ShownCell | null => {
      const [text, json] = [row[at * 2] ?? null, row[at * 2 + 1]]
      if (text === null) return null
      if (types.get(name) === 'JSON') return { text: String(text), json: parseJson(String(text)) }
      const shown = String(text).replace(/(?<=\d\d:\d\d:\d\d)\.0+$/, '')
      return { text: shown, json: parseJson(String(json)) }
    }),
  )
}

export const CLICKHOUSE_UNDER_TEST: WarehouseUnderTest = {
  name: 'clickhouse',
  urlStart: 'clickhouse://',
  ancient: undefined,
  foreignStringTypes: () => ['LowCardinality(String)'],
  computed: '',
  indexHoldsTypes: true,
  hasInfinity: false,
  hasViews: true,
  commentOn: (table, column, comment) =>
    `alter table ${table} comment column ${column} '${comment}'`,
  distinguishesCase: false,
  leastTypes: 31,
  refusedPrefixes: ['é'.repeat(26)],
  create: async (test) => {
    const { port, user, password } = await clickhouseServer()
    const database = `t_${randomBytes(4).toString('hex')}`
    await clickhouseQuery(`create database ${database}`)
    test.after(async () => {
      await clickhouseQuery(`drop database ${database}`)
    })
    const execute = async (statement: string): Promise<void> => {
      for (const one of translated(statement)) await clickhouseQuery(one, database)
    }
    const url = `clickhouse://${user}:${encodeURIComponent(password)}@127.0.0.1:${port}/${database}?secure=false`
    return {
      url,
      settle: async () => {
        const { error } = await loadText({ url, text: '' })
        if (error !== undefined) throw error as Error
      },
      read: (table) => read(database, table),
      readAll: () => readAll(database),
      execute,
      hold: async (table) => execute(`alter table ${table} add index held (id) type minmax`),
      types: () => clickhouseTypes(async (text) => clickhouseQuery(text, database)),
      dropTable: (table) => `drop table if exists ${table}`,
      show: (table, columns) => show({ database, table }, columns),
    }
  },
}
