/** Records of a stream, and what Trino shows of them. */

import assert from 'node:assert/strict'
import type { JsonObject } from '../../../src/singer/json.ts'
import type { Query } from './server.ts'

export const PROPERTIES: JsonObject = {
  id: { type: 'integer' },
  name: { type: ['null', 'string'] },
  at: { type: ['null', 'string'], format: 'date-time' },
  day: { type: ['null', 'string'], format: 'date' },
  time: { type: ['null', 'string'], format: 'time' },
  amount: { type: ['null', 'number'], multipleOf: 1e-9 },
  score: { type: ['null', 'number'] },
  visits: { type: ['null', 'integer'] },
  ok: { type: ['null', 'boolean'] },
  doc: { type: ['null', 'object'] },
}

/** The same stream later: two columns have other types, and one is new. */
export const CHANGED_PROPERTIES: JsonObject = {
  ...PROPERTIES,
  visits: { type: ['null', 'number'], multipleOf: 0.01 },
  ok: { type: ['null', 'string'] },
  more: { type: ['null', 'string'] },
}

const DELETED_AT = { type: ['null', 'string'], format: 'date-time' }

/** What Trino shows of each column, in the form in which the records have it. */
const SHOWN: Record<string, string> = {
  id: 'cast("id" as varchar)',
  name: '"name"',
  at: `replace(replace(cast("at" at time zone 'UTC' as varchar), ' UTC', 'Z'), ' ', 'T')`,
  day: 'cast("day" as varchar)',
  time: 'cast("time" as varchar)',
  amount: 'cast("amount" as varchar)',
  score: 'cast("score" as varchar)',
  visits: 'cast("visits" as varchar)',
  ok: 'cast("ok" as varchar)',
  doc: '"doc"',
}
const NEW_COLUMN = { more: '"more"' }

/** A record; numbers whose digits count are strings here. */
export type Row = JsonObject

export function rowOf(id: number, version: string): Row {
  return {
    id,
    name: id % 7 === 0 ? null : `${version} ${id} é😀"',\n`,
    at: `2026-01-02T03:04:05.${String(100_000 + id)}Z`,
    day: id % 2 === 0 ? '9999-12-31' : '0001-01-01',
    time: '23:59:59.999999',
    amount: `${id}.123456789`,
    score: id + 0.5,
    visits: id % 5 === 0 ? null : String(9_007_199_254_740_993n + BigInt(id)),
    ok: id % 3 === 0,
    doc: { a: [id, null, { b: version }] },
  }
}

/** A record with values that only the later types of its columns hold. */
export function changedRow(id: number, version = 'changed'): Row {
  return { ...rowOf(id, version), ok: 'perhaps', visits: `${id}.25`, more: `more ${id}` }
}

/** The input of a load. */
export function linesOf(rows: readonly Row[], properties: JsonObject): string {
  const schema = { properties: { ...properties, _sdc_deleted_at: DELETED_AT } }
  const head = { type: 'SCHEMA', stream: 's', schema, key_properties: ['id'] }
  const lines = rows.map((record) => JSON.stringify({ type: 'RECORD', stream: 's', record }))
  // The digits as they are, because a double would round them.
  const text = lines.join('\n').replaceAll(/"(amount|visits)":"([\d.]+)"/g, '"$1":$2')
  const state = { type: 'STATE', value: { rows: rows.length } }
  return `${JSON.stringify(head)}\n${text}\n${JSON.stringify(state)}\n`
}

function expectedCell(name: string, value: unknown, isChanged: boolean): unknown {
  if (value === null || value === undefined) return null
  if (name === 'doc') return JSON.stringify(value)
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return name === 'visits' && isChanged && !text.includes('.') ? `${text}.00` : text
}

/** The table as a plain program would keep it, and what it is called in Trino. */
export class Expected {
  readonly #rows = new Map<number, Row>()
  #isChanged = false

  /** Takes what a load has written. */
  load(rows: readonly Row[], { isChanged }: { isChanged: boolean }): void {
    this.#isChanged ||= isChanged
    for (const row of rows) {
      if (row['_sdc_deleted_at'] === undefined) this.#rows.set(Number(row['id']), row)
      else this.#rows.delete(Number(row['id']))
    }
  }

  /** Takes what Trino has written itself. */
  update(id: number, values: Row): void {
    this.#rows.set(id, { ...this.#rows.get(id), ...values })
  }

  delete(id: number): void {
    this.#rows.delete(id)
  }

  /** Compares every row and value, in the order of the ids. */
  async assertSame(query: Query, step: string): Promise<void> {
    const shown = { ...SHOWN, ...(this.#isChanged && NEW_COLUMN) }
    const names = Object.keys(shown)
    const found = await query(`select ${Object.values(shown).join(', ')} from s order by s.id`)
    const cells = found.map((row) =>
      // Trino prints 1.0E3 for 1000.
      row.map((cell, at) => (names[at] === 'score' && cell !== null ? String(Number(cell)) : cell)),
    )
    const expected = [...this.#rows.values()]
      .toSorted((a, b) => Number(a['id']) - Number(b['id']))
      .map((row) => names.map((name) => expectedCell(name, row[name], this.#isChanged)))
    assert.deepEqual(cells, expected, step)
  }
}
