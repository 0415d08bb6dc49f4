/** Generates schemas and RECORD lines for them, in every spelling. Most lines are valid. */

import * as fc from 'fast-check'
import {
  JsonNumber,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from '../../../src/singer/json.ts'
import * as generated from '../../conformance/support/generated.ts'

const { anyJson, anyText, anyInteger, anyNumber, anyDateTime, anyDate, anyTime } = generated
const plainText = fc.string({ unit: 'grapheme', maxLength: 20 })
const mostly = (usual: fc.Arbitrary<JsonValue>, odd: fc.Arbitrary<JsonValue>) =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: odd })
const usualTime = fc
  .tuple(anyDate, anyTime, fc.constantFrom('Z', '+00:00', '-05:30'))
  .map(([date, time, zone]) => `${date.replace(/^\d\d/, '20')}T${time}${zone}`)
const usualNumber = fc.integer({ min: -1e9, max: 1e9 }).map((value) => value / 1000)
const usualJson = fc.oneof(
  plainText,
  fc.integer(),
  fc.dictionary(plainText, fc.array(fc.oneof(plainText, usualNumber), { maxLength: 3 }), {
    maxKeys: 5,
  }),
)

/** Schemas of properties, and their usual values. */
const USUAL: Record<string, [JsonValue, fc.Arbitrary<JsonValue>]> = {
  text: [{ type: ['null', 'string'] }, mostly(plainText, anyText)],
  short: [{ type: 'string', minLength: 1, maxLength: 3 }, plainText],
  flag: [{ type: ['boolean', 'null'] }, fc.boolean()],
  integer: [{ type: ['null', 'integer'] }, mostly(fc.maxSafeInteger(), anyInteger)],
  byte: [
    { type: 'integer', minimum: 0, maximum: 255 },
    mostly(fc.nat({ max: 255 }), fc.integer({ min: -2, max: 300 })),
  ],
  number: [{ type: ['null', 'number'] }, mostly(usualNumber, anyNumber)],
  positive: [{ type: 'number', minimum: 0 }, mostly(fc.nat(), anyNumber)],
  cents: [
    { type: 'number', multipleOf: 0.01, maximum: 1e6, minimum: -1e6 },
    mostly(fc.nat({ max: 1e6 }), anyNumber),
  ],
  amount: [
    { type: 'string', format: 'singer.decimal', precision: 10, scale: 2 },
    mostly(
      fc.nat({ max: 1e9 }).map((cents) => (cents / 100).toFixed(2)),
      generated.decimalText,
    ),
  ],
  decimal: [{ type: 'string', format: 'singer.decimal' }, generated.decimalText],
  at: [
    { type: ['null', 'string'], format: 'date-time' },
    mostly(usualTime, fc.oneof(anyDateTime, anyDate, anyText)),
  ],
  day: [{ type: 'string', format: 'date' }, mostly(anyDate, fc.oneof(anyDateTime, anyText))],
  clock: [{ type: 'string', format: 'time' }, anyTime],
  either: [
    { anyOf: [{ type: 'string', format: 'date-time' }, { type: ['null', 'string'] }] },
    mostly(usualTime, fc.oneof(anyDateTime, anyText)),
  ],
  tags: [
    { type: ['null', 'array'], items: { type: 'string' } },
    fc.array(plainText, { maxLength: 4 }),
  ],
  address: [
    {
      type: 'object',
      properties: { city: { type: 'string' }, zip: { type: ['null', 'string'] } },
      additionalProperties: { type: ['integer', 'null'] },
    },
    fc.record({ city: plainText, zip: plainText, 'é"': fc.integer() }, { requiredKeys: [] }),
  ],
  closed: [
    { type: 'object', properties: { a: {} }, additionalProperties: false },
    mostly(fc.record({ a: usualJson }), fc.record({ a: anyJson, b: fc.integer() })),
  ],
  any: [{}, mostly(usualJson, anyJson)],
  object: [
    { type: ['object', 'array', 'null'] },
    mostly(
      fc.object({ maxDepth: 1, values: [plainText, fc.integer()] }) as fc.Arbitrary<JsonValue>,
      anyJson,
    ),
  ],
  'é "x"\n': [{ type: 'number' }, usualNumber],
  _sdc_deleted_at: [
    { type: ['null', 'string'] },
    fc.constantFrom<JsonValue>(null, '2026-01-02T03:04:05Z'),
  ],
  _sdc_batched_at: [{ type: ['null', 'string'] }, plainText],
}
const PROPERTIES = new Map([
  ...Object.entries(USUAL),
  ['constructor', [{ type: 'integer' }, fc.integer()]],
  ['__proto__', [{ type: 'string' }, plainText]],
] as [string, [JsonValue, fc.Arbitrary<JsonValue>]][])

