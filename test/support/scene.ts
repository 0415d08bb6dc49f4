/** Schedules followed on a moved clock, their runs noted instead of made. */

import assert from 'node:assert/strict'
import type { RunRecord } from '../../src/runner/history/record.ts'
import { createSchedule, type ScheduleSettings } from '../../src/runner/schedule/schedule.ts'
import {
  followSchedules,
  type Job,
  type SchedulerEvent,
} from '../../src/runner/scheduler/scheduler.ts'
import { MovedClock } from './moved-clock.ts'

export interface JobOptions {
  lastStartedAt?: string
  shares?: string[]
  /** How long a run takes. */
  runMs?: number
  /** What the next run ends with; 0 when there are no more. */
  ends?: (number | Error)[]
}

function record(exitStatus: number): RunRecord {
  const outcome = exitStatus === 0 ? 'succeeded' : 'failed'
  return { exit_status: exitStatus, outcome } as RunRecord
}

export class Scene {
  readonly clock: MovedClock
  readonly events: SchedulerEvent[] = []
  readonly underWay = new Map<string, number>()
  mostAtOnce = 0
  fingerprint = 'first'
  /** Of a run by hand. */
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
      shares: options.shares ?? [name],
      fingerprint: async () => this.fingerprint,
      lastSuccessAt: async () => this.lastSuccessAt,
      run: async (_trigger, signal) => {
        this.underWay.set(name, (this.underWay.get(name) ?? 0) + 1)
        assert.equal(this.underWay.get(name), 1, 'two runs of one connection')
        const all = [...this.underWay.values()].reduce((sum, count) => sum + count, 0)
        this.mostAtOnce = Math.max(this.mostAtOnce, all)
        await this.clock.sleep(options.runMs ?? 10, signal)
        this.underWay.set(name, 0)
        const end = ends.shift() ?? 0
        if (end instanceof Error) throw end
        return signal.aborted ? record(143) : record(end)
      },
    })
    return this
  }

  start(): this {
    this.#followed = followSchedules(this.#jobs, {
      clock: this.clock,
      signal: this.#controller.signal,
      report: (event) => {
        this.events.push(event)
        this.times.push(this.clock.now())
      },
    })
    return this
  }

  readonly times: number[] = []

  /** Events of a kind: when, and what. */
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
