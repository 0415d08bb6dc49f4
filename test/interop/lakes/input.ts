/** The input of a load in steps, and what the table holds after each of them. */

import { createHash } from 'node:crypto'

/** Rows of a step, which are one batch. */
export const STEP_ROWS = 40

/** Number of rows, and a digest of all values. */
interface Content {
  count: number
  digest: string
}

export interface Step {
  text: string
  /** After its rows, and after its ACTIVATE_VERSION if it has one. */
  before: Content
  after: Content
  rows: [id: number, v: string][]
}

function schema(type: string): string {
  const properties = { id: { type: 'integer' }, v: { type: ['null', type] } }
  return line({ type: 'SCHEMA', stream: 's', schema: { properties }, key_properties: ['id'] })
}

function line(message: unknown): string {
  return `${JSON.stringify(message)}\n`
}

function contentOf(rows: ReadonlyMap<number, string>): Content {
  const ordered = [...rows].toSorted(([one], [other]) => one - other)
  const digest = createHash('md5')
    .update(ordered.map(([id, v]) => `${id}=${v}`).join(','))
    .digest('hex')
  return { count: rows.size, digest }
}

function recordsOf(ids: readonly number[], v: (id: number) => unknown, version: number): string {
  return ids
    .map((id) => line({ type: 'RECORD', stream: 's', version, record: { id, v: v(id) } }))
    .join('')
}

/** The SCHEMA that a tap sends first. */
export const FIRST_SCHEMA = schema('integer')

function textOf(id: number): string {
  return `${id} – 'ä', "x", \\ 日本`
}

/** Inserts, updates, another type of a column, and a newer version that drops the other rows. */
export function makeSteps(): Step[] {
  const steps: Step[] = []
  const rows = new Map<number, string>()
  const add = (text: string, before = contentOf(rows)) => {
    const state = line({ type: 'STATE', value: { step: steps.length } })
    const sorted = [...rows].toSorted(([one], [other]) => one - other)
    steps.push({ text: text + state, before, after: contentOf(rows), rows: sorted })
  }
  const write = (from: number, v: (id: number) => unknown, { head = '', version = 1 } = {}) => {
    const ids = Array.from({ length: STEP_ROWS }, (_, at) => from + at)
    for (const id of ids) rows.set(id, String(v(id)))
    add(head + recordsOf(ids, v, version))
  }
  for (let at = 0; at < 6; at++) {
    write(at * STEP_ROWS, (id) => id * 7, { head: at === 0 ? FIRST_SCHEMA : '' })
  }
  for (let at = 0; at < 3; at++) write(at * 2 * STEP_ROWS + 10, (id) => -id)
  write(100, textOf, { head: schema('string') })
  write(0, (id) => `newest ${id}`, { version: 2 })
  const later = Array.from({ length: STEP_ROWS }, (_, at) => 200 + at)
  for (const id of later) rows.set(id, `kept ${id}`)
  const before = contentOf(rows)
  for (const id of rows.keys()) if (id >= STEP_ROWS && id < 200) rows.delete(id)
  const activate = line({ type: 'ACTIVATE_VERSION', stream: 's', version: 2 })
  add(recordsOf(later, (id) => `kept ${id}`, 2) + activate, before)
  return steps
}
