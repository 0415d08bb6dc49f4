/** Runs connections on their schedules: any number of them in one process. */

import { AppError, exitStatusOf } from '../../errors.ts'
import type { RunRecord } from '../history/record.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { backoffAfter, isBackingOff, needsOperator, type Backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import { RunQueue } from './run-queue.ts'
import { advancePlan, initialPlan, sleepMs, type Due, type Plan } from './tick.ts'

/** A connection and its schedule. */
export interface Job {
  name: string
  schedule: Schedule
  /**
   * Start of the last run that handled its ticks, from the history. One catch-up run handles later
   * ones.
   */
  lastStartedAt: number | undefined
  /** Runs of jobs with a key in common run one after the other. */
  conflictKeys: readonly string[]
  /**
   * Runs the connection once. Throws RUN_UNDER_WAY when another process is running it, and an
   * AppError when the run cannot start.
   */
  run: (trigger: 'schedule' | 'catch_up', signal: AbortSignal) => Promise<RunRecord>
  /** Changes when the connection file changes. Never throws. */
  fingerprint: () => Promise<string>
  /** Start of the last successful run of all streams, manual runs included. Never throws. */
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
  /** Ends the scheduler: no further run starts, and runs in progress are stopped. */
  signal: AbortSignal
  /** Called with every event, in order. Must not throw. */
  report: (event: SchedulerEvent) => void
}

/** Runs one job on its schedule until the signal is aborted. */
class JobLoop {
  readonly #job: Job
  readonly #options: SchedulerOptions
  readonly #queue: RunQueue
  #running: Promise<void> | undefined
  #backoff: Backoff | undefined

  constructor(job: Job, options: SchedulerOptions, queue: RunQueue) {
    this.#job = job
    this.#options = options
    this.#queue = queue
  }

  /** Returns when the signal is aborted and the current run has ended. */
  async follow(): Promise<void> {
    const { clock, signal, report } = this.#options
    const { schedule, lastStartedAt } = this.#job
    let plan: Plan = initialPlan(schedule, clock.now(), lastStartedAt)
    let reportedNext: number | undefined
    while (!signal.aborted) {
      const advanced = advancePlan(schedule, plan, clock.now())
      plan = advanced.plan
      if (advanced.due) await this.#handle(advanced.due)
      if (plan.next !== undefined && plan.next !== reportedNext)
        report({ job: this.#job, type: 'waiting', next: plan.next })
      reportedNext = plan.next
      await clock.sleep(sleepMs(plan, clock.now()), signal)
    }
    await this.#running
  }

  /**
   * Starts a run without waiting for its end, so later ticks see that it is running. Jobs that are
   * due at the same time enter the queue in their order.
   */
  async #handle(due: Due): Promise<void> {
    if (this.#running) {
      this.#skip(due.tick, 'still running')
      return
    }
    if (this.#backoff && (await this.#isBackingOff(this.#backoff))) {
      this.#skip(due.tick, 'paused')
      return
    }
    this.#running = this.#run(due).finally(() => (this.#running = undefined))
  }

  async #isBackingOff(backoff: Backoff): Promise<boolean> {
    const fingerprint = await this.#job.fingerprint()
    const lastSuccessAt = await this.#job.lastSuccessAt()
    return isBackingOff(backoff, this.#options.clock.now(), { fingerprint, lastSuccessAt })
  }

  #skip(tick: number, reason: SkipReason): void {
    this.#options.report({ job: this.#job, type: 'skipped', tick, reason })
  }

  /** Never throws: a failed connection does not stop the others. */
  async #run({ tick, isMissed }: Due): Promise<void> {
    const { signal, report } = this.#options
    const job = this.#job
    let fingerprint = ''
    try {
      const record = await this.#queue.run(job.conflictKeys, signal, async () => {
        fingerprint = await job.fingerprint()
        report({ job, type: 'started', tick, isMissed })
        return job.run(isMissed ? 'catch_up' : 'schedule', signal)
      })
      report({ job, type: 'ended', record })
      this.#updateBackoff(record.exit_status, fingerprint)
    } catch (error) {
      if (signal.aborted) return
      if (error instanceof AppError && error.code === 'RUN_UNDER_WAY') {
        this.#skip(tick, 'running elsewhere')
        return
      }
      report({ job, type: 'failed', error })
      this.#updateBackoff(exitStatusOf(error), fingerprint)
    }
  }

  #updateBackoff(exitStatus: number | null, fingerprint: string): void {
    const { clock, report } = this.#options
    if (!needsOperator(exitStatus)) {
      this.#backoff = undefined
      return
    }
    this.#backoff = backoffAfter(this.#backoff, clock.now(), fingerprint)
    report({ job: this.#job, type: 'paused', until: this.#backoff.until })
  }
}

/**
 * Runs all jobs on their schedules until the signal is aborted. Returns when no run is in progress
 * any more. A failed run stops nothing.
 */
export async function followSchedules(
  jobs: readonly Job[],
  options: SchedulerOptions,
): Promise<void> {
  const queue = new RunQueue()
  await Promise.all(jobs.map(async (job) => new JobLoop(job, options, queue).follow()))
}
