/**
 * Loads every kind of JSON value into every kind of column of every warehouse, and compares what
 * is stored.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Logger } from '../../../src/logger.ts'
import { parseDateTime } from '../../../src/rfc3339.ts'
import { printJson, type JsonObject, type JsonValue } from '../../../src/singer/json.ts'
import { StringCleaner } from '../../../src/loader/values/text.ts'
import { createWarehouse } from '../../../src/warehouses/index.ts'
import * as generated from '../support/generated.ts'
import { jsonMeaning, numberValue } from '../support/generated.ts'
import { loadText } from '../support/loading.ts'
import { WAREHOUSES, type PlainRow } from '../support/warehouses.ts'

interface Kind {
  schema: JsonObject
  values: fc.Arbitrary<JsonValue>
  /** The meaning to compare, of a sent and cleaned value and of a stored value. */
  meaning: (value: JsonValue) => unknown
}

const number = (value: JsonValue) =>
  numberValue(typeof value === 'string' ? value : printJson(value))
/** Keeps microseconds; smaller units are cut off. */
function instant(value: JsonValue): string {
  const found = parseDateTime(value as string)
  assert.ok(found, printJson(value))
  return `${found.seconds}.${Math.floor(found.nanos / 1000)}`
}
const time = (value: JsonValue) => (value as string).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')
const same = (value: JsonValue) => value
const { anyJson, anyText, anyInteger, anyNumber } = generated

const KINDS: Record<string, Kind> = {
  text: { schema: { type: 'string' }, values: anyText, meaning: same },
  flag: { schema: { type: 'boolean' }, values: fc.boolean(), meaning: same },
  integer: { schema: { type: 'integer' }, values: anyInteger, meaning: number },
  wide: {
    schema: { type: 'integer', maximum: 1e46 },
    values: anyInteger,
    meaning: number,
  },
  number: { schema: { type: 'number' }, values: anyNumber, meaning: number },
  cents: { schema: { type: 'number', multipleOf: 0.01 }, values: anyNumber, meaning: number },
  decimal: {
    schema: { type: 'string', format: 'singer.decimal' },
    values: generated.decimalText,
    meaning: number,
  },
  at: {
    schema: { type: 'string', format: 'date-time' },
    values: generated.anyDateTime,
    meaning: instant,
  },
  day: { schema: { type: 'string', format: 'date' }, values: generated.anyDate, meaning: same },
  clock: { schema: { type: 'string', format: 'time' }, values: generated.anyTime, meaning: time },
  any: { schema: {}, values: anyJson, meaning: jsonMeaning },
  object: {
    schema: { type: ['object', 'array'] },
    values: fc.dictionary(fc.string(), anyJson, { maxKeys: 3, noNullPrototype: true }),
    meaning: jsonMeaning,
  },
  union: {
    schema: { type: ['string', 'integer', 'boolean'] },
    values: fc.oneof(anyText, anyInteger, fc.boolean()),
    meaning: jsonMeaning,
  },
  choice: {
    schema: { anyOf: [{ type: ['null', 'number'] }, { type: 'string', format: 'date-time' }] },
    values: fc.oneof(anyNumber, generated.anyDateTime),
    meaning: jsonMeaning,
  },
  // Names that every JavaScript object has, or that change its prototype.
  ['__proto__']: { schema: { type: 'string' }, values: anyText, meaning: same },
  constructor: { schema: {}, values: anyJson, meaning: jsonMeaning },
  hasOwnProperty: { schema: { type: 'integer' }, values: anyInteger, meaning: number },
}

const nullable = ({ schema }: Kind): JsonObject => {
  const { type } = schema
  return type === undefined ? schema : { ...schema, type: ['null', ...[type as string].flat()] }
}
const entries = Object.entries(KINDS)
const PROPERTIES = {
  id: { type: 'integer' },
  ...Object.fromEntries(entries.map(([name, kind]) => [name, nullable(kind)])),
}
const SCHEMA = `${printJson({ type: 'SCHEMA', stream: 's', schema: { properties: PROPERTIES }, key_properties: ['id'] })}\n`

/** Null, absent, or a value. */
const anyRecord: fc.Arbitrary<JsonObject> = fc
  .tuple(...entries.map(([, { values }]) => fc.option(fc.option(values), { nil: undefined })))
  .map((values) => {
    const members = values.map((value, at) => [entries[at]?.[0], value] as const)
    return Object.fromEntries(members.filter(([, value]) => value !== undefined)) as JsonObject
  })

/** Returns the value in the property's column or in one of its variant columns. */
function foundValue(row: PlainRow, name: string): JsonValue {
  const own = Object.entries(row).filter(
    ([column, value]) => value !== null && (column === name || column.startsWith(`${name}__`)),
  )
  assert.ok(own.length <= 1, `${name} is in one column`)
  return (own[0]?.[1] ?? null) as JsonValue
}

/** Shortens the error, because the values are long. The seed reproduces them. */
function reporter<T>({ failed, seed, errorInstance }: fc.RunDetails<T>): void {
  const message = String(errorInstance).slice(0, 1000)
  if (failed) throw new Error(`With seed ${seed}: ${message}`, { cause: errorInstance })
}

function dialectOf(url: string) {
  const logger = new Logger({
    name: 'test',
    level: 'error',
    format: 'plain',
    write: () => undefined,
  })
  return createWarehouse({ url, schema: undefined, tablePrefix: '', isReadOnly: false, logger })
}

for (const { name, create } of WAREHOUSES) {
  test(`${name}: stores values of every kind exactly (L13, L22, L23, L25, L26, L27, S9)`, async (t) => {
    const some = fc.array(anyRecord, { minLength: 30, maxLength: 30 })
    const { dialect } = await dialectOf((await create(t)).url)
    await fc.assert(
      fc.asyncProperty(some, fc.integer({ min: 5, max: 40 }), async (records, batchRows) => {
        const warehouse = await create(t)
        const lines = records.map(
          (record, id) =>
            `${printJson({ type: 'RECORD', stream: 's', record: { ...record, id } })}\n`,
        )
        const text = SCHEMA + lines.join('')
        const config = { batch_size_rows: batchRows }
        const { error, stderr } = await loadText({ url: warehouse.url, text, config })
        assert.equal(error, undefined)
        const rows = new Map((await warehouse.read('s'))?.map((row) => [row['id'], row]))
        assert.equal(rows.size, records.length)
        const cleaner = new StringCleaner(dialect.holdsNul)
        for (const [id, record] of records.entries()) {
          const row = rows.get(id) ?? {}
          for (const [property, { meaning }] of entries) {
            const sent = Object.hasOwn(record, property)
              ? cleaner.cleanValue(record[property] ?? null)
              : null
            const found = foundValue(row, property)
            const wanted = sent === null ? null : meaning(sent)
            assert.deepEqual(found === null ? null : meaning(found), wanted, `${property} of ${id}`)
          }
        }
        const warning =
          stderr.find((line) =>
            line.includes('Replaced characters that the warehouse cannot store'),
          ) ?? ''
        const count = Number(/characters=(\d+)/.exec(warning)?.[1] ?? 0)
        assert.equal(count, cleaner.replacedCount)
        assert.equal(Object.getOwnPropertyNames(Object.prototype).length, 12)
      }),
      { numRuns: 6, endOnFailure: true, reporter },
    )
  })
}
