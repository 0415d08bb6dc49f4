/** Follows schedules on a simulated clock and records their runs instead of syncing. */

import assert from 'node:assert/strict'
import type { RunRecord } from '../../src/runner/history/record.ts'
import { createSchedule, type ScheduleSettings } from '../../src/runner/schedule/schedule.ts'
import type { Backoff } from '../../src/runner/pause/backoff.ts'
import type { Job, JobLoop, SchedulerEvent } from '../../src/runner/scheduler/job-loop.ts'
import { Scheduler } from '../../src/runner/scheduler/scheduler.ts'
import { MovedClock } from './moved-clock.ts'

export interface JobOptions {
  lastStartedAt?: string
  conflictKeys?: string[]
  /** How long a run takes. */
  runMs?: number
  /** Exit status or error of each run in order, then 0. */
  ends?: (number | Error)[]
  /** The pause that an earlier process left. */
  backoff?: Backoff
  enqueue?: Job['enqueue']
}

function record(exitStatus: number): RunRecord {
  const outcome = exitStatus === 0 ? 'succeeded' : 'failed'
  return { exit_status: exitStatus, outcome } as RunRecord
}

export class Scene {
  readonly clock: MovedClock
  readonly events: SchedulerEvent[] = []
  readonly running = new Map<string, number>()
  maxRunning = 0
  fingerprint = 'first'
  /** The conflict keys of the files as they are now. @default those of the jobs */
  currentKeys: string[] | undefined
  /** Whether the files still have their schedules. */
  isWanted = true
  /** Start of a successful manual run. */
  lastSuccessAt: number | undefined
  readonly #controller = new AbortController()
  readonly #jobs: Job[] = []
  #followed: Promise<void> | undefined

  constructor(start: string) {
    this.clock = new MovedClock(start)
  }

  add(name: string, settings: ScheduleSettings, options: JobOptions = {}): this {
    const ends = [...(options.ends ?? [])]
    this.#jobs.push({
      name,
      schedule: createSchedule(settings, this.clock.now()),
      lastStartedAt:
        options.lastStartedAt === undefined ? undefined : Date.parse(options.lastStartedAt),
      conflictKeys: options.conflictKeys ?? [name],
      currentKeys: async () => this.currentKeys ?? options.conflictKeys ?? [name],
      fingerprint: async () => this.fingerprint,
      lastSuccessAt: async () => this.lastSuccessAt,
      backoff: options.backoff,
      isWanted: async () => this.isWanted,
      enqueue: options.enqueue,
      run: async (_trigger, signal) => {
        this.running.set(name, (this.running.get(name) ?? 0) + 1)
        assert.equal(this.running.get(name), 1, 'two runs of one connection at a time')
        const runningCount = [...this.running.values()].reduce((sum, count) => sum + count, 0)
        this.maxRunning = Math.max(this.maxRunning, runningCount)
        await this.clock.sleep(options.runMs ?? 10, signal)
        this.running.set(name, 0)
        const end = ends.shift() ?? 0
        if (end instanceof Error) throw end
        return signal.aborted ? record(143) : record(end)
      },
    })
    return this
  }

  start(): this {
    const scheduler = new Scheduler({
      clock: this.clock,
      signal: this.#controller.signal,
      report: (event) => {
        this.events.push(event)
        this.times.push(this.clock.now())
      },
    })
    for (const job of this.#jobs) this.loops.set(job.name, scheduler.add(job))
    this.#followed = scheduler.ended()
    return this
  }

  /** Gives a running job another schedule. */
  reschedule(name: string, settings: ScheduleSettings): void {
    const job = this.#jobs.find((one) => one.name === name)
    assert.ok(job)
    const schedule = createSchedule(settings, this.clock.now())
    this.loops.get(name)?.update({ ...job, schedule })
  }

  readonly loops = new Map<string, JobLoop>()
  readonly times: number[] = []

  /** Time and details of every event of a type. */
  all(type: SchedulerEvent['type']): string[] {
    return this.events.flatMap((event, at) => {
      if (event.type !== type) return []
      const time = new Date(this.times[at] ?? 0).toISOString().slice(0, 16)
      const late = event.type === 'started' && event.isMissed ? ' missed' : ''
      const reason = event.type === 'skipped' ? ` ${event.reason}` : ''
      return [`${time}${late}${reason}`]
    })
  }

  async stop(): Promise<void> {
    this.#controller.abort(new Error('stop'))
    await this.#followed
  }
}
