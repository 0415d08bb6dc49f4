import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatDecimal, parseDecimal } from '../../../src/loader/values/decimal.ts'

function isSafe(units: bigint): boolean {
  return Number.isSafeInteger(Number(units))
}

test('parses what it formats, at any scale', () => {
  const limit = 10n ** 38n - 1n
  fc.assert(
    fc.property(fc.bigInt({ min: -limit, max: limit }), fc.nat(38), (units, scale) => {
      const read = parseDecimal(formatDecimal(units, scale), 38, scale)
      assert.equal(read, isSafe(units) ? Number(units) : units)
    }),
  )
})

test('parses exponents and needless zeros; rejects what does not fit exactly', () => {
  const cases: [string, number | undefined][] = [
    ['1e3', 100_000],
    ['1.50000', 150],
    ['150e-2', 150],
    ['0.001', undefined],
    ['-0', 0],
    ['0e999999', 0],
    ['00012', 1200],
    ['.5', 50],
    ['5.', 500],
    ['99999999.99', 9_999_999_999],
    ['100000000', undefined],
    ['1e400', undefined],
    ['', undefined],
    ['.', undefined],
    ['1,5', undefined],
    ['NaN', undefined],
    ['0x10', undefined],
    ['9'.repeat(1000), undefined],
  ]
  for (const [text, units] of cases) assert.equal(parseDecimal(text, 10, 2), units, text)
})
