import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Span } from '../../../src/tap/windows/ages.ts'
import {
  firstWindows,
  isTooWide,
  narrowed,
  spansFrom,
  widthAfter,
  type WidthRule,
} from '../../../src/tap/windows/window-width.ts'

const DAY = 86_400
const RULE: WidthRule = { pages: [3, 25], greatestSeconds: 30 * DAY }

function secondsIn(spans: readonly Span[]): number[] {
  return spans.flatMap(({ from, to }) =>
    Array.from({ length: to - from + 1 }, (_, at) => from + at),
  )
}

function after(width: number, pages: number, seconds = width): number {
  return widthAfter(width, { window: { from: 1, to: seconds }, pages }, RULE)
}

test('a width stays while windows have 3 to 25 pages', () => {
  assert.deepEqual(
    [3, 10, 25].map((pages) => after(DAY, pages)),
    [DAY, DAY, DAY],
  )
})

test('a width grows in steps, up to the greatest', () => {
  assert.equal(after(DAY, 1), 4 * DAY)
  assert.equal(after(DAY, 0), 4 * DAY)
  assert.equal(after(16 * DAY, 1), 30 * DAY)
})

test('a short window at the end of a span does not change the width', () => {
  assert.equal(after(DAY, 1, 600), DAY)
})

test('a width shrinks to a window of 10 pages', () => {
  assert.equal(after(DAY, 50), DAY / 5)
  assert.equal(after(2, 50), 1)
})

test('a window of many pages is read in parts, down to one second', () => {
  assert.equal(isTooWide({ from: 1, to: 2 }, 51, RULE), true)
  assert.equal(isTooWide({ from: 1, to: 2 }, 50, RULE), false)
  assert.equal(isTooWide({ from: 1, to: 1 }, 1000, RULE), false)
  assert.equal(narrowed({ from: 1, to: DAY }, RULE), DAY / 8)
  assert.equal(narrowed({ from: 1, to: 2 }, RULE), 1)
  assert.equal(narrowed({ from: 1, to: 1 }, RULE), undefined)
})

test('windows cover their spans without a hole or an overlap, and none is too wide', () => {
  const gaps = fc.array(fc.tuple(fc.integer({ min: 2, max: 99 }), fc.integer({ min: 0, max: 99 })))
  fc.assert(
    fc.property(
      gaps,
      fc.integer({ min: 1, max: 40 }),
      fc.integer({ min: 1, max: 5 }),
      (pairs, width, count) => {
        let at = 0
        const spans = pairs.map(([gap, length]) => {
          const from = at + gap
          at = from + length
          return { from, to: at }
        })
        const read: number[] = []
        let rest = spans
        while (rest.length > 0) {
          const windows = firstWindows(rest, { width, count })
          assert.ok(windows.length > 0 && windows.length <= count)
          assert.ok(windows.every(({ from, to }) => to - from < width))
          read.push(...secondsIn(windows))
          rest = spansFrom(rest, (windows.at(-1)?.to ?? 0) + 1)
        }
        assert.deepEqual(read, secondsIn(spans))
      },
    ),
  )
})
