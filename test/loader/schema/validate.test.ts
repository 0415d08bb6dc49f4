import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { parseJson, type JsonObject } from '../../../src/singer/json.ts'
import type { SchemaMessage } from '../../../src/singer/messages.ts'
import { Validators } from '../../../src/loader/schema/validate.ts'

function message(schema: string): SchemaMessage {
  return {
    type: 'SCHEMA',
    stream: 's',
    schema: parseJson(schema) as JsonObject,
    key_properties: [],
  }
}

function check(schema: string, record: string): string | undefined {
  return new Validators().validatorFor(message(schema))(parseJson(record) as JsonObject)
}

test('reports where a record is invalid, without its values', () => {
  const schema =
    '{"required":["id"],"properties":{"id":{"type":"integer"},"o":{"type":"object","properties":{"e":{"enum":["a","b"]},"at":{"type":"string","format":"date-time"}}},"list":{"type":"array","items":{"type":"number"}},"s":{"type":"string","maxLength":3}}}'
  const cases: Record<string, string | undefined> = {
    '{"id":1}': undefined,
    '{"id":1.0,"extra":"secret"}': undefined,
    '{"id":"secret"}': '/id must be integer',
    '{"id":true}': '/id must be integer',
    '{}': "the record must have required property 'id'",
    '{"id":1,"o":{"e":"secret"}}': '/o/e must be equal to one of the allowed values',
    '{"id":1,"o":{"at":"secret"}}': '/o/at must match format "date-time"',
    '{"id":1,"list":[1,"secret"]}': '/list/1 must be number',
    '{"id":1,"s":"secret"}': '/s must NOT have more than 3 characters',
    '{"id":12345678901234567890,"list":[1e400]}': undefined,
  }
  for (const [record, error] of Object.entries(cases)) assert.equal(check(schema, record), error)
})

test('accepts schemas of older drafts and with unknown keywords', () => {
  const cases = [
    '{"$schema":"http://json-schema.org/draft-04/schema#","$id":"x","properties":{"a":{"type":"number","minimum":0,"exclusiveMinimum":true}}}',
    '{"properties":{"a":{"type":"number","multipleOf":1e-20}}}',
    '{"properties":{"a":{"type":"number","maximum":99999999999999999999}}}',
    '{"properties":{"a":{"$ref":"http://127.0.0.1:1/never.json"}}}',
    '{"properties":{"a":{"type":"number","required":true}}}',
    '{"properties":{"a":{"enum":[]}}}',
    '{"properties":{"a":{"nullable":true}}}',
    '{"additionalProperties":false,"properties":{}}',
    '{"properties":{"a":{"made-up":{"x":1},"format":"made-up","uniqueItems":true}}}',
  ]
  for (const schema of cases) assert.equal(check(schema, '{"a":0.07}'), undefined, schema)
})

test('does not run patterns, because one may never finish', () => {
  const schema =
    '{"properties":{"a":{"type":"string","pattern":"^(a+)+$"},"o":{"type":"object","patternProperties":{"^(a+)+$":{"type":"string"}},"propertyNames":{"pattern":"^(a+)+$"}}}}'
  const text = `${'a'.repeat(50)}!`
  assert.equal(check(schema, `{"a":"${text}","o":{"${text}":1}}`), undefined)
})

test('ignores inherited properties', () => {
  const schema =
    '{"required":["id"],"properties":{"id":{},"constructor":{"type":"string"},"__proto__":{"type":"string"}}}'
  assert.equal(check(schema, '{"id":1}'), undefined)
  assert.equal(check(schema, '{"id":1,"constructor":5}'), '/constructor must be string')
  assert.equal(
    check('{"required":["toString"],"properties":{}}', '{}'),
    "the record must have required property 'toString'",
  )
})

test('caches the validator of a schema', () => {
  const validators = new Validators()
  const schema = '{"properties":{"a":{}}}'
  assert.equal(validators.validatorFor(message(schema)), validators.validatorFor(message(schema)))
})

test('rejects an invalid schema', () => {
  assert.throws(
    () => check('{"properties":{"a":{"type":"made-up"}}}', '{}'),
    (error) =>
      error instanceof AppError &&
      error.code === 'INPUT_INVALID' &&
      error.message.startsWith('The SCHEMA of stream "s" is not valid: '),
  )
})
