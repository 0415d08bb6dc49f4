/** Loads properties that have the names of other properties' variant columns. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { loadText } from '../support/loading.ts'
import { WAREHOUSES, type PlainRow, type TestedWarehouse } from '../support/warehouses.ts'

/**
 * A property's values start with a digit that identifies it. `others` do not fit the property's
 * own column.
 */
interface Property {
  schema: object
  fitting: (digit: number, step: number) => string
  others: ((digit: number, step: number) => string)[]
}

const NUMBER: Property = {
  schema: { type: ['null', 'integer'] },
  fitting: (digit, step) => `${digit}${step}`,
  others: [
    (digit, step) => `${digit}${'0'.repeat(20)}${step}`,
    (digit, step) => `${digit}${'0'.repeat(45)}${step}`,
  ],
}
const TEXT: Property = {
  schema: { type: ['null', 'string'] },
  fitting: (digit, step) => `"${digit} ${step}"`,
  others: [],
}
const DECIMAL: Property = {
  schema: { type: ['null', 'string'], format: 'singer.decimal', precision: 38, scale: 0 },
  fitting: (digit, step) => `"${digit}${step}"`,
  others: [(digit, step) => `"${digit}${step}.25"`],
}
const JSON_VALUE: Property = {
  schema: { type: ['null', 'object'] },
  fitting: (digit, step) => `{"v":"${digit} ${step}"}`,
  others: [],
}
const TIME: Property = {
  schema: { type: ['null', 'string'], format: 'time' },
  fitting: (digit, step) => `"0${digit}:00:${String(step).padStart(2, '0')}"`,
  others: [(digit, step) => `"${digit} o'clock ${step}"`],
}
const LONG = 'n'.repeat(57)

const SETS: Record<string, Property>[] = [
  { a: NUMBER, a__text: TEXT, a__decimal: DECIMAL, a__text__json: JSON_VALUE },
  { a: NUMBER, A__Text: TEXT, a__decimal: NUMBER, a__decimal__text: TEXT },
  { a: TIME, a__text: NUMBER, a__text__text: TEXT, a__time: TIME },
  { [LONG]: NUMBER, [`${LONG}__text`]: TEXT, [`${LONG}__decimal`]: DECIMAL },
]

interface Run {
  /** In the order of the SCHEMA. */
  properties: string[]
  /** Which value each property gets, by position; 0 fits. */
  values: number[]
}

const anyCase = fc.constantFrom(...SETS).chain((set) =>
  fc.record({
    set: fc.constant(set),
    addsMetadata: fc.boolean(),
    runs: fc.array(
      fc.record({
        properties: fc.shuffledSubarray(Object.keys(set), { minLength: 1 }),
        values: fc.array(fc.nat({ max: 2 }), { minLength: 4, maxLength: 4 }),
      }),
      { minLength: 2, maxLength: 6 },
    ),
  }),
)

function ownerOf(value: unknown): string {
  return /[1-9]/.exec(JSON.stringify(value))?.[0] ?? ''
}

function inputOf(set: Record<string, Property>, { properties, values }: Run, step: number) {
  const names = Object.keys(set)
  const declared: Record<string, object> = { id: { type: 'integer' } }
  for (const name of properties) declared[name] = set[name]?.schema ?? {}
  const fitting = new Map<string, boolean>()
  const members = properties.map((name, at) => {
    const { fitting: fits = TEXT.fitting, others = [] } = set[name] ?? {}
    const other = others[(values[at] ?? 0) - 1]
    fitting.set(name, other === undefined)
    return `${JSON.stringify(name)}:${(other ?? fits)(names.indexOf(name) + 1, step)}`
  })
  const message = {
    type: 'SCHEMA',
    stream: 's',
    schema: { properties: declared },
    key_properties: ['id'],
  }
  const record = `{"type":"RECORD","stream":"s","record":{"id":${step},${members.join(',')}}}`
  return { text: `${JSON.stringify(message)}\n${record}\n`, fitting }
}

function plain(row: PlainRow): [string, unknown][] {
  return Object.entries(row).filter(
    ([name, value]) => name !== 'id' && !name.startsWith('_sdc_') && value !== null,
  )
}

async function check(
  { url, read }: TestedWarehouse,
  {
    set,
    addsMetadata,
    runs,
  }: { set: Record<string, Property>; addsMetadata: boolean; runs: Run[] },
): Promise<void> {
  const columnOf = new Map<string, string>()
  const ownerOfColumn = new Map<string, string>()
  const names = Object.keys(set)
  for (const [step, run] of runs.entries()) {
    const { text, fitting } = inputOf(set, run, step)
    const config = { validate_records: false, add_record_metadata: addsMetadata }
    const { error } = await loadText({ url, text, config })
    assert.equal(error, undefined, String(error))
    const row = (await read('s'))?.find(({ id }) => id === step) ?? {}
    const cells = plain(row)
    assert.equal(cells.length, run.properties.length, JSON.stringify(row))
    for (const [column, value] of cells) {
      const owner = names[Number(ownerOf(value)) - 1] ?? ''
      assert.equal(
        ownerOfColumn.get(column) ?? owner,
        owner,
        `${column} has values of two properties`,
      )
      ownerOfColumn.set(column, owner)
      if (fitting.get(owner) !== true) continue
      assert.equal(columnOf.get(owner) ?? column, column, `${owner} changed its column`)
      columnOf.set(owner, column)
    }
  }
}

/** VARIANT_NAMES sets how many cases run, with a random seed. */
const RUNS = process.env['VARIANT_NAMES']
const SEED = 20_261_126

for (const { name, create } of WAREHOUSES) {
  test(`${name}: no column holds values of two properties, and each property keeps its column under later SCHEMAs`, async (t) => {
    const warehouse = await create(t)
    let isFirst = true
    await fc.assert(
      fc.asyncProperty(anyCase, async (chosen) => {
        if (!isFirst) await warehouse.execute('drop table if exists s')
        isFirst = false
        await check(warehouse, chosen)
      }),
      { ...(RUNS === undefined && { seed: SEED }), numRuns: Number(RUNS ?? 25) },
    )
  })
}
