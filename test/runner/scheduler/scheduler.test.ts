import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { AppError } from '../../../src/errors.ts'
import { eventText } from '../../../src/runner/scheduler/event-text.ts'
import type { ScheduleSettings } from '../../../src/runner/schedule/schedule.ts'
import { Scene } from '../../support/scene.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

const HOURLY: ScheduleSettings = { type: 'basic', every: '1h' }
const DAILY: ScheduleSettings = { type: 'basic', every: '24h', start_at: '02:00' }

test('starts one run at each tick, on the minute', async () => {
  const scene = new Scene('2026-11-24T09:59:30Z').add('a', { type: 'basic', every: '15m' }).start()
  await scene.clock.advance(HOUR)
  assert.deepEqual(scene.all('started'), [
    '2026-11-24T10:00',
    '2026-11-24T10:15',
    '2026-11-24T10:30',
    '2026-11-24T10:45',
  ])
  await scene.clock.advance(3 * DAY)
  await scene.stop()
  assert.equal(scene.all('started').length, 4 + 3 * 96)
  assert.deepEqual(scene.all('skipped'), [])
})

test('checks the clock every minute, so a tick in 40 days starts on time', async () => {
  const yearly = { type: 'cron' as const, expression: '0 0 1 1 *' }
  const scene = new Scene('2026-11-22T00:00:00Z').add('a', yearly).start()
  await scene.clock.advance(39 * DAY)
  assert.deepEqual(scene.all('started'), [])
  await scene.clock.advance(2 * DAY)
  await scene.stop()
  assert.deepEqual(scene.all('started'), ['2027-01-01T00:00'])
  assert.equal(scene.clock.longestSleepMs, MINUTE)
})

test('skips and reports ticks during a run, and never catches up on them', async () => {
  const scene = new Scene('2026-11-24T09:30:00Z').add('a', HOURLY, { runMs: 2.5 * HOUR }).start()
  await scene.clock.advance(4.6 * HOUR)
  await scene.stop()
  assert.deepEqual(scene.all('started'), ['2026-11-24T10:00', '2026-11-24T13:00'])
  assert.deepEqual(scene.all('skipped'), [
    '2026-11-24T11:00 still running',
    '2026-11-24T12:00 still running',
    '2026-11-24T14:00 still running',
  ])
})

test('starts one catch-up run after the machine was suspended for three days', async () => {
  const scene = new Scene('2026-11-24T09:30:00Z').add('a', HOURLY).start()
  await scene.clock.advance(10 * MINUTE)
  scene.clock.jump(3 * DAY)
  await scene.clock.advance(2 * HOUR)
  await scene.stop()
  assert.deepEqual(scene.all('started'), [
    '2026-11-27T09:41 missed',
    '2026-11-27T10:00',
    '2026-11-27T11:00',
  ])
})

test('starts one catch-up run after downtime, and none when no tick was missed', async () => {
  const down = new Scene('2026-11-24T09:30:00Z')
    .add('missed', DAILY, { lastStartedAt: '2026-11-20T02:00:00.020Z' })
    .add('handled', DAILY, { lastStartedAt: '2026-11-24T02:00:00.020Z' })
    .add('manual', DAILY, { lastStartedAt: '2026-11-24T08:00:00Z' })
    .add('new', DAILY)
    .add('from the future', DAILY, { lastStartedAt: '2051-11-24T02:00:00Z' })
    .start()
  await down.clock.advance(HOUR)
  const started = down.events.flatMap((event) => (event.type === 'started' ? [event] : []))
  assert.deepEqual(
    started.map(({ job, isMissed, tick }) => [job.name, isMissed, new Date(tick).toISOString()]),
    [['missed', true, '2026-11-21T02:00:00.000Z']],
  )
  await down.clock.advance(DAY)
  await down.stop()
  assert.equal(down.all('started').length, 6)
})

test('does not repeat a tick when the clock is set back a little', async () => {
  const scene = new Scene('2026-11-24T01:59:00Z').add('a', DAILY).start()
  await scene.clock.advance(MINUTE + 100)
  scene.clock.jump(-500)
  await scene.clock.advance(10 * MINUTE)
  scene.clock.jump(-HOUR)
  await scene.clock.advance(2 * HOUR)
  assert.deepEqual(scene.all('started'), ['2026-11-24T02:00'])
  await scene.clock.advance(DAY)
  await scene.stop()
  assert.deepEqual(scene.all('started'), ['2026-11-24T02:00', '2026-11-25T02:00'])
})

