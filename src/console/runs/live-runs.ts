/** The runs that this process has started or queued: their progress, their logs, and their end. */

import { AppError } from '../../errors.ts'
import { conflictKeysOf } from '../../runner/connection/conflicts.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import type { RunRecord, Trigger } from '../../runner/history/record.ts'
import { recordFailure } from '../../runner/run/failed-run.ts'
import type { RunOptions } from '../../runner/run/run-options.ts'
import { runOnce } from '../../runner/run/run.ts'
import type { QueuedRun, ScheduledTrigger } from '../../runner/scheduler/job-loop.ts'
import type { RunQueue } from '../../runner/scheduler/run-queue.ts'
import { ApiError } from '../api/problems.ts'
import type { Api } from '../api/schemas.generated.ts'
import { currentRunView, queuedRun, type LiveRun } from './live-run.ts'
import { logLine } from './run-logs.ts'
import { RunReports, type RunEnd, type RunReportsOptions } from './run-reports.ts'

export interface LiveRunsOptions extends RunReportsOptions {
  queue: RunQueue
  env: NodeJS.ProcessEnv
  /** Ends every run. */
  signal: AbortSignal
  /** Reads the connection again when its turn has come. Throws CONFIG_INVALID. */
  open: (path: string) => Promise<Connection>
  /** Called with each run that was started here when it ended, and with earlier crashed ones. */
  onManualEnd: (connection: Connection, run: RunRecord) => void
  /**
   * Called when a run has ended and its lock is free.
   * @param path of the connection
   * @param endedAt RFC 3339
   */
  onEnd: (path: string, endedAt: string) => void
  /** Called with a bug. */
  onBug: (error: unknown) => void
  /** @default that of the runner */
  runOnce?: typeof runOnce
}

export interface WantedRun extends Pick<RunOptions, 'streams' | 'takesOver' | 'allowsDeletes'> {
  trigger: Trigger
}

/** What to run of a connection. Throws USAGE for a stream that it does not read. */
export type Want = (connection: Connection) => WantedRun

export class LiveRuns {
  readonly #options: LiveRunsOptions
  readonly #reports: RunReports
  /** By the path of the connection. A connection has one run at a time. */
  readonly #runs = new Map<string, LiveRun>()
  /** Scheduled runs that wait behind another run of their connection, by its path. */
  readonly #behind = new Map<string, LiveRun>()
  readonly #ended = new Set<Promise<unknown>>()

  constructor(options: LiveRunsOptions) {
    this.#options = options
    this.#reports = new RunReports(options)
  }

  /** The run of a connection that is running or waits here. */
  current(path: string): Api<'CurrentRun'> | undefined {
    const run = this.#runs.get(path)
    return run && currentRunView(run)
  }

  /** The scheduled run of a connection that waits behind `current`. */
  queued(path: string): Api<'CurrentRun'> | undefined {
    const run = this.#behind.get(path)
    return run && currentRunView(run)
  }

  /**
   * Starts a run, or queues it behind one that it conflicts with. Returns at once. Throws
   * RUN_IN_PROGRESS when this process runs the connection already, and what `want` throws.
   */
  start(connection: Connection, want: Want): Api<'CurrentRun'> {
    const run = this.#add(connection, want(connection).trigger)
    this.#reports.changed('run_queued', run)
    const failed = async (error: unknown) => this.#endFailed(run, error)
    void this.#follow(this.#runInTurn(run, want).catch(failed))
    return currentRunView(run)
  }

