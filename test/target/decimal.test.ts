import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatDecimal, parseDecimal } from '../../src/target/decimal.ts'

test('reads what it writes, at any scale', () => {
  const limit = 10n ** 38n - 1n
  fc.assert(
    fc.property(fc.bigInt({ min: -limit, max: limit }), fc.nat(38), (units, scale) => {
      assert.equal(parseDecimal(formatDecimal(units, scale), 38, scale), units)
    }),
  )
})

test('reads exponents and needless zeros; refuses what does not fit exactly', () => {
  const cases: [string, bigint | undefined][] = [
    ['1e3', 100_000n],
    ['1.50000', 150n],
    ['150e-2', 150n],
    ['0.001', undefined],
    ['-0', 0n],
    ['0e999999', 0n],
    ['00012', 1200n],
    ['.5', 50n],
    ['5.', 500n],
    ['99999999.99', 9_999_999_999n],
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
