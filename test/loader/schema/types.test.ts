import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseJson, type JsonObject } from '../../../src/singer/json.ts'
import {
  isSameType,
  joinTypes,
  typeOfSchema,
  type ColumnType,
  type TypeLimits,
} from '../../../src/loader/schema/types.ts'

const DOUBLES: TypeLimits = { maxPrecision: 38, isNumberExact: false }
const NUMERIC: TypeLimits = { maxPrecision: 38, isNumberExact: true }

function typeOf(schema: string): string {
  const type = typeOfSchema(parseJson(schema), {})
  return type.kind === 'decimal' ? `decimal(${type.precision},${type.scale})` : type.kind
}

test('returns the column type that a schema asks for', () => {
  const cases: Record<string, string> = {
    '{"type":"string"}': 'text',
    '{"type":["null","integer"]}': 'integer',
    '{"type":["null","boolean"]}': 'boolean',
    '{"type":["null","number"]}': 'number',
    '{"type":"string","format":"date-time"}': 'timestamp',
    '{"type":"string","format":"date"}': 'date',
    '{"type":"string","format":"time"}': 'time',
    '{"type":"string","format":"uuid"}': 'text',
    '{"type":"object"}': 'json',
    '{"type":["null","array"]}': 'json',
    '{}': 'json',
    true: 'json',
    '{"type":"null"}': 'json',
    '{"type":["string","integer"]}': 'json',
    '{"type":["integer","number"]}': 'number',
    '{"type":["string","integer"],"format":"date-time"}': 'json',
    '{"anyOf":[{"type":"string","format":"date-time"},{"type":["string","null"]}]}': 'text',
    '{"anyOf":[{"type":"integer"},{"type":"null"}]}': 'integer',
    '{"oneOf":[{"type":"boolean"},{"type":"integer"}]}': 'json',
    '{"allOf":[{"type":"string"},{"maxLength":5}]}': 'text',
    '{"anyOf":[{},{"type":"integer"}]}': 'json',
    '{"anyOf":[{"type":"integer"},true]}': 'json',
    '{"anyOf":[false,{"type":"integer"}]}': 'integer',
    '{"oneOf":[{"type":"integer"},{"title":"whatever"}]}': 'json',
    '{"anyOf":[{"anyOf":[{"minimum":3}]},{"type":"integer"}]}': 'json',
    '{"anyOf":[{"not":{"type":"string"}},{"type":"integer"}]}': 'json',
    '{"anyOf":[{"$ref":"https://example.com/x"},{"type":"integer"}]}': 'json',
    '{"anyOf":[{"allOf":[{},{"minimum":3}]},{"type":"integer"}]}': 'json',
    '{"anyOf":[{"allOf":[{},{"type":"null"}]},{"type":"integer"}]}': 'integer',
    '{"type":"integer","anyOf":[{},{"minimum":3}]}': 'integer',
    '{"type":["null","string"],"anyOf":[{"maxLength":3},{"type":"string","format":"date"}]}':
      'text',
    '{"allOf":[{"type":"integer"},{"anyOf":[{},{"minimum":3}]}]}': 'integer',
    '{"anyOf":[{"type":"null"},{"enum":[null]},{"type":"integer"}]}': 'integer',
    '{"enum":["a",null]}': 'text',
    '{"enum":["a",1]}': 'json',
    '{"const":5}': 'integer',
    '{"type":"integer","maximum":9223372036854775807}': 'integer',
    '{"type":"integer","maximum":9223372036854775808}': 'decimal(38,0)',
    '{"type":"number","multipleOf":0.01}': 'decimal(38,2)',
    '{"type":"number","multipleOf":0.01,"minimum":-9999.99,"maximum":9999.99}': 'decimal(6,2)',
    '{"type":"number","multipleOf":1e-9,"minimum":-1e29,"exclusiveMinimum":true,"maximum":100000000000000000000000000000,"exclusiveMaximum":true}':
      'decimal(38,9)',
    '{"type":"number","multipleOf":0.01,"exclusiveMinimum":-100,"exclusiveMaximum":1000}':
      'decimal(5,2)',
    '{"type":"number","multipleOf":0.01,"exclusiveMinimum":-100,"exclusiveMaximum":1001}':
      'decimal(6,2)',
    '{"type":"number","multipleOf":1e-20}': 'decimal(38,20)',
    '{"type":"number","multipleOf":1e-40}': 'number',
    '{"type":"string","format":"singer.decimal","precision":12,"scale":4}': 'decimal(12,4)',
    '{"type":"string","format":"x-singer.decimal"}': 'decimal(38,9)',
    '{"type":"made-up"}': 'json',
  }
  for (const [schema, type] of Object.entries(cases)) assert.equal(typeOf(schema), type, schema)
})

