import assert from 'node:assert/strict'
import { test } from 'node:test'
import { scheduleOfType } from '../../../src/page/form/schedule.ts'

const CRON = { type: 'cron', expression: '0 3 * * *', timezone: 'UTC', paused: true }

test('another type of a paused schedule is paused too', () => {
  const basic = scheduleOfType('basic', { current: CRON, entered: undefined, zone: 'UTC' })
  assert.deepEqual(basic, { type: 'basic', every: '24h', paused: true })
  const manual = scheduleOfType('manual', { current: basic, entered: undefined, zone: 'UTC' })
  const cron = scheduleOfType('cron', { current: manual, entered: CRON, zone: 'UTC' })
  assert.deepEqual(cron, CRON)
})

test('what was entered for a type comes back, a schedule that runs goes on', () => {
  const entered = { type: 'basic', every: '3h', paused: true }
  const current = { type: 'cron', expression: '0 3 * * *', timezone: 'UTC' }
  assert.deepEqual(scheduleOfType('basic', { current, entered, zone: 'UTC' }), {
    type: 'basic',
    every: '3h',
  })
  assert.deepEqual(
    scheduleOfType('cron', { current: {}, entered: undefined, zone: 'Asia/Tokyo' }),
    {
      type: 'cron',
      expression: '0 2 * * *',
      timezone: 'Asia/Tokyo',
    },
  )
})
