/** Changes the SCHEMA of keys: a key has one row or the load is refused, but never two rows. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { AppError } from '../../../src/errors.ts'
import { loadText } from '../support/loading.ts'
import { WAREHOUSES, type PlainRow, type TestedWarehouse } from '../support/warehouses.ts'

/** A JSON Schema, and how its records write a key; undefined where they cannot. */
type Form = [schema: object, write: (key: string) => string | undefined]

const quoted = (key: string) => `"${key}"`
const plain = (key: string) => key
const whole = (key: string) => (/^-?\d+$/.test(key) ? key : undefined)
const upTo = (digits: number) => (key: string) =>
  (key.replace(/^-/, '').split('.')[0] ?? '').length <= digits ? key : undefined

/** Keys that mean the same in every SCHEMA, and the SCHEMAs. */
interface Family {
  keys: string[]
  forms: Form[]
}

const NUMBERS: Family = {
  keys: [
    '1',
    '-7',
    '1.5',
    '0.01',
    '9007199254740992',
    '9007199254740993',
    '9223372036854775807',
    '10000000000000000000',
    '12345678901234567890123456789',
    `1${'2'.repeat(44)}`,
  ],
  forms: [
    [{ type: 'integer' }, whole],
    [
      { type: 'integer', minimum: 0, maximum: 1e20 },
      (key) => (key.startsWith('-') ? undefined : whole(upTo(20)(key) ?? '')),
    ],
    [{ type: 'number' }, plain],
    [{ type: 'number', multipleOf: 0.01 }, plain],
    [{ type: 'string', format: 'singer.decimal' }, quoted],
    [{ type: 'string', format: 'singer.decimal', precision: 10, scale: 2 }, quoted],
    [{ type: 'string' }, quoted],
    [{}, plain],
    [{ type: ['integer', 'string'] }, whole],
  ],
}
const DATES: Family = {
  keys: ['2020-01-01', '0001-01-01', '9999-12-31'],
  forms: [
    [{ type: 'string', format: 'date' }, quoted],
    [{ type: 'string' }, quoted],
    [{}, quoted],
  ],
}
const DAYS: Family = {
  keys: ['2020-01-01', '1969-12-31'],
  forms: [
    [{ type: 'string', format: 'date' }, quoted],
    [{ type: 'string', format: 'date-time' }, (key) => `"${key}T00:00:00Z"`],
  ],
}
const TIMES: Family = {
  keys: ['2020-01-01T00:00:00Z', '2020-01-01T02:00:00.5+02:00', '1969-12-31T23:59:59.123456Z'],
  forms: [
    [{ type: 'string', format: 'date-time' }, quoted],
    [{ type: 'string' }, quoted],
    [{}, quoted],
  ],
}
const HOURS: Family = {
  keys: ['03:04:05', '03:04:05.5', '23:59:59Z'],
  forms: [
    [{ type: 'string', format: 'time' }, quoted],
    [{ type: 'string' }, quoted],
    [{}, quoted],
  ],
}
const FLAGS: Family = {
  keys: ['true', 'false'],
  forms: [
    [{ type: 'boolean' }, plain],
    [{ type: 'string' }, quoted],
    [{}, plain],
  ],
}

interface Step {
  form: number
  keys: number[]
  /** Whether the SCHEMA is part of the previous load. */
  isSameLoad: boolean
}

const anySequence = fc
  .constantFrom(NUMBERS, NUMBERS, NUMBERS, DATES, DAYS, TIMES, HOURS, FLAGS)
  .chain((family) =>
    fc.record({
      family: fc.constant(family),
      isComposite: fc.boolean(),
      hasView: fc.boolean(),
      batchSize: fc.constantFrom(1, 50_000),
      steps: fc.array(
        fc.record({
          form: fc.nat({ max: family.forms.length - 1 }),
          keys: fc.uniqueArray(fc.nat({ max: family.keys.length - 1 }), { maxLength: 4 }),
          isSameLoad: fc.boolean(),
        }),
        { minLength: 2, maxLength: 6 },
      ),
    }),
  )

interface Sequence {
  family: Family
  isComposite: boolean
  hasView: boolean
  batchSize: number
  steps: Step[]
}

function isJsonForm([schema]: Form): boolean {
  return !('type' in schema) || Array.isArray(schema.type)
}

/**
 * Returns the steps that the guarantee covers. In a column that was JSON from the start, 1 and "1"
 * are two keys. There, SCHEMAs that quote the key are left out when the first one does not.
 */
function stepsOf({ family, steps }: Sequence): Step[] {
  const first = family.forms[steps[0]?.form ?? 0]
  if (!first || !isJsonForm(first) || first[1] === quoted) return steps
  return steps.filter(({ form }) => family.forms[form]?.[1] !== quoted)
}

