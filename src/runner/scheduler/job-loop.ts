/** Runs one connection on its schedule. */

import { AppError, exitStatusOf } from '../../errors.ts'
import type { RunRecord } from '../history/record.ts'
import { nextTry, type Backoff } from '../pause/backoff.ts'
import { Pause, type PausedConnection } from '../pause/pause.ts'
import type { Schedule } from '../schedule/schedule.ts'
import type { Clock } from './clock.ts'
import type { RunQueue } from './run-queue.ts'
import { advancePlan, initialPlan, sleepMs, type Due, type Plan } from './tick.ts'

export type ScheduledTrigger = 'schedule' | 'catch_up'

/** A run that waits for its turn, where others can see and cancel it. */
export interface QueuedRun {
  /** Aborted when somebody cancels the wait. */
  signal: AbortSignal
  /** Called when the wait is over and no run has begun, and after the run. */
  leave: () => void
}

/** A connection and its schedule. */
export interface Job extends PausedConnection {
  name: string
  schedule: Schedule
  /**
   * Start of the last run that handled its ticks, from the history. One catch-up run handles later
   * ones.
   */
  lastStartedAt: number | undefined
  /** Runs of jobs with a key in common run one after the other. */
  conflictKeys: readonly string[]
  /** The keys of the file as it is now. Never throws. */
  currentKeys: () => Promise<readonly string[]>
  /** Whether the file still exists and has a schedule, when a run has its turn. Never throws. */
  isWanted: () => Promise<boolean>
  /** Called when a run begins to wait for its turn. */
  enqueue?: ((trigger: ScheduledTrigger) => QueuedRun | undefined) | undefined
  /**
   * Runs the connection once. Throws RUN_IN_PROGRESS when another process is running it, and an
   * AppError when the run cannot start.
   */
  run: (trigger: ScheduledTrigger, signal: AbortSignal) => Promise<RunRecord>
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
  /** The backoff counts for the next failure when only its time is over. */
  | { type: 'resumed'; backoff: Backoff | undefined }
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
  readonly #pause: Pause
  #wake = new AbortController()
  #plan: Plan
  #reportedNext: number | undefined
  #running: Promise<void> | undefined

  constructor(job: Job, options: SchedulerOptions, queue: RunQueue) {
    this.#job = job
    this.#options = options
    this.#queue = queue
    this.#pause = new Pause(options.clock.now)
    this.#plan = initialPlan(job.schedule, options.clock.now(), job.lastStartedAt)
  }

  /**
   * Takes a new version of the job, and reports its next run again. A changed schedule counts from
   * now, without a catch-up run.
   */
  update(job: Job): void {
    const isRescheduled = job.schedule.text !== this.#job.schedule.text
    this.#job = job
    this.#reportedNext = undefined
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
    const { clock, signal } = this.#options
    const wake = () => this.#wake.abort()
    signal.addEventListener('abort', wake, { once: true })
    const { backoff } = this.#job
    if (backoff) await this.#pause.keep(backoff, this.#job)
    this.#reportPause()
    while (!this.#isEnding()) {
      const { plan, due } = advancePlan(this.#job.schedule, this.#plan, clock.now())
      this.#plan = plan
      const hasResumed = await this.#pause.hasEnded(this.#job)
      if (this.#isEnding()) break
      if (hasResumed)
        this.#options.report({ job: this.#job, type: 'resumed', backoff: this.#pause.last })
      if (due) this.#handle(due)
      this.#reportNext()
      this.#wake = new AbortController()
      await clock.sleep(sleepMs(this.#plan, clock.now()), this.#wake.signal)
    }
    signal.removeEventListener('abort', wake)
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
    else if (this.#pause.active) this.#skip(due.tick, 'paused')
    else this.#running = this.#run(due).finally(() => (this.#running = undefined))
  }

  #nextTry(): number | undefined {
    const { active } = this.#pause
    return active ? nextTry(this.#job.schedule, active) : this.#plan.next
  }

  /** A removed job promises no next run, and its name may belong to another job by now. */
  #reportPause(): void {
    const backoff = this.#pause.active
    if (!backoff || this.#removed.signal.aborted) return
    const { until } = backoff
    this.#options.report({ job: this.#job, type: 'paused', until, next: this.#nextTry(), backoff })
    this.#reportNext()
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

  async #run(due: Due): Promise<void> {
    const waiting = AbortSignal.any([this.#options.signal, this.#removed.signal])
    const queued = { queue: this.#queue, waiting, ...this.#options }
    const end = await attemptRun(this.#job, due, queued)
    if (!end) return
    this.#pause.note(end.exitStatus, end.fingerprint)
    this.#reportPause()
  }
}

interface Queued extends SchedulerOptions {
  queue: RunQueue
  /** Ends the wait for a turn. */
  waiting: AbortSignal
}

interface RunEnd {
  exitStatus: number | null
  /** Of the file when the run started. Empty when it could not start. */
  fingerprint: string
}

/**
 * Runs the job when it has its turn, and reports that. Undefined when there was no run. Never
 * throws: a failed connection does not stop the others.
 */
async function attemptRun(
  job: Job,
  { tick, isMissed }: Due,
  { signal, report, ...queued }: Queued,
): Promise<RunEnd | undefined> {
  const trigger = isMissed ? 'catch_up' : 'schedule'
  const entry = job.enqueue?.(trigger)
  const waiting = entry ? AbortSignal.any([queued.waiting, entry.signal]) : queued.waiting
  let fingerprint: string | undefined
  try {
    const { conflictKeys: keys, currentKeys } = job
    const turn = { keys, currentKeys, signal: waiting }
    const record = await queued.queue.runInTurn(turn, async () => {
      if (!(await job.isWanted())) return undefined
      fingerprint = await job.fingerprint()
      report({ job, type: 'started', tick, isMissed })
      return job.run(trigger, signal)
    })
    if (!record) return undefined
    report({ job, type: 'ended', record })
    return { exitStatus: record.exit_status, fingerprint: fingerprint ?? '' }
  } catch (error) {
    const isWithdrawn = fingerprint === undefined && waiting.aborted
    if (signal.aborted || isWithdrawn) return undefined
    if (error instanceof AppError && error.code === 'RUN_IN_PROGRESS') {
      report({ job, type: 'skipped', tick, reason: 'running elsewhere' })
      return undefined
    }
    report({ job, type: 'failed', error })
    return { exitStatus: exitStatusOf(error), fingerprint: fingerprint ?? '' }
  } finally {
    entry?.leave()
  }
}
