import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { createCells, layoutOf, type Cells } from '../../../src/loader/columns/cells.ts'
import type { Cell } from '../../../src/loader/schema/types.ts'
import { KeyIndex } from '../../../src/loader/columns/keys.ts'
import type { ColumnType } from '../../../src/loader/schema/types.ts'

const COLUMNS: [ColumnType, fc.Arbitrary<Cell>][] = [
  [{ kind: 'text' }, fc.constantFrom('', 'a', 'b', 'ab', 'é', 'n', '1')],
  [{ kind: 'integer' }, fc.constantFrom(0, 1, -1, 2 ** 32, 2n ** 62n)],
  [{ kind: 'decimal', precision: 38, scale: 0 }, fc.constantFrom(0n, 1n, 10n ** 30n)],
  [{ kind: 'number' }, fc.constantFrom(0, 0.5, -1)],
  [{ kind: 'boolean' }, fc.boolean()],
]

/**
 * Returns the earlier row of each row. As in the loader, a row with a known key is overwritten by
 * the next one.
 */
function addAll(types: readonly ColumnType[], rows: readonly Cell[][]): (number | undefined)[] {
  const columns = types.map((type) => createCells(layoutOf(type, false)))
  const index = new KeyIndex()
  let next = 0
  return rows.map((row) => {
    for (const [at, cells] of columns.entries()) cells.set(next, row[at] ?? null)
    const earlier = index.findOrAdd(next, columns)
    if (earlier === undefined) next++
    return earlier
  })
}

test('finds the earlier row of the same key and no other', () => {
  const types = COLUMNS.map(([type]) => type)
  const rows = fc.array(fc.tuple(...COLUMNS.map(([, cell]) => fc.option(cell))), { maxLength: 300 })
  fc.assert(
    fc.property(rows, (keys) => {
      const known = new Map<string, number>()
      const expected = keys.map((key) => {
        const text = JSON.stringify(key.map((cell) => [typeof cell, String(cell)]))
        const earlier = known.get(text)
        if (earlier === undefined) known.set(text, known.size)
        return earlier
      })
      assert.deepEqual(addAll(types, keys), expected)
    }),
    { numRuns: 60 },
  )
})

test('finds rows while the table grows', () => {
  const keys = Array.from({ length: 20_000 }, (_, row): Cell[] => [`key ${row % 15_000}`])
  const expected = keys.map((_, row) => (row < 15_000 ? undefined : row - 15_000))
  assert.deepEqual(addAll([{ kind: 'text' }], keys), expected)
})

test('a key column that is added later does not change earlier rows', () => {
  const first = createCells(layoutOf({ kind: 'integer' }, false))
  const keys: Cells[] = [first]
  const index = new KeyIndex()
  first.set(0, 7)
  assert.equal(index.findOrAdd(0, keys), undefined)
  const second = createCells(layoutOf({ kind: 'text' }, false))
  keys.push(second)
  first.set(1, null)
  second.set(1, '7')
  assert.equal(index.findOrAdd(1, keys), undefined)
  first.set(2, 7)
  second.set(2, null)
  assert.equal(index.findOrAdd(2, keys), 0)
})
