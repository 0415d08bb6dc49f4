/** Follows schedules: waits, starts runs, skips what would overlap, catches up once. One process, any number of connections. */

import { AppError, exitStatusOf } from '../../errors.ts'
import type { Clock } from './clock.ts'
import { needsOperator, isBackingOff, backoffAfter, type Backoff } from './backoff.ts'
import type { RunRecord } from '../history/record.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { firstPlan, look, sleepMs, type Due, type Plan } from './tick.ts'
import { RunQueue } from './run-queue.ts'

/** A connection and its schedule. */
export interface Job {
  name: string
  schedule: Schedule
  /** When its last run began that served its ticks, as far as its history knows. Ticks since then are caught up by one run. */
  lastStartedAt: number | undefined
  /** What it shares with other jobs: runs that name the same take turns. */
  shares: readonly string[]
  /** One run. Throws RUN_UNDER_WAY where another process has one, an AppError where it could not begin. */
  run: (trigger: 'schedule' | 'catch_up', signal: AbortSignal) => Promise<RunRecord>
  /** Changes when the connection's file does. Never throws. */
  fingerprint: () => Promise<string>
  /** When the last run began that read everything and succeeded, whoever made it. Never throws. */
  lastSuccessAt: () => Promise<number | undefined>
}

export type SkipReason = 'still running' | 'running elsewhere' | 'paused'

export type SchedulerEvent = { job: Job } & (
  | { type: 'waiting'; next: number }
  | { type: 'started'; tick: number; isMissed: boolean }
  | { type: 'ended'; record: RunRecord }
  | { type: 'failed'; error: unknown }
  | { type: 'skipped'; tick: number; reason: SkipReason }
  | { type: 'paused'; until: number }
)

export interface SchedulerOptions {
  clock: Clock
  /** Ends the scheduler: no run begins any more, and those under way are stopped. */
  signal: AbortSignal
  /** Called with all that happens, in order. Must not throw. */
  report: (event: SchedulerEvent) => void
}

/** One job, followed until the signal. */
class Follower {
  readonly #job: Job
  readonly #options: SchedulerOptions
  readonly #turns: RunQueue
  #running: Promise<void> | undefined
  #pause: Backoff | undefined

  constructor(job: Job, options: SchedulerOptions, turns: RunQueue) {
    this.#job = job
    this.#options = options
    this.#turns = turns
  }

  /** Returns when the signal is aborted and the run under way has ended. */
  async follow(): Promise<void> {
    const { clock, signal, report } = this.#options
    const { schedule, lastStartedAt } = this.#job
    let plan: Plan = firstPlan(schedule, clock.now(), lastStartedAt)
    let told: number | undefined
    while (!signal.aborted) {
      const looked = look(schedule, plan, clock.now())
      plan = looked.plan
      if (looked.due) await this.#serve(looked.due)
      if (plan.next !== undefined && plan.next !== told)
        report({ job: this.#job, type: 'waiting', next: plan.next })
      told = plan.next
      await clock.sleep(sleepMs(plan, clock.now()), signal)
    }
    await this.#running
  }

  /** Starts a run, and does not wait for its end: later ticks must find it. Jobs that are due at once get in line in their order. */
  async #serve(due: Due): Promise<void> {
    if (this.#running) {
      this.#skip(due.tick, 'still running')
      return
    }
    if (this.#pause && (await this.#isPaused(this.#pause))) {
      this.#skip(due.tick, 'paused')
      return
    }
    this.#running = this.#run(due).finally(() => (this.#running = undefined))
  }

  async #isPaused(pause: Backoff): Promise<boolean> {
    const fingerprint = await this.#job.fingerprint()
    const lastSuccessAt = await this.#job.lastSuccessAt()
    return isBackingOff(pause, this.#options.clock.now(), { fingerprint, lastSuccessAt })
  }

  #skip(tick: number, reason: SkipReason): void {
    this.#options.report({ job: this.#job, type: 'skipped', tick, reason })
  }

  /** Never throws: a connection's failure is its own. */
  async #run({ tick, isMissed }: Due): Promise<void> {
    const { signal, report } = this.#options
    const job = this.#job
    let fingerprint = ''
    try {
      const record = await this.#turns.take(job.shares, signal, async () => {
        fingerprint = await job.fingerprint()
        report({ job, type: 'started', tick, isMissed })
        return job.run(isMissed ? 'catch_up' : 'schedule', signal)
      })
      report({ job, type: 'ended', record })
      this.#judge(record.exit_status, fingerprint)
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof AppError && error.code === 'RUN_UNDER_WAY') {
        this.#skip(tick, 'running elsewhere')
        return
      }
      report({ job, type: 'failed', error })
      this.#judge(exitStatusOf(error), fingerprint)
    }
  }

  #judge(exitStatus: number | null, fingerprint: string): void {
    const { clock, report } = this.#options
    if (!needsOperator(exitStatus)) {
      this.#pause = undefined
      return
    }
    this.#pause = backoffAfter(this.#pause, clock.now(), fingerprint)
    report({ job: this.#job, type: 'paused', until: this.#pause.until })
  }
}

/** Follows all jobs until the signal, and returns when no run is under way any more. A run that fails ends nothing. */
export async function followSchedules(
  jobs: readonly Job[],
  options: SchedulerOptions,
): Promise<void> {
  const turns = new RunQueue()
  await Promise.all(jobs.map(async (job) => new Follower(job, options, turns).follow()))
}
