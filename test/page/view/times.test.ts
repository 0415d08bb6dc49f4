import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  clockText,
  durationText,
  exactText,
  isSameClock,
  minuteText,
  relativeText,
  shortText,
  shownZone,
} from '../../../src/page/view/times.ts'

const NOW = Date.parse('2026-11-27T12:00:00Z')

function relative(seconds: number): string {
  return relativeText(new Date(NOW + seconds * 1000).toISOString(), NOW)
}

test('a relative time has one unit, the largest that is exact enough', () => {
  const shown = [-1, -44, -45, -90, -5399, -5400, -129_599, -129_600, -5_184_000, -47_304_000]
  assert.deepEqual(shown.map(relative), [
    'just now',
    'just now',
    '1 min ago',
    '2 min ago',
    '90 min ago',
    '2 h ago',
    '36 h ago',
    '2 days ago',
    '2 months ago',
    '2 years ago',
  ])
})

test('a time to come is counted too', () => {
  assert.deepEqual([0, 1, 60, 10_800, 172_800].map(relative), [
    'just now',
    'in a moment',
    'in 1 min',
    'in 3 h',
    'in 2 days',
  ])
})

test('the exact time has its zone', () => {
  const at = '2026-11-25T01:30:15Z'
  assert.equal(exactText(at, 'Europe/Berlin'), '2026-11-25 02:30:15 Europe/Berlin')
  assert.equal(exactText(at, 'UTC'), '2026-11-25 01:30:15 UTC')
  assert.equal(minuteText(at, 'America/New_York'), 'Tue 2026-11-24 20:30 America/New_York')
  assert.equal(clockText(at, 'Asia/Kolkata'), '07:00:15')
})

test('a near time has the day of the week, a far one its date', () => {
  assert.equal(shortText('2026-11-28T02:00:00Z', 'UTC', NOW), 'Sat 02:00')
  assert.equal(shortText('2026-12-24T02:00:00Z', 'UTC', NOW), '12-24 02:00')
})

test('zones with the same clock at an instant are the same there', () => {
  const winter = '2026-11-25T01:30:00Z'
  const summer = '2026-07-25T01:30:00Z'
  assert.equal(isSameClock(winter, 'Europe/London', 'UTC'), true)
  assert.equal(isSameClock(summer, 'Europe/London', 'UTC'), false)
})

test('a duration has at most two units', () => {
  assert.deepEqual([0, 0.84, 9.96, 12.4, 59.6, 60, 185, 3600, 7445].map(durationText), [
    '0 s',
    '0.8 s',
    '10 s',
    '12 s',
    '1 min',
    '1 min',
    '3 min 5 s',
    '1 h',
    '2 h 4 min',
  ])
})

test('a zone that the browser does not know is shown as UTC, and says so', () => {
  const at = '2026-11-25T01:30:15Z'
  assert.deepEqual([shownZone('Mars/Olympus'), shownZone('Asia/Kolkata')], ['UTC', 'Asia/Kolkata'])
  assert.equal(exactText(at, 'Mars/Olympus'), '2026-11-25 01:30:15 UTC')
  assert.equal(minuteText(at, 'Mars/Olympus'), 'Wed 2026-11-25 01:30 UTC')
  assert.equal(isSameClock(at, 'Mars/Olympus', 'UTC'), true)
  assert.equal(isSameClock(at, 'Mars/Olympus', 'Asia/Kolkata'), false)
})

test('what is no time is shown as it is', () => {
  const texts = [
    relativeText('page-7', NOW),
    exactText('page-7', 'UTC'),
    minuteText('page-7', 'UTC'),
    clockText('page-7', 'UTC'),
    shortText('page-7', 'UTC', NOW),
  ]
  assert.deepEqual(texts, Array(5).fill('page-7'))
})
