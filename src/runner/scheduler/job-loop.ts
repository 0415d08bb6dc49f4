/** Runs one connection on its schedule. */

import { AppError, exitStatusOf } from '../../errors.ts'
import type { RunRecord } from '../history/record.ts'
import type { Schedule } from '../schedule/schedule.ts'
import { backoffAfter, isBackingOff, needsOperator, nextTry, type Backoff } from './backoff.ts'
import type { Clock } from './clock.ts'
import type { RunQueue } from './run-queue.ts'
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
  /** The pause that an earlier process left. Counts when the loop starts. */
  backoff?: Backoff | undefined
}

export type SkipReason = 'still running' | 'running elsewhere' | 'paused'

export type SchedulerEvent = { job: Job } & (
  | { type: 'waiting'; next: number }
  | { type: 'started'; tick: number; isMissed: boolean }
  | { type: 'ended'; record: RunRecord }
  | { type: 'failed'; error: unknown }
  | { type: 'skipped'; tick: number; reason: SkipReason }
  | { type: 'paused'; until: number; next: number | undefined; backoff: Backoff }
  | { type: 'resumed' }
)

export interface SchedulerOptions {
  clock: Clock
  /** Ends the scheduler: no further run starts, and runs in progress are stopped. */
  signal: AbortSignal
  /** Called with every event, in order. Must not throw. */
  report: (event: SchedulerEvent) => void
}

/** Runs one job on its schedule until the signal is aborted or the job is removed. */
export class JobLoop {
  #job: Job
  readonly #options: SchedulerOptions
  readonly #queue: RunQueue
  readonly #removed = new AbortController()
  #wake = new AbortController()
  #plan: Plan
  #reportedNext: number | undefined
  #running: Promise<void> | undefined
  #backoff: Backoff | undefined
  #isPaused = false

  constructor(job: Job, options: SchedulerOptions, queue: RunQueue) {
    this.#job = job
    this.#options = options
    this.#queue = queue
    this.#plan = initialPlan(job.schedule, options.clock.now(), job.lastStartedAt)
    options.signal.addEventListener('abort', () => this.#wake.abort(), { once: true })
  }

  /** Takes a new version of the job. A changed schedule counts from now, without a catch-up run. */
  update(job: Job): void {
    const isRescheduled = job.schedule.text !== this.#job.schedule.text
    this.#job = job
    if (isRescheduled) this.#plan = initialPlan(job.schedule, this.#options.clock.now(), undefined)
    this.#wake.abort()
  }

  /** Starts no further run. A run in progress continues to its end. */
  remove(): void {
    this.#removed.abort()
    this.#wake.abort()
  }

  /** Returns when the loop was stopped or removed and the current run has ended. */
  async follow(): Promise<void> {
    const { clock } = this.#options
    await this.#keepPause()
    while (!this.#isEnding()) {
      const { plan, due } = advancePlan(this.#job.schedule, this.#plan, clock.now())
      this.#plan = plan
      await this.#endPause()
      if (this.#isEnding()) break
      if (due) this.#handle(due)
      this.#reportNext()
      this.#wake = new AbortController()
      await clock.sleep(sleepMs(this.#plan, clock.now()), this.#wake.signal)
    }
    await this.#running
  }

  #isEnding(): boolean {
    return this.#options.signal.aborted || this.#removed.signal.aborted
  }

  /**
   * Starts a run without waiting for its end, so later ticks see that it is running. Jobs that are
   * due at the same time enter the queue in their order.
   */
  #handle(due: Due): void {
    if (this.#running) this.#skip(due.tick, 'still running')
    else if (this.#isPaused) this.#skip(due.tick, 'paused')
    else this.#running = this.#run(due).finally(() => (this.#running = undefined))
  }

  /** Whether the time is not over, the file is the same, and no manual run succeeded. */
  async #isBackingOff(backoff: Backoff): Promise<boolean> {
    const fingerprint = await this.#job.fingerprint()
    const lastSuccessAt = await this.#job.lastSuccessAt()
    return isBackingOff(backoff, this.#options.clock.now(), { fingerprint, lastSuccessAt })
  }

  /** Goes on with the pause of an earlier process. */
  async #keepPause(): Promise<void> {
    const { backoff } = this.#job
    if (backoff && (await this.#isBackingOff(backoff))) this.#pause(backoff)
  }

  async #endPause(): Promise<void> {
    if (!this.#isPaused || !this.#backoff || (await this.#isBackingOff(this.#backoff))) return
    this.#isPaused = false
    this.#options.report({ job: this.#job, type: 'resumed' })
  }

  #pause(backoff: Backoff): void {
    this.#backoff = backoff
    this.#isPaused = true
    const { until } = backoff
    this.#options.report({ job: this.#job, type: 'paused', until, next: this.#nextTry(), backoff })
  }

  #nextTry(): number | undefined {
    const { schedule } = this.#job
    return this.#isPaused && this.#backoff ? nextTry(schedule, this.#backoff) : this.#plan.next
  }

  #reportNext(): void {
    const next = this.#nextTry()
    if (next !== undefined && next !== this.#reportedNext)
      this.#options.report({ job: this.#job, type: 'waiting', next })
    this.#reportedNext = next
  }

  #skip(tick: number, reason: SkipReason): void {
    this.#options.report({ job: this.#job, type: 'skipped', tick, reason })
  }

  /** Never throws: a failed connection does not stop the others. */
  async #run({ tick, isMissed }: Due): Promise<void> {
    const { signal, report } = this.#options
    const job = this.#job
    let fingerprint: string | undefined
    const waiting = AbortSignal.any([signal, this.#removed.signal])
    try {
      const record = await this.#queue.run(job.conflictKeys, waiting, async () => {
        fingerprint = await job.fingerprint()
        report({ job, type: 'started', tick, isMissed })
        return job.run(isMissed ? 'catch_up' : 'schedule', signal)
      })
      report({ job, type: 'ended', record })
      this.#updateBackoff(record.exit_status, fingerprint ?? '')
    } catch (error) {
      const isRemoved = fingerprint === undefined && waiting.aborted
      if (signal.aborted || isRemoved) return
      if (error instanceof AppError && error.code === 'RUN_UNDER_WAY') {
        this.#skip(tick, 'running elsewhere')
        return
      }
      report({ job, type: 'failed', error })
      this.#updateBackoff(exitStatusOf(error), fingerprint ?? '')
    }
  }

  #updateBackoff(exitStatus: number | null, fingerprint: string): void {
    if (!needsOperator(exitStatus)) {
      this.#backoff = undefined
      return
    }
    this.#pause(backoffAfter(this.#backoff, this.#options.clock.now(), fingerprint))
    this.#reportNext()
  }
}
