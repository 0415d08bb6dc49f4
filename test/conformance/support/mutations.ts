/** Creates mutated Singer lines: changed bytes, values of another kind, parts of another line. */

import * as fc from 'fast-check'
import { isJsonObject, parseJson, printJson, type JsonValue } from '../../../src/singer/json.ts'

/** Part of every record value; no message may contain it. */
export const SECRET = 's3cr3t'

const PROPERTIES =
  '{"id":{"type":"integer"},"name":{"type":["null","string"],"maxLength":99},"at":{"type":["null","string"],"format":"date-time"},"tags":{"type":["null","array"],"items":{"type":"string"}},"more":{}}'
export const SCHEMA_LINE = `{"type":"SCHEMA","stream":"users","schema":{"properties":${PROPERTIES}},"key_properties":["id"]}`
const LINES = [
  SCHEMA_LINE,
  `{"type":"RECORD","stream":"users","record":{"id":1,"name":"${SECRET}-name","at":"2026-01-02T03:04:05Z","tags":["${SECRET}-tag"],"more":{"a":["${SECRET}-more",1.5]}},"version":3,"time_extracted":"2026-01-02T03:04:05Z"}`,
  `{"type":"RECORD","stream":"users","record":{"id":12345678901234567890,"name":"${SECRET}\\u0000\\ud800","more":"${SECRET}"}}`,
  `{"type":"STATE","value":{"bookmarks":{"users":{"replication_key_value":"2026-01-02T03:04:05Z"}}}}`,
  `{"type":"ACTIVATE_VERSION","stream":"users","version":3}`,
]

const PIECES = [
  '"',
  '\\',
  '\\u0000',
  '\\ud800',
  '\\"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  'null',
  'true',
  '-',
  '1e999',
  '0',
  '1'.repeat(400),
  '-0',
  '.5',
  '"__proto__"',
  '"constructor":',
  '"type":',
  '"stream":"users",',
  '"record":{}',
  '"version":9',
  '\t',
  '\r',
  '\ufeff',
  ' ',
  '\u2028',
  '🎉',
  '/*',
  '//',
  'NaN',
  '[['.repeat(500),
  '{"a":'.repeat(500),
]
const VALUES: readonly JsonValue[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  2 ** 53,
  1e300,
  '',
  `${SECRET}-x`,
  '\0',
  '\ud800',
  '2026-13-40',
  '9999-12-31T23:59:60Z',
  'users',
  [],
  {},
  [[]],
  [null],
  { type: 'string' },
  { $ref: '#' },
  { $ref: '#/properties/id' },
  { type: [] },
  { type: ['integer', 'object'] },
  { anyOf: [] },
  ['id', 'name'],
  ['id', 'id'],
  ['none'],
  'SCHEMA',
  'RECORD',
  'STATE',
  'BATCH',
  'ACTIVATE_VERSION',
  'record',
]
const NAMES = [
  '__proto__',
  'constructor',
  'toString',
  '',
  'id',
  'ID',
  'record',
  'schema',
  'properties',
  '$ref',
  'anyOf',
  '\ud800',
  '\0',
  'length',
]

const anyLine = fc.constantFrom(...LINES)
const position = fc.double({ min: 0, max: 1, noNaN: true })
const at = (text: string, where: number) => Math.floor(where * text.length)

const inserted = fc
  .tuple(anyLine, position, fc.constantFrom(...PIECES))
  .map(
    ([line, where, piece]) => line.slice(0, at(line, where)) + piece + line.slice(at(line, where)),
  )
const cut = fc.tuple(anyLine, position, position).map(([line, a, b]) => {
  const [from, to] = [Math.min(at(line, a), at(line, b)), Math.max(at(line, a), at(line, b))]
  return line.slice(0, from) + line.slice(to)
})
const spliced = fc
  .tuple(anyLine, position, anyLine, position)
  .map(([one, a, other, b]) => one.slice(0, at(one, a)) + other.slice(at(other, b)))
const replaced = fc
  .tuple(anyLine, position, fc.string({ unit: 'binary', minLength: 1, maxLength: 2 }))
  .map(
    ([line, where, text]) =>
      line.slice(0, at(line, where)) + text + line.slice(at(line, where) + 1),
  )

/** Returns the path to every value within the value. */
function pathsOf(value: JsonValue): string[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  const entries = Object.entries(value as Record<string, JsonValue>)
  return [[], ...entries.flatMap(([key, item]) => pathsOf(item).map((path) => [key, ...path]))]
}

function withValue(
  value: JsonValue,
  path: readonly string[],
  change: (old: JsonValue) => JsonValue,
): JsonValue {
  const [key, ...rest] = path
  if (key === undefined) return change(value)
  if (Array.isArray(value))
    return value.map((item, n) => (String(n) === key ? withValue(item, rest, change) : item))
  if (!isJsonObject(value)) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      name === key ? withValue(item, rest, change) : item,
    ]),
  )
}

function isMember(value: JsonValue): value is { [key: string]: JsonValue } {
  return isJsonObject(value)
}

const restructured = fc
  .tuple(anyLine, position, fc.constantFrom(...VALUES), fc.option(fc.constantFrom(...NAMES)))
  .map(([line, where, value, name]) => {
    const message = parseJson(line)
    const paths = pathsOf(message)
    const path = paths[Math.min(paths.length - 1, Math.floor(where * paths.length))] ?? []
    const changed = withValue(message, path, (old) =>
      name !== null && isMember(old)
        ? Object.fromEntries([...Object.entries(old), [name, value]])
        : value,
    )
    return printJson(changed)
  })

/** One line without its line end. About half of them are not messages any more. */
export const mutatedLine: fc.Arbitrary<string> = fc
  .oneof(inserted, cut, spliced, replaced, { arbitrary: restructured, weight: 4 })
  .map((line) => line.replace(/\n/g, ' '))

/** Whether the secret is in a name, which error messages may show. */
export function mayShowSecret(line: string): boolean {
  let value: JsonValue
  try {
    value = parseJson(line)
  } catch {
    return false
  }
  if (!isJsonObject(value)) return false
  const { record: _record, value: _state, ...rest } = value
  const names = pathsOf(value['record'] ?? null).flat()
  return printJson([rest, names]).includes(SECRET)
}