test('follows references within the schema, even endless ones', () => {
  const root = parseJson(
    '{"definitions":{"a/b":{"type":"integer"},"loop":{"anyOf":[{"$ref":"#/definitions/loop"},{"type":"boolean"}]}}}',
  ) as JsonObject
  assert.deepEqual(typeOfSchema({ $ref: '#/definitions/a~1b' }, root), { kind: 'integer' })
  assert.deepEqual(typeOfSchema({ $ref: '#/definitions/loop' }, root), { kind: 'boolean' })
  assert.deepEqual(typeOfSchema({ $ref: '#/definitions/none' }, root), { kind: 'json' })
  assert.deepEqual(typeOfSchema({ $ref: 'https://example.com/x' }, root), { kind: 'json' })
})

const KINDS = ['boolean', 'integer', 'number', 'date', 'time', 'timestamp', 'text', 'json'] as const
const anyType: fc.Arbitrary<ColumnType> = fc.oneof(
  fc.constantFrom(...KINDS).map((kind) => ({ kind })),
  fc.tuple(fc.integer({ min: 1, max: 38 }), fc.nat(38)).map(([precision, scale]) => ({
    kind: 'decimal' as const,
    precision,
    scale: Math.min(precision, scale),
  })),
)

test('joins are idempotent, hold both types, and do not depend on the order', () => {
  for (const limits of [DOUBLES, NUMERIC]) {
    fc.assert(
      fc.property(anyType, anyType, (a, b) => {
        assert.deepEqual(joinTypes(a, a, limits), a)
        const joined = joinTypes(a, b, limits)
        if (joined === undefined) {
          assert.equal(b.kind, 'json')
          return
        }
        for (const type of [a, b]) {
          const again = joinTypes(joined, type, limits)
          assert.ok(again === undefined || isSameType(again, joined))
        }
        if (a.kind !== 'json' && b.kind !== 'json') {
          assert.deepEqual(joinTypes(b, a, limits), joined)
        }
      }),
    )
  }
})

function decimal(precision: number, scale: number): ColumnType {
  return { kind: 'decimal', precision, scale }
}

test('joins lose no values', () => {
  const cases: [ColumnType, ColumnType, ColumnType | undefined][] = [
    [{ kind: 'integer' }, decimal(10, 2), decimal(21, 2)],
    [decimal(38, 0), decimal(38, 20), { kind: 'text' }],
    [{ kind: 'integer' }, { kind: 'number' }, { kind: 'number' }],
    [{ kind: 'boolean' }, { kind: 'integer' }, { kind: 'text' }],
    [{ kind: 'date' }, { kind: 'timestamp' }, { kind: 'timestamp' }],
    [{ kind: 'time' }, { kind: 'timestamp' }, { kind: 'text' }],
    [{ kind: 'json' }, { kind: 'integer' }, { kind: 'json' }],
    [{ kind: 'integer' }, { kind: 'json' }, undefined],
  ]
  for (const [a, b, joined] of cases) assert.deepEqual(joinTypes(a, b, DOUBLES), joined)
  assert.deepEqual(joinTypes(decimal(38, 0), decimal(38, 20), NUMERIC), { kind: 'number' })
})
