import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TapConfig } from '../../../src/schemas.generated.ts'
import type { Bookmark } from '../../../src/singer/state.ts'
import { bookmarkWith, ladderStart } from '../../../src/tap/windows/marks.ts'
import { tapConfig } from '../../support/tap-config.ts'

const DAY = 86_400
const NOW = 1_790_000_000
const AGES = ['5m', '1d', '30d']

function start(known: Bookmark, settings: Partial<TapConfig> = {}) {
  const config = tapConfig(settings)
  const { ladder, ...others } = ladderStart(known, AGES, { config, nowSeconds: NOW })
  return { marks: ladder.marks, ...others }
}

function bookmark(value: number, ages: Record<string, number>, startSeconds?: number): Bookmark {
  const marks = Object.entries(ages).map(([age, seconds]) => [age, seconds * 1000])
  return {
    valueMs: value * 1000,
    ages: Object.fromEntries(marks) as Record<string, number>,
    ...(startSeconds !== undefined && { startMs: startSeconds * 1000 }),
  }
}

test('a first sync starts 183 days ago, or where the settings say', () => {
  const first = NOW - 183 * DAY
  assert.deepEqual(start({}), {
    marks: [first - 1, first - 1, first - 1],
    startSeconds: first,
    isFirst: true,
    isBookmarkIgnored: false,
  })
  assert.equal(start({}, { cutoff_days: 10 }).startSeconds, NOW - 10 * DAY)
  assert.equal(start({}, { start_date: '2020-01-01' }).startSeconds, 1_577_836_800)
})

test('a first sync that was interrupted starts no later than before', () => {
  assert.equal(start({ startMs: (NOW - 200 * DAY) * 1000 }).startSeconds, NOW - 200 * DAY)
  assert.equal(
    start({ startMs: (NOW - 5 * DAY) * 1000 }, { cutoff_days: 9 }).startSeconds,
    NOW - 9 * DAY,
  )
})

test('every rung continues from its own mark', () => {
  const marks = [NOW - 300, NOW - DAY, NOW - 30 * DAY]
  const known = bookmark(
    NOW - 300,
    { '5m': NOW - 300, '1d': NOW - DAY, '30d': NOW - 30 * DAY },
    NOW - 90 * DAY,
  )
  assert.deepEqual(start(known).marks, marks)
  assert.equal(start(known, { start_date: '2020-01-01' }).startSeconds, NOW - 90 * DAY)
})

test('a new rung starts at the mark of the next older one, or at the start', () => {
  const older = { '5m': NOW - 300, '30d': NOW - 31 * DAY }
  assert.equal(start(bookmark(NOW - 300, older, NOW - 90 * DAY)).marks[1], NOW - 31 * DAY)
  const younger = { '5m': NOW - 300, '1d': NOW - DAY }
  assert.equal(start(bookmark(NOW - 300, younger, NOW - 90 * DAY)).marks[2], NOW - 90 * DAY - 1)
})

test('a bookmark that was set to an earlier time moves all rungs and the start', () => {
  const ages = { '5m': NOW - 300, '1d': NOW - DAY, '30d': NOW - 30 * DAY }
  const { marks, startSeconds } = start(bookmark(NOW - 99 * DAY, ages, NOW - 90 * DAY))
  assert.deepEqual(
    marks,
    Array.from({ length: 3 }, () => NOW - 99 * DAY),
  )
  assert.equal(startSeconds, NOW - 99 * DAY + 1)
})

test('a bookmark without ages and start reads all rows again that are kept', () => {
  const { marks } = start({ valueMs: (NOW - DAY) * 1000 })
  const keptSince = NOW - DAY - 183 * DAY
  assert.deepEqual(marks, [NOW - DAY, keptSince - 1, keptSince - 1])
})

test('a mark in the future proves nothing, so everything in scope is read', () => {
  const ages = { '5m': NOW + 900, '1d': NOW + 900, '30d': NOW }
  const found = start(bookmark(NOW + 900, ages, NOW - 50 * DAY), { cutoff_days: 20 })
  assert.equal(found.isBookmarkIgnored, true)
  assert.deepEqual(
    found.marks,
    Array.from({ length: 3 }, () => NOW - 50 * DAY - 1),
  )
})

test('the bookmark holds every rung, and those of other versions', () => {
  const known = bookmark(NOW - 300, { '365d': NOW - 400 * DAY })
  const place = {
    ages: AGES,
    marks: [NOW - 100, NOW - DAY, NOW - 30 * DAY],
    startSeconds: NOW - 90 * DAY,
  }
  assert.deepEqual(bookmarkWith(known, place), {
    valueMs: (NOW - 100) * 1000,
    startMs: (NOW - 90 * DAY) * 1000,
    ages: {
      '365d': (NOW - 400 * DAY) * 1000,
      '5m': (NOW - 100) * 1000,
      '1d': (NOW - DAY) * 1000,
      '30d': (NOW - 30 * DAY) * 1000,
    },
  })
})
