/** Values of every logical type, and how to recognize them in a column of any type. */

import { canonicalDecimal, JsonNumber, parseJson, printJson } from '../../../src/singer/json.ts'
import type { JsonValue } from '../../../src/singer/json.ts'

/** Values of one logical type, each as the JSON of a record. */
export interface ValueSample {
  name: string
  schema: object
  values: readonly string[]
  /** Whether the cell, as the database prints it as a string and as JSON, shows the value. */
  isShown: (value: JsonValue, cell: ShownCell) => boolean
}

export interface ShownCell {
  text: string
  /** Undefined where the database cannot convert the type to JSON. */
  json: JsonValue | undefined
}

function numberOf(text: string): string | undefined {
  const plain = text.replace(/^(-?)\$/, '$1').replaceAll(/(?<=\d),(?=\d{3})/g, '')
  if (!/^-?\d*(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(plain) || plain === '') return undefined
  const canonical = canonicalDecimal(plain)
  if (canonical.startsWith('e')) return '0'
  return `${plain.startsWith('-') ? '-' : ''}${canonical}`
}

/** Returns a string unchanged, and any other value as JSON. */
function plainText(value: JsonValue): string {
  return typeof value === 'string' ? value : printJson(value)
}

function isSameNumber(value: JsonValue, { text }: ShownCell): boolean {
  return numberOf(text) === numberOf(plainText(value))
}

/** Returns the instant in UTC. */
function instantOf(text: string): string {
  const iso = text.replace(' ', 'T').replace(/\+00$/, 'Z')
  const [, head = '', fraction = '', zone = 'Z'] =
    /^(.*?:\d\d:\d\d)(?:\.(\d+))?(Z|[-+]\d\d:\d\d)?$/.exec(iso) ?? []
  const time = new Date(`${head}${zone}`)
  if (Number.isNaN(time.getTime())) return `not a time: ${text}`
  return `${time.toISOString()} ${fraction.padEnd(9, '0')}`
}

function sortedJson(value: JsonValue | undefined): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return `[${value.map(sortedJson).join(',')}]`
  if (typeof value !== 'object' || value === null || value instanceof JsonNumber) {
    return printJson(value)
  }
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, item]) => `${name}:${sortedJson(item)}`).join(',')}}`
}

const nullable = (type: string, rest: object = {}) => ({ type: ['null', type], ...rest })
const strings = (values: readonly string[]) => values.map((value) => JSON.stringify(value))
const isSameJson: ValueSample['isShown'] = (value, { json }) =>
  sortedJson(json) === sortedJson(value)

const UUID = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'

export const VALUE_SAMPLES: readonly ValueSample[] = [
  {
    name: 'integer',
    schema: nullable('integer'),
    values:
      `0 5 -1 300 40000 3000000000 9007199254740993 -9223372036854775808 12345678901234567890123`.split(
        ' ',
      ),
    isShown: isSameNumber,
  },
  {
    name: 'decimal',
    schema: nullable('string', { format: 'singer.decimal' }),
    values: strings(['0', '12.5', '-0.01', '99', '123456.789', '98765432109876543210.5']),
    isShown: isSameNumber,
  },
  {
    name: 'number',
    schema: nullable('number'),
    values: ['0', '0.1', '99.5', '-7', '100.0', '12345678.9', '1e20', '1e-7', '0.123456789012345'],
    isShown: isSameNumber,
  },
  {
    name: 'boolean',
    schema: nullable('boolean'),
    values: ['true', 'false'],
    isShown: (value, { text }) =>
      text === plainText(value) || text === plainText(value).slice(0, 1),
  },
  {
    name: 'text',
    schema: nullable('string'),
    values: strings([
      '',
      '5',
      '05',
      'abc',
      'ab ',
      'A',
      'é'.repeat(70),
      'true',
      '{a,b}',
      UUID,
      UUID.toUpperCase(),
      `{${UUID}}`,
      '10.0.0.1',
      '10.0.0.1/32',
      '2024-01-01',
      '2024-01-01 00:00:00',
      'now',
      '12:00:00',
      '1 day',
      'P1D',
      '$1.00',
      '<a/>',
      '\\x01',
      '101',
      '[1,2)',
      '{"a": 2}',
      'null',
      'NULL',
      'NaN',
      'x'.repeat(100),
    ]),
    isShown: (value, { text, json }) =>
      text === value || json === value || (value === UUID.toUpperCase() && text === UUID),
  },
  {
    name: 'date',
    schema: nullable('string', { format: 'date' }),
    values: strings(['2024-02-29', '1969-12-31', '0001-01-01']),
    isShown: (value, { text }) =>
      ['', ' 00:00:00', ' 00:00:00+00', 'T00:00:00Z'].some(
        (rest) => text === plainText(value) + rest,
      ),
  },
  {
    name: 'time',
    schema: nullable('string', { format: 'time' }),
    values: strings(['12:34:56', '00:00:00', '23:59:59.123456']),
    isShown: (value, { text }) => text === value || text === `${plainText(value)}+00`,
  },
  {
    name: 'timestamp',
    schema: nullable('string', { format: 'date-time' }),
    values: strings([
      '2024-06-01T12:00:00Z',
      '2024-06-01T00:00:00Z',
      '2024-06-01T12:00:00.123456Z',
      '2024-06-01T23:59:59.5+02:00',
      '1969-07-20T20:17:40Z',
    ]),
    isShown: (value, { text }) => instantOf(text) === instantOf(plainText(value)),
  },
  {
    name: 'array',
    schema: nullable('array'),
    values: [
      '[]',
      '["a"]',
      '["a","b"]',
      '[1]',
      '[1,null,2]',
      '[[1],[2]]',
      '[{"a":1}]',
      '[0.1,1e3]',
    ],
    isShown: isSameJson,
  },
  {
    name: 'object',
    schema: nullable('object'),
    values: ['{}', '{"a":2}', '{"b":"x","a":2}', '{"a":2,"more":1}', '{"k":"v"}', '{"a":{"a":1}}'],
    isShown: isSameJson,
  },
  {
    name: 'anything',
    schema: {},
    values: ['5', '"5"', '"abc"', 'true', '"true"', '0.5', '[1]', '{"a":2}', '"2024-01-01"'],
    isShown: isSameJson,
  },
]

/** Strings of which most types accept at least one: the content of a column before a load. */
export const OLD_TEXTS: readonly string[] = [
  '7',
  'old',
  'o',
  '2001-02-03 04:05:06',
  '2001-02-03',
  '04:05:06',
  't',
  '{}',
  '()',
  '7 days',
  '00000000-0000-0000-0000-000000000007',
  '127.0.0.7',
  '08:00:2b:01:02:07',
  '08:00:2b:01:02:03:04:07',
  '0/7',
  '(7,7)',
  '[(7,7),(8,8)]',
  '((7,7),(8,8))',
  '{7,7,7}',
  '<(7,7),7>',
  'empty',
  '7:7:',
  '"old"',
  '010',
  '{"a": 7}',
  "{'a': 7}",
  '[7]',
  "['old']",
  'POINT (7 7)',
  '=r/postgres',
]

/** Parses a value as a record contains it. */
export function valueOf(json: string): JsonValue {
  return parseJson(json)
}
