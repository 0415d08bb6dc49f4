import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { loadText } from '../support/loading.ts'
import { DUCKDB_UNDER_TEST, WAREHOUSES } from '../support/warehouses.ts'

const nested = (levels: number, open: string, close: string) =>
  open.repeat(levels) + close.repeat(levels)
const NAME = `${'a'.repeat(40)}!`

/** A stream whose property `a` has this schema, and one record with a string there. */
function withSchema(schema: string, more = ''): string {
  const properties = `{"id":{"type":"integer"},"a":${schema}}`
  const message = `{"type":"SCHEMA","stream":"s","schema":{${more}"properties":${properties}},"key_properties":["id"]}`
  return `${message}\n{"type":"RECORD","stream":"s","record":{"id":1,"a":"${NAME}"}}\n`
}

const both = (n: number) =>
  `"d${n}":{"anyOf":[{"$ref":"#/definitions/d${n + 1}"},{"$ref":"#/definitions/d${n + 1}"}]}`

/** `d0` references `d1` twice, `d1` references `d2` twice, and so on: 2^40 paths to the end. */
function doubling(): string {
  const all = Array.from({ length: 40 }, (_, n) => both(n)).join()
  return `"definitions":{${all},"d40":{"type":"string"}},`
}

const LOADED: [string, string][] = [
  ['a remote $ref', withSchema('{"$ref":"http://127.0.0.1:9/schema.json"}')],
  ['a $ref to a file', withSchema('{"anyOf":[{"$ref":"file:///etc/passwd"},{"type":"string"}]}')],
  ['a $ref to itself', withSchema('{"$ref":"#/properties/a"}')],
  [
    'two $refs to itself',
    withSchema('{"anyOf":[{"$ref":"#/properties/a"},{"$ref":"#/properties/a"}]}'),
  ],
  ['$refs that double 40 times', withSchema('{"$ref":"#/definitions/d0"}', doubling())],
  [
    '20,000 alternatives',
    withSchema(`{"anyOf":[${Array(20_000).fill('{"type":"string"}').join()}]}`),
  ],
  ['a pattern with catastrophic backtracking', withSchema('{"type":"string","pattern":"^(a+)+$"}')],
  ['an invalid pattern', withSchema('{"type":"string","pattern":"("}')],
  ['a pattern of 1 MB', withSchema(`{"type":"string","pattern":"(${'a|'.repeat(500_000)})"}`)],
  ['800 levels', withSchema(nested(400, '{"anyOf":[', ']}'))],
]

const REJECTED: [string, string, RegExp][] = [
  [
    'a $ref to a missing definition',
    withSchema('{"$ref":"#/definitions/none"}'),
    /SCHEMA .* is not valid/,
  ],
  ['a malformed $ref', withSchema('{"$ref":"#/%zz"}'), /SCHEMA .* is not valid/],
  ['unknown types', withSchema('{"type":["foo",7]}'), /SCHEMA .* is not valid/],
  ...[10_000, 100_000].flatMap((levels): [string, string, RegExp][] => [
    [
      `alternatives ${levels} deep`,
      withSchema(nested(levels, '{"anyOf":[', ']}')),
      /^Line 1 .* is nested/,
    ],
    [
      `an enum ${levels} deep`,
      withSchema(`{"enum":[${nested(levels, '[', ']')}]}`),
      /^Line 1 .* is nested/,
    ],
    [
      `STATE ${levels} deep`,
      `{"type":"STATE","value":{"a":${nested(levels, '[', ']')}}}\n`,
      /^Line 1 .* is nested/,
    ],
    [
      `a record ${levels} deep`,
      withSchema('{}').replace(`"${NAME}"`, nested(levels, '{"a":[', ']}')),
      /^Line 2 .* nested too deeply/,
    ],
    [
      `a record ${levels} deep that is also invalid`,
      withSchema('{}').replace(`"id":1,"a":"${NAME}"`, `"id":"x","a":${nested(levels, '[', ']')}`),
      /^Line 2 .* nested too deeply/,
    ],
  ]),
]

for (const { name, create } of WAREHOUSES) {
  test(`${name}: endless schemas are validated as far as is safe (L18, L21, S11, S12)`, async (t) => {
    for (const [title, text] of LOADED) {
      const warehouse = await create(t)
      const { error } = await loadText({ url: warehouse.url, text })
      assert.equal(error, undefined, title)
      const [row] = (await warehouse.read('s')) ?? []
      assert.equal(row?.['a'], NAME, title)
    }
  })
}

test('rejects unusable schemas and values that are nested too deeply, and names their line (L18, L21, S12)', async (t) => {
  for (const [title, text, message] of REJECTED) {
    const { error } = await loadText({ url: (await DUCKDB_UNDER_TEST.create(t)).url, text })
    assert.ok(error instanceof AppError, title)
    assert.match(error.message, message, title)
    assert.ok(error.code === 'INPUT_INVALID' || error.code === 'RECORD_INVALID', title)
  }
})

const inner = (text: string, value: string) => text.replace(`"${NAME}"`, value)

test('validates a value against a recursive schema (L18)', async (t) => {
  const tree = withSchema('{"type":"object","properties":{"a":{"$ref":"#/properties/a"}}}')
  const root = withSchema('{"anyOf":[{"$ref":"#"},{"type":"integer"}]}', '"type":"object",')
  for (const [text, isValid] of [
    [inner(tree, '{"a":{"a":{}}}'), true],
    [inner(tree, '{"a":{"a":5}}'), false],
    [inner(root, '{"id":5,"a":{"a":6}}'), true],
    [inner(root, '{"id":"x"}'), false],
  ] as const) {
    const { error } = await loadText({ url: (await DUCKDB_UNDER_TEST.create(t)).url, text })
    assert.equal(error === undefined, isValid, text)
    assert.ok(isValid || (error instanceof AppError && error.code === 'RECORD_INVALID'))
  }
})
