/**
 * Loads every logical type into every database type. A column holds exactly the value, or is null
 * and a variant column holds it.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJson, printJson, type JsonValue } from '../../../src/singer/json.ts'
import { loadText } from '../support/loading.ts'
import {
  VALUE_SAMPLES,
  valueOf,
  type ShownCell,
  type ValueSample,
} from '../support/type-samples.ts'
import {
  WAREHOUSES,
  type PlainRow,
  type TestedWarehouse,
  type TypeSample,
} from '../support/warehouses.ts'

/** Samples that are loaded twice: values go to the same variant columns, and each load warns. */
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

/**
 * Creates the table as another program would. Half of the rows exist with older values, the
 * columns' defaults.
 */
async function createTable(
  { execute, dropTable }: TestedWarehouse,
  types: readonly TypeSample[],
  values: number,
): Promise<void> {
  const columns = types.map(({ type, old }, at) => {
    return `c${at} ${type}${old === undefined ? '' : ` default (${old})`}`
  })
  const ids = Array.from({ length: Math.ceil(values / 2) }, (_, at) => `(${at * 2})`)
  await execute(`${dropTable('s')};
    create table s (id bigint, ${columns.join(', ')});
    insert into s (id) values ${ids.join(', ')}`)
}

function variantsOf(row: PlainRow, column: string): [name: string, value: unknown][] {
  return Object.entries(row).filter(
    ([name, value]) => name.startsWith(`${column}__`) && value !== null,
  )
}

/** A JSON column shows a string as JSON. */
function isShown(sample: ValueSample, value: JsonValue, cell: ShownCell): boolean {
  if (sample.isShown(value, cell)) return true
  return typeof cell.json === 'string' && sample.isShown(value, { ...cell, text: cell.json })
}

/** Variant columns have known types, which the suite reads as values. */
function isInVariant(sample: ValueSample, value: JsonValue, found: unknown): boolean {
  const json = parseJson(printJson(found))
  return sample.isShown(value, { text: typeof found === 'string' ? found : printJson(found), json })
}

interface Cell {
  column: string
  type: string
  value: string
}

async function compareCells(
  warehouse: TestedWarehouse,
  sample: ValueSample,
  types: readonly TypeSample[],
): Promise<{ errors: string[]; usedVariants: Set<string>; directCount: number }> {
  const errors: string[] = []
  const usedVariants = new Set<string>()
  let directCount = 0
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
      for (const [name] of variants) usedVariants.add(name)
      if (first) directCount++
      const isRight = first
        ? variants.length === 0 && isShown(sample, value, first)
        : variants.length === 1 && isInVariant(sample, value, variants[0]?.[1])
      if (isRight) continue
      errors.push(`${cell.type} <- ${cell.value}: ${JSON.stringify([first?.text, variants])}`)
    }
  }
  return { errors, usedVariants, directCount }
}

/** Loads the values and returns what is wrong. */
async function load(
  warehouse: TestedWarehouse,
  { types, sample, runs }: { types: TypeSample[]; sample: ValueSample; runs: readonly string[] },
): Promise<string[]> {
  const names = types.map((_, at) => `c${at}`)
  const text = inputOf(sample, names)
  const problems: string[] = []
  for (const run of runs) {
    const { error, stderr } = await loadText({ url: warehouse.url, text })
    assert.equal(error, undefined, `${run} of ${sample.name}: ${String(error)}`)
    const { errors, usedVariants, directCount } = await compareCells(warehouse, sample, types)
    assert.ok(directCount > 0 && usedVariants.size > 0)
    const warned = stderr.filter((line) => line.includes('do not fit into a column'))
    const unwarned = [...usedVariants].filter(
      (variant) => !warned.some((line) => line.includes(`second_column=${variant}`)),
    )
    problems.push(...errors.map((message) => `${run}: ${message}`))
    problems.push(...unwarned.map((variant) => `${run}: no warning about ${variant}`))
  }
  return problems
}

for (const { name, create, leastTypes } of WAREHOUSES) {
  for (const [when, isHeld] of [
    ['', false],
    [', while a view or an index uses the columns', true],
  ] as const) {
    test(`${name}: loads values of every logical type into every database type${when}`, async (t) => {
      const warehouse = await create(t)
      const types = await warehouse.types()
      assert.ok(types.length >= leastTypes, `${types.length} types`)
      const problems: string[] = []
      for (const sample of VALUE_SAMPLES) {
        await createTable(warehouse, types, sample.values.length)
        if (isHeld) await warehouse.hold('s')
        const isRepeated = isHeld && REPEATED.has(sample.name)
        const runs = isRepeated ? ['first run', 'second run'] : ['first run']
        problems.push(...(await load(warehouse, { types, sample, runs })))
      }
      assert.deepEqual(problems, [])
    })
  }
}
