import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { cellsOf, createCells, layoutOf } from '../../../src/loader/columns/cells.ts'
import { TextCells } from '../../../src/loader/columns/text-cells.ts'
import type { Cell, ColumnType } from '../../../src/loader/schema/types.ts'

const INT64 = fc.oneof(
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: -(2n ** 53n) }),
  fc.bigInt({ min: 2n ** 53n, max: 2n ** 63n - 1n }),
)
const TEXT = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string({ unit: 'binary', minLength: 35, maxLength: 60 }),
  fc.string({ unit: 'binary-ascii', maxLength: 60 }),
)

const KINDS: [ColumnType, fc.Arbitrary<Cell>][] = [
  [{ kind: 'text' }, TEXT],
  [{ kind: 'integer' }, INT64],
  [{ kind: 'decimal', precision: 18, scale: 2 }, fc.maxSafeInteger()],
  [
    { kind: 'decimal', precision: 38, scale: 9 },
    fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }),
  ],
  [{ kind: 'number' }, fc.double({ noNaN: true, noDefaultInfinity: true })],
  [{ kind: 'boolean' }, fc.boolean()],
]

test('cells of every kind return what was written, in any order of rewriting', () => {
  for (const [type, cell] of KINDS) {
    const rows = fc.array(fc.option(cell), { maxLength: 600 })
    const moves = fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 20 })
    fc.assert(
      fc.property(rows, moves, (written, copies) => {
        const cells = cellsOf(type, written)
        for (const [a, b] of copies) {
          if (written.length === 0) break
          const [from, to] = [a % written.length, b % written.length]
          written[to] = written[from] ?? null
          cells.copy(from, to)
        }
        assert.deepEqual(
          written.map((_, row) => cells.at(row)),
          written,
        )
        assert.deepEqual(
          written.map((_, row) => cells.isNull(row)),
          written.map((item) => item === null),
        )
      }),
      { numRuns: 40 },
    )
  }
})

test('a column that starts after thousands of rows keeps its first cells', () => {
  for (const [type, cell] of KINDS) {
    const [written] = fc.sample(cell, 1)
    const cells = createCells(layoutOf(type, false))
    cells.set(5000, written ?? null)
    assert.deepEqual(cells.at(5000), written)
    assert.equal(cells.at(4999), null)
  }
  const text = new TextCells()
  text.bytes[text.begin(1)] = 97
  text.finish(5000, 1)
  assert.equal(text.at(5000), 'a')
  assert.throws(() => text.finish(5001, text.bytes.length + 1), RangeError)
})

test('skipped rows are null', () => {
  for (const [type] of KINDS) {
    const cells = createCells(layoutOf(type, false))
    cells.set(1000, null)
    assert.deepEqual([cells.at(0), cells.at(999), cells.at(1000)], [null, null, null])
  }
})

test('keeps numbers as digits for a database with exact numbers', () => {
  const cells = cellsOf({ kind: 'number' }, [0.1, '1e400', -0, null], true)
  assert.deepEqual(
    [0, 1, 2, 3].map((row) => cells.at(row)),
    ['0.1', '1e400', '0', null],
  )
})

test('a long string takes only the memory that it needs', () => {
  const cells = new TextCells()
  const text = 'x'.repeat(10_000_000)
  cells.set(0, text)
  assert.equal(cells.at(0), text)
  assert.ok(cells.bytes.length < 10_100_000)
})
