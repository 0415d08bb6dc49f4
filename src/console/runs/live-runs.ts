/** The runs that this process has started or queued: their progress, their logs, and their end. */

import { basename } from 'node:path'
import { AppError } from '../../errors.ts'
import { conflictKeysOf } from '../../runner/connection/conflicts.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import type { RunRecord, Trigger } from '../../runner/history/record.ts'
import type { RunStats } from '../../runner/programs/run-stats.ts'
import { recordFailure } from '../../runner/run/failed-run.ts'
import { entryOfEvent, entryOfLine, type RunLogEntry } from '../../runner/run-log/entry.ts'
import type { RunOptions } from '../../runner/run/run-options.ts'
import { runOnce } from '../../runner/run/run.ts'
import type { RunQueue } from '../../runner/scheduler/run-queue.ts'
import { SECOND_MS } from '../../time.ts'
import { ApiError } from '../api/problems.ts'
import type { Api } from '../api/schemas.generated.ts'
import type { EventLog } from '../events/event-log.ts'
import { progressView } from '../views/progress-view.ts'
import { runSummary } from '../views/run-view.ts'
import { logLine, type LogLine } from './run-logs.ts'

/** How often progress is sent at most. */
const PROGRESS_EVERY_MS = SECOND_MS / 2

/** The name of a connection in the workspace. */
export function workspaceName(path: string): string {
  return basename(path).replace(/\.json$/, '')
}

interface LiveRun {
  connection: Connection
  trigger: Trigger
  controller: AbortController
  state: 'queued' | 'running' | 'stopping'
  record: RunRecord | undefined
  /** Lines of the log so far. */
  lineCount: number
  /** Lines before the run had an id. */
  early: LogLine[]
  stats: RunStats | undefined
  sentMs: number
}

export interface LiveRunsOptions {
  events: EventLog
  queue: RunQueue
  env: NodeJS.ProcessEnv
  /** Ends every run. */
  signal: AbortSignal
  /** The text with secrets masked. */
  clean: (text: string) => string
  /** Called with each run that was started here when it ended, and with earlier crashed ones. */
  onManualEnd: (connection: Connection, run: RunRecord) => void
  /** Called when a run has ended and its lock is free. @param endedAt RFC 3339 */
  onEnd: (connection: Connection, endedAt: string) => void
  /** Called with a bug. */
  onBug: (error: unknown) => void
}

export interface WantedRun extends Pick<RunOptions, 'streams' | 'takesOver' | 'allowsDeletes'> {
  trigger: Trigger
}

export class LiveRuns {
  readonly #options: LiveRunsOptions
  /** By the path of the connection. A connection has one run at a time. */
  readonly #runs = new Map<string, LiveRun>()
  readonly #ended = new Set<Promise<void>>()

  constructor(options: LiveRunsOptions) {
    this.#options = options
  }

  /** The run of a connection that is running or waits here. */
  current(path: string): Api<'CurrentRun'> | undefined {
    const run = this.#runs.get(path)
    return run && this.#view(run)
  }