/** Returns the lines of a step, and the keys in them. */
function linesOf({ family, isComposite }: Sequence, { form, keys }: Step, at: number) {
  const [schema, write] = family.forms[form] ?? [{}, plain]
  const properties = {
    ...(isComposite && { part: { type: 'string' } }),
    id: schema,
    name: { type: 'string' },
    v: { type: 'integer' },
  }
  const keyProperties = isComposite ? ['part', 'id'] : ['id']
  const message = {
    type: 'SCHEMA',
    stream: 's',
    schema: { properties },
    key_properties: keyProperties,
  }
  const lines = [JSON.stringify(message)]
  const sentKeys = new Map<string, number>()
  for (const key of keys.map((place) => family.keys[place] ?? '')) {
    const id = write(key)
    if (id === undefined) continue
    for (const part of isComposite ? ['a', 'b'] : ['']) {
      const name = `${part} ${key}`
      const first = isComposite ? `"part":"${part}",` : ''
      lines.push(
        `{"type":"RECORD","stream":"s","record":{${first}"id":${id},"name":"${name}","v":${at}}}`,
      )
      sentKeys.set(name, at)
    }
  }
  return { text: `${lines.join('\n')}\n`, sentKeys }
}

function rowsByName(rows: readonly PlainRow[] | undefined): [unknown, unknown][] {
  return (rows ?? [])
    .map(({ name, v }): [unknown, unknown] => [name, v])
    .toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
}

/** Groups the steps into loads. */
function loadsOf(sequence: Sequence) {
  const loads: { text: string; sentKeys: Map<string, number>; isOneSchema: boolean }[] = []
  for (const [at, step] of stepsOf(sequence).entries()) {
    const { text, sentKeys } = linesOf(sequence, step, at)
    const last = loads.at(-1)
    if (!last || !step.isSameLoad) loads.push({ text, sentKeys, isOneSchema: true })
    else {
      last.text += text
      last.isOneSchema = false
      last.sentKeys = new Map([...last.sentKeys, ...sentKeys])
    }
  }
  return loads
}

/** Asserts that repeating a load changes nothing and is never refused. */
async function assertRepeats(
  { url, text, rows }: { url: string; text: string; rows: [unknown, unknown][] },
  read: TestedWarehouse['read'],
): Promise<void> {
  const { error } = await loadText({ url, text })
  assert.equal(error, undefined, text)
  assert.deepEqual(rowsByName(await read('s')), rows, text)
}

async function check({ url, read, execute }: TestedWarehouse, sequence: Sequence): Promise<void> {
  const expected = new Map<string, number>()
  let hasView = false
  for (const { text, sentKeys, isOneSchema } of loadsOf(sequence)) {
    const config = { batch_size_rows: sequence.batchSize }
    const { error } = await loadText({ url, text, config })
    const rows = rowsByName(await read('s'))
    const reason = error instanceof Error ? error.message : ''
    const shown = `${text}\n${JSON.stringify(await read('s'))}\n${reason}`
    assert.equal(new Set(rows.map(([name]) => name)).size, rows.length, shown)
    if (error === undefined) {
      for (const [name, v] of sentKeys) expected.set(name, v)
      assert.deepEqual(new Map(rows), expected, shown)
      if (isOneSchema) await assertRepeats({ url, text, rows }, read)
    } else {
      assert.ok(error instanceof AppError, shown)
      assert.match(error.message, /^The key property "id" of stream "s" cannot become /)
      // Batches before the refusal may be committed.
      for (const [name, v] of rows) expected.set(String(name), Number(v))
    }
    if (sequence.hasView && !hasView && (await read('s'))) {
      await execute('create view shows_id as select id from s')
      hasView = true
    }
  }
}

/** KEY_CHANGES sets how many sequences run, with a random seed. */
const RUNS = process.env['KEY_CHANGES']
const SEED = 20_261_126

for (const { name, create, hasViews } of WAREHOUSES) {
  test(`${name}: a key has one row or the load is refused, whatever type the SCHEMA gives it`, async (t) => {
    const warehouse = await create(t)
    await fc.assert(
      fc.asyncProperty(anySequence, async (sequence) => {
        if (hasViews) await warehouse.execute('drop view if exists shows_id')
        await warehouse.execute('drop table if exists s')
        await check(warehouse, { ...sequence, hasView: hasViews && sequence.hasView })
      }),
      {
        ...(RUNS === undefined && { seed: SEED }),
        numRuns: Number(RUNS ?? 20),
        includeErrorInReport: true,
      },
    )
  })
}
