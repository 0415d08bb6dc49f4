/** An input with everything that a commit can contain, and the expected tables after each line. */

import { isJsonObject, parseJson, printJson, type JsonObject } from '../../../src/singer/json.ts'
import type { PlainRow, TestedWarehouse } from './warehouses.ts'

/** Tables of the scenario with their key columns. */
const KEYS: Record<string, readonly string[]> = { users: ['id'], orders: ['user', 'line'] }

export interface Scenario {
  /** Lines with their line ends. */
  lines: string[]
  /** The printed tables after each number of lines; index 0 is before the first line. */
  tablesAfter: string[]
}

interface Stored {
  row: JsonObject
  version: number | undefined
  isDeleted: boolean
}

type Tables = Map<string, Map<string, Stored>>

function schema(stream: string, properties: Record<string, unknown>): string {
  return line({ type: 'SCHEMA', stream, schema: { properties }, key_properties: KEYS[stream] })
}

function line(message: Record<string, unknown>): string {
  return `${JSON.stringify(message)}\n`
}

/**
 * Each round has rows of both streams with new and known keys, and a STATE.
 * Halfway, the SCHEMA gets wider and `orders` gets a new version.
 */
export function scenarioOf(rounds: number): Scenario {
  const text = { type: ['null', 'string'] }
  const users = { id: { type: 'integer' }, name: text, score: { type: ['null', 'integer'] } }
  const orders = { user: { type: 'integer' }, line: { type: 'string' }, total: { type: 'number' } }
  const lines = [schema('users', users), schema('orders', orders)]
  for (let round = 1; round <= rounds; round++) {
    const isLate = round * 2 > rounds
    if (isLate && (round - 1) * 2 <= rounds) {
      const score = { type: ['null', 'number'] }
      lines.push(schema('users', { ...users, score, email: text }))
    }
    const user = (id: number) => {
      const record = {
        id,
        name: `user ${id} of round ${round}`,
        score: isLate ? round + 0.5 : round,
      }
      const more = isLate ? { email: `${id}@example.com` } : {}
      lines.push(line({ type: 'RECORD', stream: 'users', record: { ...record, ...more } }))
    }
    const order = (id: number) => {
      const record = { user: id % 3, line: `${id}, "\\N`, total: id + round / 4 }
      lines.push(line({ type: 'RECORD', stream: 'orders', record, version: isLate ? 2 : 1 }))
    }
    user(round)
    order(round)
    user(Math.max(1, round - 1))
    user(round)
    order(1)
    lines.push(line({ type: 'STATE', value: { round } }))
  }
  lines.push(line({ type: 'ACTIVATE_VERSION', stream: 'orders', version: 2 }))
  lines.push(line({ type: 'STATE', value: { round: rounds + 1 } }))
  return { lines, tablesAfter: modelTables(lines) }
}

function apply(tables: Tables, message: JsonObject): void {
  const { type, record, version } = message
  const stream = message['stream'] as string
  const rows = tables.get(stream)
  if (!rows) return
  if (type === 'RECORD' && isJsonObject(record)) {
    const key = (KEYS[stream] ?? []).map((name) => record[name])
    const stored = { row: record, version: version as number | undefined, isDeleted: false }
    rows.set(JSON.stringify(key), stored)
  }
  if (type === 'ACTIVATE_VERSION') {
    for (const row of rows.values()) if ((row.version ?? 0) < Number(version)) row.isDeleted = true
  }
}

function modelTables(lines: readonly string[]): string[] {
  const tables: Tables = new Map(Object.keys(KEYS).map((name) => [name, new Map()]))
  const print = () =>
    printTables(
      [...tables].map(([name, rows]): [string, PlainRow[]] => [
        name,
        [...rows.values()].map(({ row, version, isDeleted }) => ({
          ...row,
          ...(version !== undefined && { _sdc_table_version: version }),
          ...(isDeleted && { _sdc_deleted_at: 'set' }),
        })),
      ]),
    )
  return [print(), ...lines.map((text) => (apply(tables, parseJson(text) as JsonObject), print()))]
}

/** Leaves out what differs between runs, nulls, and the order of rows and columns. */
function printTables(tables: readonly (readonly [string, readonly PlainRow[]])[]): string {
  return tables
    .map(([name, rows]) => [name, ...rows.map(printRow).toSorted()].join('\n'))
    .join('\n\n')
}

function printRow(row: PlainRow): string {
  const kept = Object.entries(row).flatMap(([name, value]): [string, unknown][] => {
    if (value === null) return []
    if (name === '_sdc_deleted_at') return [[name, 'set']]
    if (name.startsWith('_sdc_') && name !== '_sdc_table_version') return []
    return [[name, name === 'score' || name === 'total' ? Number(value) : value]]
  })
  return printJson(Object.fromEntries(kept.toSorted(([a], [b]) => (a < b ? -1 : 1))))
}

/** Reads the scenario's tables in the form of `tablesAfter`. */
export async function readTables(warehouse: TestedWarehouse): Promise<string> {
  const tables: [string, PlainRow[]][] = []
  for (const name of Object.keys(KEYS)) tables.push([name, (await warehouse.read(name)) ?? []])
  return printTables(tables)
}

/** Returns how many lines the STATE covers; 0 without a STATE. */
export function countCoveredLines(scenario: Scenario, state: string | undefined): number {
  if (state === undefined) return 0
  const at = scenario.lines.findIndex((text) => {
    const { type, value } = parseJson(text) as JsonObject
    return type === 'STATE' && printJson(value) === state
  })
  if (at === -1) throw new Error(`This STATE was never sent: ${state}`)
  return at + 1
}

/**
 * Returns what a tap sends when it resumes: every SCHEMA, and the lines that the STATE does not
 * cover.
 */
export function linesAfter({ lines }: Scenario, covered: number): string {
  return lines.filter((text, at) => at >= covered || text.includes('"SCHEMA"')).join('')
}