test('pauses for at most one interval when the clock is set back by hours or years', async () => {
  for (const back of [2 * HOUR, 30 * HOUR, 400 * DAY, Date.parse('2026-11-24T12:30:00Z')]) {
    const scene = new Scene('2026-11-24T11:59:00Z').add('a', HOURLY).start()
    await scene.clock.advance(31 * MINUTE)
    scene.clock.jump(-back)
    await scene.clock.advance(HOUR + MINUTE)
    assert.equal(scene.all('started').length, 2, String(back))
    await scene.clock.advance(10 * HOUR)
    await scene.stop()
    assert.equal(scene.all('started').length, 12, String(back))
  }
})

test('starts one run when the clock is set years ahead, and continues when it is set back', async () => {
  const scene = new Scene('2026-11-24T11:30:00Z').add('a', DAILY).start()
  await scene.clock.advance(5 * MINUTE)
  scene.clock.jump(30 * 365 * DAY)
  await scene.clock.advance(10 * MINUTE)
  assert.equal(scene.all('started').length, 1)
  scene.clock.jump(-30 * 365 * DAY)
  await scene.clock.advance(2 * DAY)
  await scene.stop()
  assert.deepEqual(scene.all('started').slice(1), ['2026-11-25T02:00', '2026-11-26T02:00'])
})

test('runs a daily job once a day across clock changes', async () => {
  for (const [from, expression] of [
    ['2027-03-12T12:00:00Z', '30 2 * * *'],
    ['2027-11-05T12:00:00Z', '30 1 * * *'],
  ] as const) {
    const settings = { type: 'cron' as const, expression, timezone: 'America/New_York' }
    const scene = new Scene(from).add('a', settings).start()
    await scene.clock.advance(5 * DAY)
    await scene.stop()
    const days = scene.all('started').map((time) => time.slice(0, 10))
    assert.equal(days.length, 5)
    assert.equal(new Set(days).size, 5)
  }
})

test('connections with one key run in their order, others in parallel, at most four at a time', async () => {
  const scene = new Scene('2026-11-24T09:59:00Z')
  const options = (key: string) => ({ conflictKeys: [key], runMs: 10 * MINUTE })
  for (const name of ['a', 'b', 'c']) scene.add(name, HOURLY, options('one key'))
  for (const name of ['d', 'e', 'f', 'g']) scene.add(name, HOURLY, options(name))
  scene.start()
  await scene.clock.advance(59 * MINUTE)
  await scene.stop()
  const started = scene.events.flatMap((event, at) =>
    event.type === 'started'
      ? [`${event.job.name} ${new Date(scene.times[at] ?? 0).toISOString().slice(14, 16)}`]
      : [],
  )
  assert.deepEqual(started, ['a 00', 'd 00', 'e 00', 'f 00', 'b 10', 'g 10', 'c 20'])
  assert.equal(scene.maxRunning, 4)
})

test('a failed run stops neither other connections nor its own later ticks', async () => {
  const ends = [1, 5, new Error('a bug'), new AppError('WAREHOUSE_FAILED', 'It is down.')]
  const scene = new Scene('2026-11-24T09:59:00Z').add('a', HOURLY, { ends }).add('b', HOURLY)
  scene.start()
  await scene.clock.advance(6 * HOUR)
  await scene.stop()
  assert.equal(scene.all('started').length, 12)
  assert.equal(scene.all('failed').length, 2)
  assert.deepEqual(scene.all('paused'), [])
})

test('backs off after an error that only the operator can fix, longer each time, reported once each', async () => {
  const scene = new Scene('2026-11-24T09:59:00Z')
    .add('a', { type: 'basic', every: '5m' }, { ends: [3, 4, 2, 3, 3, 3, 3] })
    .start()
  await scene.clock.advance(4 * DAY)
  assert.deepEqual(scene.all('started').slice(0, 7), [
    '2026-11-24T10:00',
    '2026-11-24T11:05',
    '2026-11-24T13:10',
    '2026-11-24T17:15',
    '2026-11-25T01:20',
    '2026-11-25T17:25',
    '2026-11-26T17:30',
  ])
  assert.equal(scene.all('paused').length, 7)
  await scene.stop()
  const healthy = scene.all('started').slice(7, 9)
  assert.deepEqual(healthy, ['2026-11-27T17:35', '2026-11-27T17:40'])
})

