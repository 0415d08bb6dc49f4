import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ScheduleSettings } from '../../../src/runner/schedule/schedule.ts'
import type { SchedulerEvent } from '../../../src/runner/scheduler/job-loop.ts'
import { Scene } from '../../support/scene.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const HOURLY: ScheduleSettings = { type: 'basic', every: '1h' }
const DAILY: ScheduleSettings = { type: 'basic', every: '24h', start_at: '02:00' }

/** The instants of the reported next runs, minutes only. */
function nexts(events: readonly SchedulerEvent[]): string[] {
  return events.flatMap((event) =>
    event.type === 'waiting' ? [new Date(event.next).toISOString().slice(0, 16)] : [],
  )
}

test('a changed schedule counts at once, without a catch-up run', async () => {
  const scene = new Scene('2026-11-24T09:30:10Z')
    .add('a', DAILY, { lastStartedAt: '2026-11-24T02:00:00Z' })
    .start()
  await scene.clock.advance(10 * MINUTE)
  scene.reschedule('a', HOURLY)
  await scene.clock.advance(2 * HOUR)
  scene.reschedule('a', DAILY)
  await scene.clock.advance(3 * HOUR)
  await scene.stop()
  assert.deepEqual(scene.all('started'), ['2026-11-24T10:00', '2026-11-24T11:00'])
  assert.deepEqual(nexts(scene.events).slice(0, 2), ['2026-11-25T02:00', '2026-11-24T10:00'])
  assert.equal(nexts(scene.events).at(-1), '2026-11-25T02:00')
})

test('a tick seconds after the change is on time', async () => {
  const scene = new Scene('2026-11-24T09:59:30Z').add('a', DAILY).start()
  await scene.clock.advance(5000)
  scene.reschedule('a', HOURLY)
  await scene.clock.advance(MINUTE)
  await scene.stop()
  const at = scene.events.findIndex(({ type }) => type === 'started')
  assert.equal(scene.times[at], Date.parse('2026-11-24T10:00:00Z'))
})

test('the same schedule again loses no tick', async () => {
  const scene = new Scene('2026-11-24T09:30:00Z').add('a', HOURLY).start()
  for (let minute = 0; minute < 180; minute++) {
    await scene.clock.advance(MINUTE)
    scene.reschedule('a', HOURLY)
  }
  await scene.stop()
  assert.deepEqual(scene.all('started').length, 3)
})

test('a removed job starts no run any more, not even one that waits; one in progress continues to its end', async () => {
  const options = { conflictKeys: ['one key'], runMs: 10 * MINUTE }
  const scene = new Scene('2026-11-24T09:59:00Z')
    .add('a', HOURLY, options)
    .add('b', HOURLY, options)
    .start()
  await scene.clock.advance(5 * MINUTE)
  scene.loops.get('a')?.remove()
  scene.loops.get('b')?.remove()
  await scene.clock.advance(3 * HOUR)
  const names = (type: string) =>
    scene.events.filter((event) => event.type === type).map(({ job }) => job.name)
  assert.deepEqual([names('started'), names('ended'), names('failed')], [['a'], ['a'], []])
  await scene.stop()
})

test('a paused job reports the first tick after its pause as the next run', async () => {
  const scene = new Scene('2026-11-24T09:59:00Z')
    .add('a', { type: 'basic', every: '30m' }, { ends: [3] })
    .start()
  await scene.clock.advance(10 * MINUTE)
  const paused = scene.events.find((event) => event.type === 'paused')
  assert.equal(paused?.next, Date.parse('2026-11-24T11:30:00Z'))
  assert.equal(nexts(scene.events).at(-1), '2026-11-24T11:30')
  await scene.clock.advance(40 * MINUTE)
  assert.equal(nexts(scene.events).at(-1), '2026-11-24T11:30')
  await scene.clock.advance(2 * HOUR)
  await scene.stop()
  assert.deepEqual(scene.all('started'), [
    '2026-11-24T10:00',
    '2026-11-24T11:30',
    '2026-11-24T12:00',
    '2026-11-24T12:30',
  ])
  assert.deepEqual(scene.all('skipped'), ['2026-11-24T10:30 paused', '2026-11-24T11:00 paused'])
  assert.deepEqual(scene.all('resumed'), ['2026-11-24T11:01'])
})

test('a changed file or a successful manual run ends the pause within a minute', async () => {
  for (const what of ['file', 'manual run']) {
    const scene = new Scene('2026-11-24T09:59:00Z')
      .add('a', { type: 'basic', every: '30m' }, { ends: [3] })
      .start()
    await scene.clock.advance(10 * MINUTE)
    if (what === 'file') scene.fingerprint = 'second'
    else scene.lastSuccessAt = scene.clock.now()
    await scene.clock.advance(MINUTE)
    assert.equal(scene.all('resumed').length, 1, what)
    assert.equal(nexts(scene.events).at(-1), '2026-11-24T10:30', what)
    await scene.stop()
  }
})

test('the pause of an earlier process goes on, and the next failure doubles it', async () => {
  const since = Date.parse('2026-11-24T09:10:00Z')
  const backoff = { since, until: since + HOUR, failures: 1, fingerprint: 'first', exitStatus: 3 }
  const scene = new Scene('2026-11-24T09:59:00Z')
    .add('a', { type: 'basic', every: '30m' }, { backoff, ends: [3] })
    .start()
  await scene.clock.advance(4 * HOUR)
  await scene.stop()
  assert.deepEqual(scene.all('paused'), ['2026-11-24T09:59', '2026-11-24T10:30'])
  assert.deepEqual(scene.all('skipped').slice(0, 1), ['2026-11-24T10:00 paused'])
  assert.deepEqual(scene.all('started').slice(0, 2), ['2026-11-24T10:30', '2026-11-24T13:00'])
  const untils = scene.events.flatMap((event) => (event.type === 'paused' ? [event.until] : []))
  assert.equal((untils[1] ?? 0) - Date.parse('2026-11-24T10:30:00Z') >= 2 * HOUR, true)
})

