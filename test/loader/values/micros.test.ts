import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseMicros } from '../../../src/loader/values/micros.ts'

test('keeps microseconds exact in every year', () => {
  assert.equal(parseMicros('2020-01-01T00:00:00.123456Z'), 1_577_836_800_123_456)
  assert.equal(parseMicros('9999-12-31T23:59:59.999999Z'), 253_402_300_799_999_999n)
  assert.equal(parseMicros('0001-01-01T00:00:00.000001Z'), -62_135_596_799_999_999n)
  assert.equal(parseMicros('1970-01-02'), 86_400_000_000)
})
