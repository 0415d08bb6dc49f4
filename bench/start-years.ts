/**
 * Ten simulated years of `start`: two connections, one run of a second per tick. Prints one JSON
 * line per year.
 */

import { RunMetrics } from '../src/runner/scheduler/run-metrics.ts'
import type { RunRecord } from '../src/runner/history/record.ts'
import { createSchedule, type ScheduleSettings } from '../src/runner/schedule/schedule.ts'
import type { Job } from '../src/runner/scheduler/job-loop.ts'
import { Scheduler } from '../src/runner/scheduler/scheduler.ts'
import { MovedClock } from '../test/support/moved-clock.ts'

const YEARS = 10
const YEAR_MS = 365.25 * 86_400_000

const SCHEDULES: readonly ScheduleSettings[] = [
  { type: 'basic', every: '5m' },
  { type: 'cron', expression: '30 2 * * *', timezone: 'Australia/Lord_Howe' },
]

const RECORD: RunRecord = {
  run_id: 'bench',
  connection: 'bench',
  trigger: 'schedule',
  started_at: '2026-01-01T00:00:00Z',
  ended_at: '2026-01-01T00:00:01Z',
  seconds: 1,
  outcome: 'succeeded',
  exit_status: 0,
  error: null,
  requests: 1,
  retries: 0,
  rate_limited: 0,
  streams: [],
}

const clock = new MovedClock('2026-01-01T00:00:00Z')
const controller = new AbortController()
const metrics = new RunMetrics()
let ticks = 0

const jobs = SCHEDULES.map((settings, at): Job => ({
  name: `connection ${at}`,
  schedule: createSchedule(settings, clock.now()),
  lastStartedAt: undefined,
  conflictKeys: ['one key'],
  currentKeys: async () => ['one key'],
  isWanted: async () => true,
  fingerprint: async () => 'the same',
  lastSuccessAt: async () => undefined,
  run: async (_trigger, signal) => {
    ticks++
    await clock.sleep(1000, signal)
    return RECORD
  },
}))

const scheduler = new Scheduler({
  clock,
  signal: controller.signal,
  report: (event) => metrics.note(event),
})
for (const job of jobs) scheduler.add(job)
for (let year = 1; year <= YEARS; year++) {
  ticks = 0
  await clock.advance(YEAR_MS)
  globalThis.gc?.()
  const heapMegabytes = process.memoryUsage().heapUsed / 1024 ** 2
  console.log(JSON.stringify({ year, ticks, heapMegabytes }))
}
controller.abort()
await scheduler.ended()