/** How a program may write JSON: with whitespace, or with more escapes than necessary. */
interface Spelling {
  blank: string
  isAscii: boolean
}
const spelling = fc.record<Spelling>({
  blank: fc.constantFrom('', '', ' ', '\t', ' \r '),
  isAscii: fc.boolean(),
})

function spellText(text: string, { isAscii }: Spelling): string {
  const escaped = JSON.stringify(text)
  if (!isAscii) return escaped
  const ascii = escaped.replace(
    /[^ -~]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return ascii.replaceAll('/', '\\/')
}

function spell(value: JsonValue, how: Spelling): string {
  const { blank } = how
  if (typeof value === 'string') return spellText(value, how)
  if (value instanceof JsonNumber) return value.text
  if (Array.isArray(value)) {
    return `[${blank}${value.map((item) => spell(item, how)).join(`,${blank}`)}${blank}]`
  }
  if (!isJsonObject(value)) return Object.is(value, -0) ? '-0' : JSON.stringify(value)
  return spellMembers(Object.entries(value), how)
}

function spellMembers(members: readonly (readonly [string, JsonValue])[], how: Spelling): string {
  const { blank } = how
  const spelled = members.map(
    ([key, item]) => `${spellText(key, how)}${blank}:${blank}${spell(item, how)}`,
  )
  return `{${blank}${spelled.join(`${blank},${blank}`)}${blank}}`
}

export const names = [...PROPERTIES.keys()]
const chosen = fc.subarray(names, { minLength: 1 })

/** Usually what the schema asks for; sometimes any value. */
function valueOf(name: string): fc.Arbitrary<JsonValue> {
  const [, usual] = PROPERTIES.get(name) ?? [{}, anyJson]
  return fc.oneof({ weight: 60, arbitrary: usual }, { weight: 1, arbitrary: anyJson })
}

const envelope = fc.oneof(
  { weight: 4, arbitrary: fc.constant<[string, JsonValue][]>([]) },
  fc.constant<[string, JsonValue][]>([['time_extracted', '2026-01-02T03:04:05.678901Z']]),
  fc
    .tuple(fc.oneof(fc.integer(), anyJson), anyJson)
    .map(([version, time]): [string, JsonValue][] => [
      ['version', version],
      ['time_extracted', time],
      ['more', { record: 1 }],
    ]),
)

function lineOf(properties: readonly string[]): fc.Arbitrary<string> {
  const members = fc
    .tuple(
      fc.shuffledSubarray([...properties], { minLength: Math.max(0, properties.length - 2) }),
      fc.constantFrom('', '', '', '', '', 'unknown', '_sdc_deleted_at', properties[0] ?? ''),
    )
    .chain(([some, more]) =>
      fc.tuple(
        ...[...some, ...(more === '' ? [] : [more])].map((name) =>
          valueOf(name).map((value) => [name, value] as const),
        ),
      ),
    )
  return fc.tuple(members, spelling, envelope).map(([record, how, others]) => {
    const tail = others.map(([key, item]) => `,${how.blank}"${key}":${spell(item, how)}`).join('')
    return `{"type":${how.blank}"RECORD","stream":"s","record":${how.blank}${spellMembers(record, how)}${tail}}`
  })
}

export const linesAndSchema = chosen.chain((properties) =>
  fc.record({
    properties: fc.constant(properties),
    isKeyed: fc.boolean(),
    lines: fc.array(lineOf(properties), { minLength: 1, maxLength: 8 }),
  }),
)

export function schemaOf(properties: readonly string[]): JsonObject {
  return Object.fromEntries(properties.map((name) => [name, PROPERTIES.get(name)?.[0] ?? {}]))
}

const change = fc.tuple(
  fc.nat(),
  fc.oneof(fc.nat({ max: 255 }), fc.constantFrom(...Buffer.from('"\\{}[]:,0-.eun \n'))),
)

/** A line with some bytes changed or removed. */
export const changedLine = fc
  .tuple(linesAndSchema, fc.array(change, { maxLength: 3 }), fc.nat(), fc.nat({ max: 3 }))
  .map(([{ properties, lines }, changes, at, cut]) => {
    const whole = Buffer.from(lines[0] ?? '')
    const from = at % (whole.length + 1)
    const bytes = Buffer.concat([whole.subarray(0, from), whole.subarray(from + cut)])
    for (const [place, to] of changes) bytes[place % bytes.length] = to
    return { properties, bytes }
  })
