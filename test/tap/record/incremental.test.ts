import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isInScope, isIncluded, startOf, timesOf } from '../../../src/tap/record/incremental.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { DAY_MS } from '../../../src/time.ts'
import { tapConfig } from '../../support/tap-config.ts'

const NOW = Date.parse('2026-11-23T00:00:00Z')
const DEFAULTS = tapConfig()
const FIELDS = { replicationKey: 'updated', createdField: 'created' }

function times(raw: JsonObject, parentCreatedSeconds?: number | null) {
  const parentCreatedMs = parentCreatedSeconds && parentCreatedSeconds * 1000
  return timesOf(raw, FIELDS, parentCreatedMs ?? undefined)
}

test('a bookmark starts the sync its lookback earlier, whatever the cutoff says', () => {
  const config = { ...DEFAULTS, cutoff_days: 1, start_date: '2026-11-22', lookback_seconds: 30 }
  const valueMs = NOW - 150 * DAY_MS
  const expected = { sinceMs: valueMs - 30_000, startMs: null }
  assert.deepEqual(startOf({ valueMs }, config, NOW), expected)
  assert.deepEqual(startOf({ valueMs, startMs: null }, config, NOW), expected)
})

test('a lookback does not reach before the start of the first sync; a bookmark before it does', () => {
  const config = { ...DEFAULTS, cutoff_days: 1, lookback_seconds: 30 }
  const startMs = NOW - 90 * DAY_MS
  const sinceMs = (valueMs: number) => startOf({ valueMs, startMs }, config, NOW).sinceMs
  assert.equal(sinceMs(startMs), startMs)
  assert.equal(sinceMs(startMs + 10_000), startMs)
  assert.equal(sinceMs(startMs + 40_000), startMs + 10_000)
  const valueMs = startMs - DAY_MS
  assert.deepEqual(startOf({ valueMs, startMs }, config, NOW), {
    sinceMs: valueMs,
    startMs: valueMs,
  })
})

test('without a bookmark the later of start_date and cutoff_days counts, else everything is read', () => {
  const cases: [object, number | null][] = [
    [{ cutoff_days: 10 }, NOW - 10 * DAY_MS],
    [{ cutoff_days: 10, start_date: '2026-11-20T01:00:00+01:00' }, NOW - 3 * DAY_MS],
    [{ cutoff_days: 0 }, NOW],
    [{}, null],
  ]
  for (const [settings, startMs] of cases) {
    const expected = startMs === null ? { startMs } : { sinceMs: startMs, startMs }
    assert.deepEqual(startOf({}, { ...DEFAULTS, ...settings }, NOW), expected)
  }
})

test('a first sync that was interrupted begins no later than it did', () => {
  const config = { ...DEFAULTS, cutoff_days: 10 }
  const began = { startMs: NOW - 30 * DAY_MS }
  assert.equal(startOf(began, config, NOW).sinceMs, NOW - 30 * DAY_MS)
  assert.equal(startOf(began, { ...DEFAULTS, cutoff_days: 60 }, NOW).sinceMs, NOW - 60 * DAY_MS)
  assert.deepEqual(startOf(began, DEFAULTS, NOW), { startMs: null })
  assert.deepEqual(startOf({ startMs: null }, config, NOW), { startMs: null })
})

test('a bookmark from the future is not believed, and brings no cutoff back', () => {
  const config = { ...DEFAULTS, cutoff_days: 1 }
  const valueMs = NOW + DAY_MS
  assert.deepEqual(startOf({ valueMs }, config, NOW), { startMs: null, isBookmarkIgnored: true })
  const startMs = NOW - 90 * DAY_MS
  const expected = { sinceMs: startMs, startMs, isBookmarkIgnored: true }
  assert.deepEqual(startOf({ valueMs, startMs }, config, NOW), expected)
})

test('a row is in scope if it or its campaign was created, or it was updated, since the first sync began', () => {
  const seconds = NOW / 1000
  const old = { updated: seconds - 1, created: seconds - 1 }
  assert.equal(isInScope(times(old), NOW), false)
  assert.equal(isInScope(times(old), null), true)
  assert.equal(isInScope(times({ ...old, updated: seconds }), NOW), true)
  assert.equal(isInScope(times({ ...old, created: seconds }), NOW), true)
  assert.equal(isInScope(times({ ...old, updated: 0 }), NOW), true)
  assert.equal(isInScope(times(old, seconds), NOW), true)
  assert.equal(isInScope(times(old, seconds - 1), NOW), false)
})

test('includes rows that were updated exactly at the start, and rows without a usable time', () => {
  const seconds = NOW / 1000
  const updated = [seconds - 1, seconds, seconds + 1, null, 0, 'never']
  assert.deepEqual(
    updated.map((value) => isIncluded(times({ updated: value }), NOW)),
    [false, true, true, true, true, true],
  )
})

test('includes a row that was created since, even if its time of update is older', () => {
  const seconds = NOW / 1000
  const row = { updated: seconds - 9, created: seconds }
  assert.equal(isIncluded(times(row), NOW), true)
  assert.equal(isIncluded(times({ ...row, created: seconds - 1 }), NOW), false)
})

test('a first sync and a later one agree which rows are older than the cutoff', () => {
  const [old, start, recent] = [NOW / 1000 - 9, NOW / 1000, NOW / 1000 + 9]
  const values = [old, start, recent, 0, null]
  for (const updated of values)
    for (const created of values)
      for (const parent of [undefined, old, start]) {
        const row = times({ updated, created }, parent)
        assert.equal(isInScope(row, NOW), isIncluded(row, NOW))
      }
})

test('includes all actions of a campaign that was created since', () => {
  const old = { updated: 1 }
  assert.equal(isIncluded(times(old, NOW / 1000), NOW), true)
  assert.equal(isIncluded(times(old, NOW / 1000 - 1), NOW), false)
})
