import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { JsonNumber, parseJson, printJson } from '../../src/singer/json.ts'

test('N-4: numbers that a double would round keep their digits', () => {
  const digits = [
    '12345678901234567890',
    '-9007199254740993',
    '1e400',
    '1e-400',
    '0.12345678901234567890123456789012345678',
  ]
  for (const text of digits) {
    assert.ok(parseJson(text) instanceof JsonNumber, text)
    assert.equal(printJson(parseJson(`{"a":[${text}]}`)), `{"a":[${text}]}`)
  }
})

test('numbers that a double represents exactly stay numbers', () => {
  for (const text of [
    '0',
    '1.0',
    '1e-20',
    '9007199254740991',
    '0.1',
    '123456789012345.6',
    '1e22',
    '-1.50',
  ]) {
    assert.equal(parseJson(text), Number(text), text)
  }
})

test('digits inside strings and keys are unchanged', () => {
  const text =
    '{"12345678901234567890":"\\"12345678901234567890, 1e999\\\\","b":12345678901234567891}'
  assert.equal(printJson(parseJson(text)), text)
})

test('an own __proto__ key survives, and no prototype changes', () => {
  const text = '{"__proto__":{"x":12345678901234567890},"constructor":1}'
  assert.equal(printJson(parseJson(text)), text)
  assert.equal(({} as Record<string, unknown>)['x'], undefined)
})

test('invalid JSON is refused with or without long numbers', () => {
  for (const text of [
    '',
    '{',
    '[1,]',
    '12345678901234567890x',
    '{"a":01234567890123456789}',
    'nul',
  ]) {
    assert.throws(() => parseJson(text), SyntaxError, text)
  }
})

test('every JSON text that JavaScript writes is reproduced exactly', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      assert.equal(printJson(parseJson(text)), text)
    }),
  )
})

test('every decimal keeps its value', () => {
  const decimal = fc.tuple(fc.bigInt(), fc.nat(40), fc.integer({ min: -500, max: 500 }))
  fc.assert(
    fc.property(decimal, ([whole, zeros, exponent]) => {
      const text = `${whole}.${'0'.repeat(zeros)}7e${exponent}`
      const printed = printJson(parseJson(text))
      assert.ok(printed === text || Number(printed) === Number(text))
      assert.equal(printJson(parseJson(printed)), printed)
    }),
  )
})