test('a pause of an earlier process is over after its time, a changed file or a successful run', async () => {
  const since = Date.parse('2026-11-24T09:10:00Z')
  const backoff = { since, until: since + HOUR, failures: 1, fingerprint: 'first', exitStatus: 3 }
  for (const what of ['time', 'file', 'manual run']) {
    const scene = new Scene(what === 'time' ? '2026-11-24T10:11:00Z' : '2026-11-24T09:59:00Z')
    if (what === 'file') scene.fingerprint = 'second'
    if (what === 'manual run') scene.lastSuccessAt = since + MINUTE
    scene.add('a', { type: 'basic', every: '30m' }, { backoff }).start()
    await scene.clock.advance(HOUR)
    await scene.stop()
    assert.deepEqual([scene.all('paused'), scene.all('skipped')], [[], []], what)
  }
})

test('the pause of an earlier process that is over still doubles the next one', async () => {
  const since = Date.parse('2026-11-23T02:00:00Z')
  const backoff = { since, until: since + HOUR, failures: 1, fingerprint: 'first', exitStatus: 3 }
  const scene = new Scene('2026-11-24T01:30:00Z').add('a', DAILY, { backoff, ends: [3] }).start()
  await scene.clock.advance(HOUR)
  await scene.stop()
  const [paused, ...others] = scene.events.flatMap((event) =>
    event.type === 'paused' ? [event.backoff] : [],
  )
  assert.deepEqual(others, [])
  assert.deepEqual([paused?.failures, (paused?.until ?? 0) - (paused?.since ?? 0)], [2, 2 * HOUR])
})

test('a pause that ends by time keeps its backoff, and one that a changed file ends does not', async () => {
  for (const what of ['time', 'file']) {
    const scene = new Scene('2026-11-24T01:59:00Z').add('a', DAILY, { ends: [3] }).start()
    await scene.clock.advance(10 * MINUTE)
    if (what === 'file') scene.fingerprint = 'second'
    await scene.clock.advance(2 * HOUR)
    await scene.stop()
    const kept = scene.events.flatMap((event) => (event.type === 'resumed' ? [event.backoff] : []))
    assert.deepEqual(
      kept.map((backoff) => backoff?.failures),
      [what === 'time' ? 1 : undefined],
    )
  }
})

test('a removed job whose last run fails reports no pause and no next run', async () => {
  const options = { runMs: 10 * MINUTE, ends: [3] }
  const scene = new Scene('2026-11-24T09:59:00Z').add('a', HOURLY, options).start()
  await scene.clock.advance(5 * MINUTE)
  scene.loops.get('a')?.remove()
  const before = scene.events.length
  await scene.clock.advance(3 * HOUR)
  await scene.stop()
  assert.deepEqual(
    scene.events.slice(before).map(({ type }) => type),
    ['ended'],
  )
})

test('a new version of a job reports its next run, also when that is the same', async () => {
  const scene = new Scene('2026-11-24T09:30:00Z').add('a', HOURLY).start()
  await scene.clock.advance(MINUTE)
  scene.reschedule('a', HOURLY)
  await scene.clock.advance(MINUTE)
  await scene.stop()
  assert.deepEqual(nexts(scene.events), ['2026-11-24T10:00', '2026-11-24T10:00'])
})

test('a run takes the conflict keys of the file as it is when its turn comes', async () => {
  const scene = new Scene('2026-11-24T09:59:00Z')
    .add('a', HOURLY, { conflictKeys: ['shared.duckdb'], runMs: 10 * MINUTE })
    .add('b', HOURLY, { conflictKeys: ['own.duckdb'], runMs: 10 * MINUTE })
    .start()
  scene.currentKeys = ['shared.duckdb']
  await scene.clock.advance(30 * MINUTE)
  await scene.stop()
  assert.equal(scene.maxRunning, 1)
  assert.deepEqual(
    scene.events.filter(({ type }) => type === 'ended').map(({ job }) => job.name),
    ['a', 'b'],
  )
})

test('a connection that was paused or deleted just before its tick starts no run', async () => {
  const scene = new Scene('2026-11-24T09:59:30Z').add('a', HOURLY).start()
  scene.isWanted = false
  await scene.clock.advance(5 * MINUTE)
  assert.deepEqual([scene.all('started'), scene.all('failed')], [[], []])
  scene.isWanted = true
  await scene.clock.advance(HOUR)
  await scene.stop()
  assert.deepEqual(scene.all('started'), ['2026-11-24T11:00'])
})

test('a run that waits for its turn can be cancelled, and the next tick counts', async () => {
  const cancel = new AbortController()
  const log: string[] = []
  const enqueue = (trigger: string) => {
    log.push(trigger)
    return { signal: cancel.signal, leave: () => log.push('left') }
  }
  const busy = { conflictKeys: ['one key'], runMs: 10 * MINUTE }
  const scene = new Scene('2026-11-24T09:59:00Z')
    .add('a', HOURLY, busy)
    .add('b', HOURLY, { ...busy, enqueue })
    .start()
  await scene.clock.advance(5 * MINUTE)
  assert.deepEqual(log, ['schedule'])
  cancel.abort(new Error('cancelled'))
  await scene.clock.advance(10 * MINUTE)
  assert.deepEqual(log, ['schedule', 'left'])
  const names = (type: string) =>
    scene.events.filter((event) => event.type === type).map(({ job }) => job.name)
  assert.deepEqual([names('started'), names('failed')], [['a'], []])
  await scene.stop()
})
