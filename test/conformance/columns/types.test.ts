/** Every type that a database has x every logical type: a column shows exactly the value, or is null and the value stands beside it. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJson, printJson, type JsonValue } from '../../../src/singer/json.ts'
import { loadText } from '../support/loading.ts'
import { VALUE_SAMPLES, valueOf, type ShownCell, type ValueSample } from '../support/type-samples.ts'
import {
  WAREHOUSES,
  type PlainRow,
  type TestedWarehouse,
  type TypeSample,
} from '../support/warehouses.ts'

/** Loaded once more: what went beside goes there again, and each load says so. */
const REPEATED = new Set(['integer', 'text', 'object'])

function inputOf({ schema, values }: ValueSample, columns: readonly string[]): string {
  const properties = Object.fromEntries(columns.map((name) => [name, schema]))
  const message = {
    type: 'SCHEMA',
    stream: 's',
    schema: { properties: { id: { type: 'integer' }, ...properties } },
    key_properties: ['id'],
  }
  const records = values.map((value, id) => {
    const cells = columns.map((name) => `${JSON.stringify(name)}:${value}`)
    return `{"type":"RECORD","stream":"s","record":{"id":${id},${cells.join(',')}}}`
  })
  return `${[JSON.stringify(message), ...records].join('\n')}\n`
}

/** The table as somebody else made it: half of the rows are there with older values, which are the columns' defaults too. */
async function createTable(
  { execute }: TestedWarehouse,
  { types, held }: { types: readonly TypeSample[]; held: string | undefined },
  values: number,
): Promise<void> {
  const columns = types.map(({ type, old }, at) => {
    return `c${at} ${type}${old === undefined ? '' : ` default (${old})`}`
  })
  const ids = Array.from({ length: Math.ceil(values / 2) }, (_, at) => `(${at * 2})`)
  await execute(`drop table if exists s cascade;
    create table s (id bigint, ${columns.join(', ')});
    insert into s (id) values ${ids.join(', ')}${held === undefined ? '' : `; ${held}`}`)
}

function variantsOf(row: PlainRow, column: string): [name: string, value: unknown][] {
  return Object.entries(row).filter(
    ([name, value]) => name.startsWith(`${column}__`) && value !== null,
  )
}

/** A column of JSON shows a string as JSON. */
function isShown(sample: ValueSample, value: JsonValue, cell: ShownCell): boolean {
  if (sample.isShown(value, cell)) return true
  return typeof cell.json === 'string' && sample.isShown(value, { ...cell, text: cell.json })
}

/** Variant columns are of our types, which the suite reads as values. */
function isInVariant(sample: ValueSample, value: JsonValue, found: unknown): boolean {
  const json = parseJson(printJson(found))
  return sample.isShown(value, { text: typeof found === 'string' ? found : printJson(found), json })
}

interface Cell {
  column: string
  type: string
  value: string
}

async function faultsOf(
  warehouse: TestedWarehouse,
  sample: ValueSample,
  types: readonly TypeSample[],
): Promise<{ faults: string[]; beside: Set<string>; direct: number }> {
  const faults: string[] = []
  const beside = new Set<string>()
  let direct = 0
  const rows = new Map((await warehouse.read('s'))?.map((row) => [row['id'], row]))
  const columns = types.map((_, at) => `c${at}`)
  const shown = await warehouse.show('s', columns)
  assert.equal(rows.size, sample.values.length)
  assert.equal(shown.length, sample.values.length)
  for (const [id, text] of sample.values.entries()) {
    for (const [at, column] of columns.entries()) {
      const cell: Cell = { column, type: types[at]?.type ?? '', value: text }
      const value = valueOf(text)
      const first = shown[id]?.[at]
      const variants = variantsOf(rows.get(id) ?? {}, column)
      for (const [name] of variants) beside.add(name)
      if (first) direct++
      const isRight = first
        ? variants.length === 0 && isShown(sample, value, first)
        : variants.length === 1 && isInVariant(sample, value, variants[0]?.[1])
      if (isRight) continue
      faults.push(`${cell.type} <- ${cell.value}: ${JSON.stringify([first?.text, variants])}`)
    }
  }
  return { faults, beside, direct }
}

/** Loads the values, and says what is not right. */
async function load(
  warehouse: TestedWarehouse,
  { types, sample, runs }: { types: TypeSample[]; sample: ValueSample; runs: readonly string[] },
): Promise<string[]> {
  const names = types.map((_, at) => `c${at}`)
  const text = inputOf(sample, names)
  const wrong: string[] = []
  for (const run of runs) {
    const { error, stderr } = await loadText({ url: warehouse.url, text })
    assert.equal(error, undefined, `${run} of ${sample.name}: ${String(error)}`)
    const { faults, beside, direct } = await faultsOf(warehouse, sample, types)
    assert.ok(direct > 0 && beside.size > 0)
    const warned = stderr.filter((line) => line.includes('do not fit into a column'))
    const unsaid = [...beside].filter(
      (variant) => !warned.some((line) => line.includes(`second_column=${variant}`)),
    )
    wrong.push(...faults.map((fault) => `${run}: ${fault}`))
    wrong.push(...unsaid.map((variant) => `${run}: nothing was logged of ${variant}`))
  }
  return wrong
}

for (const { name, create } of WAREHOUSES) {
  for (const [when, isHeld] of [
    ['', false],
    [', while something uses the columns', true],
  ] as const) {
    test(`${name}: values of every logical type into every type of the database${when}`, async (t) => {
      const warehouse = await create(t)
      const types = await warehouse.types()
      assert.ok(types.length > 30, `${types.length} types`)
      const held = isHeld ? warehouse.holdColumns('s') : undefined
      const wrong: string[] = []
      for (const sample of VALUE_SAMPLES) {
        await createTable(warehouse, { types, held }, sample.values.length)
        const isRepeated = isHeld && REPEATED.has(sample.name)
        const runs = isRepeated ? ['first run', 'second run'] : ['first run']
        wrong.push(...(await load(warehouse, { types, sample, runs })))
      }
      assert.deepEqual(wrong, [])
    })
  }
}
