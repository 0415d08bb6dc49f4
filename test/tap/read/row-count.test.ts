import assert from 'node:assert/strict'
import { test } from 'node:test'
import { mergedSamples, RowCount } from '../../../src/tap/read/row-count.ts'

function countOf(from: number, to: number, earlier?: RowCount): RowCount {
  const count = new RowCount(earlier?.sample)
  for (let id = from; id < to; id++) count.add(String(id))
  return count
}

test('knows each row of a small list', () => {
  const earlier = countOf(0, 50)
  assert.equal(earlier.rows, 50)
  const lost = (from: number, to: number) => countOf(from, to, earlier).lostPercent(50)
  assert.deepEqual([lost(0, 50), lost(0, 60), lost(0, 49)], [0, 0, 2])
  assert.deepEqual([lost(25, 75), lost(26, 76), lost(50, 100), lost(0, 0)], [50, 52, 100, 100])
})

test('knows the number of many rows, and counts replaced rows only beyond chance', () => {
  for (const rows of [64, 66, 1000, 100_000]) {
    const earlier = countOf(0, rows)
    assert.ok(earlier.sample.length < 500)
    const lost = (from: number, to: number) => countOf(from, to, earlier).lostPercent(rows)
    assert.equal(lost(0, rows), 0)
    assert.equal(lost(rows, 2 * rows), 100)
    assert.equal(lost(0, rows / 2), Math.max(lost(0, rows / 2), 50))
    const half = lost(rows / 2, rows * 1.5)
    assert.ok(half > 10 && half <= 50, `${half} %`)
    const most = lost(rows * 0.9, rows * 1.9)
    assert.ok(most > 60, `${most} %`)
  }
})

test('samples are independent of order, and merged samples cover both reads', () => {
  const ids = Array.from({ length: 300 }, (_, id) => String(id))
  const [there, back] = [new RowCount(undefined), new RowCount(undefined)]
  for (const id of ids) there.add(id)
  for (const id of ids.toReversed()) back.add(id)
  assert.equal(there.sample, back.sample)
  const merged = mergedSamples(countOf(0, 150).sample, countOf(100, 300).sample)
  assert.equal(merged, there.sample)
  assert.equal(mergedSamples(undefined, there.sample), there.sample)
})

test('without a sample, or with a damaged one, the numbers decide', () => {
  for (const sample of [undefined, '', '!', 'AAAA']) {
    const count = new RowCount(sample)
    count.add('1')
    assert.deepEqual([count.lostPercent(0), count.lostPercent(1), count.lostPercent(4)], [0, 0, 75])
  }
})