  /**
   * Starts a run, or queues it behind one that it conflicts with. Returns at once. Throws
   * RUN_UNDER_WAY when this process runs the connection already.
   */
  start(connection: Connection, wanted: WantedRun): Api<'CurrentRun'> {
    const { queue, signal } = this.#options
    const run = this.#add(connection, wanted.trigger)
    this.#send('run_queued', run)
    const either = AbortSignal.any([signal, run.controller.signal])
    const work = async () => this.#runManually(run, wanted)
    const ended = queue
      .run(conflictKeysOf(connection), either, work)
      .catch((error: unknown) => this.#endUnstarted(run, error))
      .finally(() => this.#ended.delete(ended))
    this.#ended.add(ended)
    return this.#view(run)
  }

  /** For runs of the scheduler: `runOnce` with progress, and with an end when it is cancelled. */
  readonly run = async (connection: Connection, options: RunOptions): Promise<RunRecord> => {
    const run = this.#add(connection, options.trigger)
    return this.#watch(run, options)
  }

  /** Throws NO_RUN when nothing runs or waits here. */
  cancel(path: string): Api<'CurrentRun'> {
    const run = this.#runs.get(path)
    if (!run) throw new ApiError('NO_RUN', 'No run of this connection is in progress.')
    const view = { ...this.#view(run), state: 'stopping' as const }
    if (run.state === 'running') {
      run.state = 'stopping'
      this.#send('run_stopping', run)
    }
    run.controller.abort(new Error('The run was cancelled.'))
    return view
  }

  /** Returns when every run that was started here has ended: call it after the abort. */
  async ended(): Promise<void> {
    await Promise.all(this.#ended)
  }

  #add(connection: Connection, trigger: Trigger): LiveRun {
    const { path } = connection
    if (this.#runs.has(path))
      throw new AppError('RUN_UNDER_WAY', 'A run of this connection is in progress.', {
        hint: 'Wait until it ends, or cancel it.',
      })
    const run: LiveRun = {
      connection,
      trigger,
      controller: new AbortController(),
      state: 'queued',
      record: undefined,
      lineCount: 0,
      early: [],
      stats: undefined,
      sentMs: 0,
    }
    this.#runs.set(path, run)
    return run
  }

  async #runManually(run: LiveRun, wanted: WantedRun): Promise<void> {
    const { env, signal, onManualEnd } = this.#options
    const { connection } = run
    const onCrashed = (crashed: RunRecord) => onManualEnd(connection, crashed)
    onManualEnd(connection, await this.#watch(run, { ...wanted, env, signal, onCrashed }))
  }

  /** Runs the connection. Removes the run and sends its end on every path. */
  async #watch(run: LiveRun, options: RunOptions): Promise<RunRecord> {
    const { connection, controller } = run
    const startedMs = Date.now()
    run.state = 'running'
    try {
      const record = await runOnce(connection, {
        ...options,
        signal: AbortSignal.any([options.signal, controller.signal]),
        onStart: (started) => this.#onStart(run, started),
        onProgress: (stats) => this.#onProgress(run, stats),
        onLogEvent: (program, event) => {
          options.onLogEvent?.(program, event)
          // Those of the programs are lines, too.
          if (program === 'customerio-sync')
            this.#log(run, entryOfEvent(program, event, Date.now()))
        },
        onLine: (line, program) => {
          options.onLine?.(line, program)
          this.#log(run, entryOfLine(program, line, Date.now()))
        },
      })
      this.#end(run, record)
      return record
    } catch (error) {
      const wasStopped = options.signal.aborted || controller.signal.aborted
      const failure = { trigger: run.trigger, error, startedMs }
      const isManual = run.trigger === 'manual' || run.trigger === 'resync'
      const record = wasStopped || !isManual ? undefined : await recordFailure(connection, failure)
      if (record) this.#options.onManualEnd(connection, record)
      this.#end(run, record)
      throw error
    }
  }

  #onStart(run: LiveRun, record: RunRecord): void {
    run.record = record
    this.#send('run_started', run)
    for (const line of run.early) this.#sendLine(run, line)
  }

  #onProgress(run: LiveRun, stats: RunStats): void {
    run.stats = stats
    const now = performance.now()
    if (now - run.sentMs < PROGRESS_EVERY_MS) return
    run.sentMs = now
    this.#send('run_progress', run)
  }

  /** Numbers the lines as the file of the log does. */
  #log(run: LiveRun, entry: RunLogEntry | undefined): void {
    if (!entry) return
    const line = logLine(entry, ++run.lineCount)
    const shown = { ...line, message: this.#options.clean(line.message) }
    if (run.record) this.#sendLine(run, shown)
    else run.early.push(shown)
  }

  #sendLine({ connection: { path }, record }: LiveRun, line: LogLine): void {
    if (!record) return
    const connection = workspaceName(path)
    this.#options.events.append({ type: 'run_log', connection, run_id: record.run_id, line })
  }

  /** A queued run that was cancelled, or a run that threw after its end was sent. */
  #endUnstarted(run: LiveRun, error: unknown): void {
    if (this.#runs.get(run.connection.path) === run) this.#end(run, undefined)
    const { signal } = this.#options
    const isExpected = error instanceof AppError || signal.aborted || run.controller.signal.aborted
    if (!isExpected) this.#options.onBug(error)
  }

  #end(run: LiveRun, record: RunRecord | undefined): void {
    const { connection } = run
    this.#runs.delete(connection.path)
    const name = workspaceName(connection.path)
    const shown = record ? runSummary(name, { run: record, isRunning: false }) : null
    this.#options.events.append({ type: 'run_ended', connection: name, run: shown })
    if (record) this.#options.onEnd(connection, record.ended_at ?? new Date().toISOString())
  }

  #send(type: Api<'RunChangeEvent'>['type'], run: LiveRun): void {
    const connection = workspaceName(run.connection.path)
    this.#options.events.append({ type, connection, current_run: this.#view(run) })
  }

  #view({ connection, state, trigger, record, stats }: LiveRun): Api<'CurrentRun'> {
    return {
      connection: workspaceName(connection.path),
      state,
      run_id: record?.run_id ?? null,
      trigger,
      started_at: record?.started_at ?? null,
      progress: record ? progressView(record, stats, Date.now()) : null,
    }
  }
}