test('runs at the next tick when the connection file changed after such an error', async () => {
  const scene = new Scene('2026-11-24T09:59:00Z')
    .add('a', { type: 'basic', every: '5m' }, { ends: [3] })
    .start()
  await scene.clock.advance(22 * MINUTE)
  scene.fingerprint = 'second'
  await scene.clock.advance(10 * MINUTE)
  await scene.stop()
  assert.deepEqual(scene.all('started'), [
    '2026-11-24T10:00',
    '2026-11-24T10:25',
    '2026-11-24T10:30',
  ])
})

test('a later successful manual run ends the backoff, an earlier one does not', async () => {
  const scene = new Scene('2026-11-24T09:59:00Z')
    .add('a', { type: 'basic', every: '5m' }, { ends: [4] })
    .start()
  scene.lastSuccessAt = Date.parse('2026-11-24T09:59:00Z')
  await scene.clock.advance(12 * MINUTE)
  scene.lastSuccessAt = scene.clock.now()
  await scene.clock.advance(10 * MINUTE)
  await scene.stop()
  assert.deepEqual(scene.all('started'), [
    '2026-11-24T10:00',
    '2026-11-24T10:15',
    '2026-11-24T10:20',
  ])
  const skipped = ['2026-11-24T10:05 paused', '2026-11-24T10:10 paused']
  assert.deepEqual(scene.all('skipped'), skipped)
  const event = scene.events.find(({ type }) => type === 'skipped')
  assert.equal(
    event && eventText(event, scene.clock.now()),
    '2026-11-24T10:21:00Z a WARNING skipped the tick of 2026-11-24T10:05:00Z: the connection is paused until you fix its error',
  )
})

test('skips and reports a tick while another process is running the connection', async () => {
  const ends = [new AppError('RUN_IN_PROGRESS', 'A run is in progress.')]
  const scene = new Scene('2026-11-24T09:59:00Z').add('a', HOURLY, { ends }).start()
  await scene.clock.advance(2 * HOUR)
  await scene.stop()
  assert.deepEqual(scene.all('skipped'), ['2026-11-24T10:00 running elsewhere'])
  assert.equal(scene.all('ended').length, 1)
})

test('when stopped, waits for the current run and starts none from the queue', async () => {
  const options = { conflictKeys: ['key'], runMs: 10 * MINUTE }
  const scene = new Scene('2026-11-24T09:59:00Z').add('a', HOURLY, options)
  scene.add('b', HOURLY, options).start()
  await scene.clock.advance(5 * MINUTE)
  await scene.stop()
  const names = (type: string) =>
    scene.events.filter((event) => event.type === type).map(({ job }) => job.name)
  assert.deepEqual([names('started'), names('ended'), names('failed')], [['a'], ['a'], []])
  assert.deepEqual([...scene.running], [['a', 0]])
})

test('starts neither too many nor too few runs, whatever the clock does', async () => {
  const step = fc.record({
    jumpMs: fc.oneof(
      fc.constant(0),
      fc.integer({ min: -10_000, max: 10_000 }),
      fc.integer({ min: -5 * DAY, max: 5 * DAY }),
      fc.constantFrom(-5000 * DAY, 5000 * DAY),
    ),
    minutes: fc.integer({ min: 1, max: 200 }),
  })
  const every = fc.constantFrom('5m' as const, '30m' as const, '1h' as const, '3h' as const)
  const steps = fc.array(step, { minLength: 1, maxLength: 8 })
  await fc.assert(
    fc.asyncProperty(every, steps, async (interval, walk) => {
      const scene = new Scene('2026-11-24T09:59:00Z')
        .add('a', { type: 'basic', every: interval })
        .start()
      const intervalMinutes = { '5m': 5, '30m': 30, '1h': 60, '3h': 180 }[interval]
      for (const { jumpMs, minutes } of walk) {
        const before = scene.all('started').length
        scene.clock.jump(jumpMs)
        await scene.clock.advance(minutes * MINUTE)
        const runs = scene.all('started').length - before
        assert.ok(runs <= minutes / intervalMinutes + 2, `${runs} runs in ${minutes} minutes`)
        assert.ok(
          runs >= Math.floor(minutes / intervalMinutes) - 1,
          `${runs} runs in ${minutes} minutes`,
        )
      }
      await scene.stop()
    }),
    { numRuns: 60 },
  )
})
