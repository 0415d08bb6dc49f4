import assert from 'node:assert/strict'
import { test } from 'node:test'
import { schedulePreview } from '../../../src/console/views/schedule-view.ts'

const OPTIONS = { count: 2, nowMs: Date.parse('2027-01-10T12:00:00Z') }

function changesOf(expression: string, timezone: string): string[] {
  const preview = schedulePreview({ type: 'cron', expression, timezone }, OPTIONS)
  return preview.clock_changes.map(({ at, message }) => `${at} ${message}`)
}

test('the next runs are shown in UTC and in the zone of the schedule', () => {
  const settings = { type: 'cron', expression: '30 2 * * *', timezone: 'Europe/Berlin' } as const
  assert.deepEqual(schedulePreview(settings, OPTIONS).next_runs, [
    { at: '2027-01-11T01:30:00.000Z', local: '2027-01-11 02:30' },
    { at: '2027-01-12T01:30:00.000Z', local: '2027-01-12 02:30' },
  ])
})

test('a run in the skipped or the repeated hour is warned about', () => {
  assert.deepEqual(changesOf('30 2 * * *', 'Europe/Berlin'), [
    '2027-03-28T01:00:00.000Z The clocks in Europe/Berlin go forward by 1 h on 2027-03-28. 02:30 does not exist, so the run starts at 03:00 on that day.',
    '2027-10-31T01:00:00.000Z The clocks in Europe/Berlin go back by 1 h on 2027-10-31. 02:30 comes twice, and the run starts the first time only.',
  ])
})

test('a run outside of these hours, every hour, or on other days is not', () => {
  assert.deepEqual(changesOf('30 3 * * *', 'Europe/Berlin'), [])
  assert.deepEqual(changesOf('0 * * * *', 'Europe/Berlin'), [])
  assert.deepEqual(changesOf('30 2 * * mon', 'Europe/Berlin'), [])
  assert.deepEqual(changesOf('30 2 * * *', 'UTC'), [])
  assert.deepEqual(schedulePreview({ type: 'basic', every: '3h' }, OPTIONS).clock_changes, [])
})

test('a paused schedule shows the runs that it would have', () => {
  const { text, next_runs: next } = schedulePreview(
    { type: 'basic', every: '12h', paused: true },
    OPTIONS,
  )
  assert.equal(text, 'every 12h')
  assert.equal(next.length, 2)
})
