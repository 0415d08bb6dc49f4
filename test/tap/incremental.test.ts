import assert from 'node:assert/strict'
import { test } from 'node:test'
import { passes, startOf } from '../../src/tap/incremental.ts'

const DAY = 86_400_000
const NOW = Date.parse('2026-11-23T00:00:00Z')
const KEY = { app_api_key: 'x' }

test('a bookmark starts the sync its lookback earlier, whatever the cutoff says', () => {
  const config = { ...KEY, cutoff_days: 1, start_date: '2026-11-22', lookback_seconds: 30 }
  assert.deepEqual(startOf(NOW - 150 * DAY, config, NOW), { sinceMs: NOW - 150 * DAY - 30_000 })
})

test('without a bookmark the later of start_date and cutoff_days counts, else everything', () => {
  assert.deepEqual(startOf(undefined, { ...KEY, cutoff_days: 10 }, NOW), {
    sinceMs: NOW - 10 * DAY,
  })
  assert.deepEqual(
    startOf(undefined, { ...KEY, cutoff_days: 10, start_date: '2026-11-20T01:00:00+01:00' }, NOW),
    {
      sinceMs: NOW - 3 * DAY,
    },
  )
  assert.deepEqual(startOf(undefined, { ...KEY, cutoff_days: 0 }, NOW), { sinceMs: NOW })
  assert.deepEqual(startOf(undefined, KEY, NOW), {})
})

test('a bookmark from the future is not believed', () => {
  assert.deepEqual(startOf(NOW + DAY, KEY, NOW), { isBookmarkIgnored: true })
})

test('what was updated at the very start passes, and so does what has no usable time', () => {
  const seconds = NOW / 1000
  const updated = [seconds - 1, seconds, seconds + 1, null, 0, 'never']
  assert.deepEqual(
    updated.map((value) => passes({ updated: value }, NOW)),
    [false, true, true, true, true, true],
  )
})

test('all actions of a campaign that was made since pass', () => {
  const old = { updated: 1 }
  assert.equal(passes(old, NOW, { created: NOW / 1000 }), true)
  assert.equal(passes(old, NOW, { created: NOW / 1000 - 1 }), false)
})