  /** Shows a scheduled run that waits. Undefined when one waits here already. */
  readonly enqueue = (connection: Connection, trigger: ScheduledTrigger): QueuedRun | undefined => {
    const { path } = connection
    if (this.#behind.has(path)) return undefined
    const run = queuedRun(connection, trigger)
    if (this.#runs.has(path)) {
      this.#behind.set(path, run)
      this.#reports.queuedChanged(run)
    } else this.#queueNext(run)
    const leave = () => this.#leave(run)
    return { signal: run.controller.signal, leave }
  }

  /** For runs of the scheduler: `runOnce` with progress, and with an end when it is cancelled. */
  readonly run = async (connection: Connection, options: RunOptions): Promise<RunRecord> => {
    const waiting = this.#runs.get(connection.path)
    const isOurs = waiting?.state === 'queued' && waiting.trigger === options.trigger
    const run = isOurs ? waiting : this.#add(connection, options.trigger)
    run.connection = connection
    const failed = (error: unknown) => {
      this.#end(run, {})
      throw error
    }
    return this.#follow(this.#watch(run, options).catch(failed))
  }

  /** Throws NO_RUN when nothing runs or waits here. */
  cancel(path: string): Api<'CurrentRun'> {
    const run = this.#runs.get(path)
    if (!run) throw new ApiError('NO_RUN', 'No run of this connection is in progress.')
    const view = { ...currentRunView(run), state: 'stopping' as const }
    if (run.state === 'running') {
      run.state = 'stopping'
      this.#reports.changed('run_stopping', run)
    }
    run.controller.abort(new Error('The run was cancelled.'))
    return view
  }

  /** Returns when no run is in progress any more: call it after the abort. */
  async ended(): Promise<void> {
    await Promise.allSettled(this.#ended)
  }

  #follow<T>(run: Promise<T>): Promise<T> {
    const followed = run.finally(() => this.#ended.delete(followed))
    this.#ended.add(followed)
    return followed
  }

  #add(connection: Connection, trigger: Trigger): LiveRun {
    if (this.#runs.has(connection.path))
      throw new AppError('RUN_IN_PROGRESS', 'A run of this connection is in progress.', {
        hint: 'Wait until it ends, or cancel it.',
      })
    const run = queuedRun(connection, trigger)
    this.#runs.set(connection.path, run)
    return run
  }

  /** The file may change while the run waits, so it is read again. */
  async #runInTurn(run: LiveRun, want: Want): Promise<void> {
    const { queue, open, signal } = this.#options
    const queued = {
      keys: conflictKeysOf(run.connection),
      currentKeys: async () => {
        run.connection = await open(run.connection.path)
        return conflictKeysOf(run.connection)
      },
      signal: AbortSignal.any([signal, run.controller.signal]),
    }
    // The next run of the connection has its turn only after this one was recorded.
    await queue.runInTurn(queued, async () =>
      this.#runManually(run, want(run.connection)).catch(async (error: unknown) =>
        this.#endFailed(run, error),
      ),
    )
  }

  #queueNext(run: LiveRun): void {
    this.#runs.set(run.connection.path, run)
    this.#reports.changed('run_queued', run)
  }

  #leave(run: LiveRun): void {
    const { path } = run.connection
    if (this.#runs.get(path) === run) this.#end(run, {})
    if (this.#behind.get(path) !== run) return
    this.#behind.delete(path)
    this.#reports.queuedChanged(run)
  }

  async #runManually(run: LiveRun, wanted: WantedRun): Promise<void> {
    const { env, signal, onManualEnd } = this.#options
    const { connection } = run
    const onCrashed = (crashed: RunRecord) => onManualEnd(connection, crashed)
    onManualEnd(connection, await this.#watch(run, { ...wanted, env, signal, onCrashed }))
  }

  /** Runs the connection, and sends its end unless it throws. */
  async #watch(run: LiveRun, options: RunOptions): Promise<RunRecord> {
    const { runOnce: runConnection = runOnce } = this.#options
    run.state = 'running'
    run.startedMs = Date.now()
    const record = await runConnection(run.connection, {
      ...options,
      signal: AbortSignal.any([options.signal, run.controller.signal]),
      onStart: (started) => this.#reports.started(run, started),
      onProgress: (stats) => this.#reports.progress(run, stats),
      onLogEntry: (entry, line) => this.#reports.logged(run, logLine(entry, line)),
    })
    this.#end(run, { record })
    return record
  }

  /** A manual run that was cancelled before it began, or that threw. */
  async #endFailed(run: LiveRun, error: unknown): Promise<void> {
    const { signal, onManualEnd, onBug } = this.#options
    const { connection, trigger, controller, startedMs = Date.now() } = run
    const wasStopped = signal.aborted || controller.signal.aborted
    const isGone = error instanceof ApiError
    if (!wasStopped && !isGone && !(error instanceof AppError)) onBug(error)
    if (this.#runs.get(connection.path) !== run) return
    const failure = { trigger, error, startedMs }
    const record = wasStopped || isGone ? undefined : await recordFailure(connection, failure)
    if (record) onManualEnd(connection, record)
    this.#end(run, wasStopped ? {} : { record, error })
  }

  #end(run: LiveRun, end: RunEnd): void {
    const { path } = run.connection
    this.#runs.delete(path)
    this.#reports.ended(run, end)
    const next = this.#behind.get(path)
    this.#behind.delete(path)
    if (next) this.#queueNext(next)
    const { record } = end
    if (record) this.#options.onEnd(path, record.ended_at ?? new Date().toISOString())
  }
}
