import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { parseJson, printJson, type JsonObject } from '../../../src/singer/json.ts'
import { toRecord, positionMsOf } from '../../../src/tap/record/record.ts'

const SHAPE = {
  stream: 'things',
  keyProperties: ['id'],
  schema: {
    type: 'object',
    properties: {
      id: { type: ['null', 'integer'] },
      name: { type: ['null', 'string'] },
      updated: { type: ['null', 'string'], format: 'date-time' },
      active: { type: ['null', 'boolean'] },
      ids: { type: ['null', 'array'], items: { type: ['null', 'integer'] } },
      audience: { type: ['null', 'object'] },
      additional_fields: { type: ['null', 'object'] },
    },
  },
}

function record(text: string): JsonObject {
  return toRecord(parseJson(text) as JsonObject, SHAPE)
}

test('a record is the whole row, with null for fields that the API omits', () => {
  assert.deepEqual(record('{"id":1}'), {
    id: 1,
    name: null,
    updated: null,
    active: null,
    ids: null,
    audience: null,
    additional_fields: null,
  })
})

test('timestamps of every spelling become UTC strings, and a missing time becomes null', () => {
  const texts = [
    '1700000000',
    '1700000000.5',
    '1700000000123',
    '"1700000000"',
    '"2023-11-14T23:13:20+01:00"',
    '-1',
    '0',
    'null',
    '""',
  ]
  assert.deepEqual(
    texts.map((text) => record(`{"id":1,"updated":${text}}`)['updated']),
    [
      '2023-11-14T22:13:20Z',
      '2023-11-14T22:13:20.500Z',
      '2023-11-14T22:13:20.123Z',
      '2023-11-14T22:13:20Z',
      '2023-11-14T22:13:20Z',
      '1969-12-31T23:59:59Z',
      null,
      null,
      null,
    ],
  )
})

test('a time outside the years 1 to 9999 in UTC does not fit, whatever its spelling', () => {
  const beyond = [
    '"9999-12-31T23:59:59-05:00"',
    '"0001-01-01T00:00:00+01:00"',
    '253402300800000',
    '-62135596801',
    '"1e999"',
    '"99999999999999999999999999"',
  ]
  for (const text of beyond) {
    const { updated, additional_fields } = record(`{"id":1,"updated":${text}}`)
    assert.equal(updated, null)
    assert.equal(printJson(additional_fields ?? null), `{"updated":${text}}`)
  }
  assert.equal(
    record('{"id":1,"updated":"9999-12-31T23:59:59.999Z"}')['updated'],
    '9999-12-31T23:59:59.999Z',
  )
})

test('values that do not fit and undeclared fields are kept in additional_fields', () => {
  const row = record(
    '{"id":"7","name":{"a":1},"active":"perhaps","ids":["4","x"],"updated":"soon","audience":"[]","new":12345678901234567890,"additional_fields":1}',
  )
  assert.equal(
    printJson(row),
    '{"id":7,"name":"{\\"a\\":1}","updated":null,"active":null,"ids":null,"audience":null,"additional_fields":{"new":12345678901234567890,"additional_fields":1,"updated":"soon","active":"perhaps","ids":["4","x"],"audience":"[]"}}',
  )
})

test('an object without its key properties is a BAD_RESPONSE', () => {
  assert.throws(
    () => record('{"id":null,"name":"x"}'),
    (error) => error instanceof AppError && error.code === 'BAD_RESPONSE',
  )
})

test('an `updated` of 0, null, text or below zero is unusable', () => {
  const usable = ['0', 'null', '"soon"', '-5', '{}', '1700000000'].map((text) =>
    positionMsOf(parseJson(`{"updated":${text}}`) as JsonObject, 'updated'),
  )
  assert.deepEqual(usable, [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
    1_700_000_000_000,
  ])
})
