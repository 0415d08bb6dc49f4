/** Sends the events of a run: its start, its progress, its log and its end. */

import type { RunRecord } from '../../runner/history/record.ts'
import type { RunStats } from '../../runner/programs/run-stats.ts'
import { SECOND_MS } from '../../time.ts'
import { errorAnswer } from '../api/problems.ts'
import type { Api } from '../api/schemas.generated.ts'
import type { EventLog } from '../events/event-log.ts'
import { runSummary } from '../views/run-view.ts'
import { currentRunView, workspaceName, type LiveRun } from './live-run.ts'
import type { LogLine } from './run-logs.ts'

/** How often progress is sent at most. */
const PROGRESS_EVERY_MS = SECOND_MS / 2

export interface RunReportsOptions {
  events: Pick<EventLog, 'append'>
  /** The text with secrets masked. */
  clean: (text: string) => string
}

/** How a run ended. */
export interface RunEnd {
  record?: RunRecord | undefined
  /** Why it did not start. */
  error?: unknown
}

export class RunReports {
  readonly #options: RunReportsOptions

  constructor(options: RunReportsOptions) {
    this.#options = options
  }

  changed(type: Api<'RunChangeEvent'>['type'], run: LiveRun): void {
    const connection = workspaceName(run.connection.path)
    this.#options.events.append({ type, connection, current_run: currentRunView(run) })
  }

  /** A run waits behind another one of its connection, or does not any more. */
  queuedChanged({ connection: { path } }: LiveRun): void {
    this.#options.events.append({ type: 'connection_changed', connection: workspaceName(path) })
  }

  started(run: LiveRun, record: RunRecord): void {
    run.record = record
    this.changed('run_started', run)
    for (const line of run.early) this.logged(run, line)
  }

  progress(run: LiveRun, stats: RunStats): void {
    run.stats = stats
    const now = performance.now()
    if (now - run.sentMs < PROGRESS_EVERY_MS) return
    run.sentMs = now
    this.changed('run_progress', run)
  }

  /** A line before the start is sent with the start. */
  logged({ connection: { path }, record, early }: LiveRun, line: LogLine): void {
    if (!record) {
      early.push(line)
      return
    }
    const { events, clean } = this.#options
    const shown = { ...line, message: clean(line.message) }
    const connection = workspaceName(path)
    events.append({ type: 'run_log', connection, run_id: record.run_id, line: shown })
  }

  ended({ connection: { path } }: LiveRun, { record, error }: RunEnd): void {
    const connection = workspaceName(path)
    const run = record ? runSummary(connection, { run: record, isRunning: false }) : null
    const problem = record || error === undefined ? null : this.#shownError(error)
    this.#options.events.append({ type: 'run_ended', connection, run, error: problem })
  }

  #shownError(error: unknown): Api<'Error'> {
    const { clean } = this.#options
    const { body } = errorAnswer(error)
    const { message, hint } = body
    return { ...body, message: clean(message), hint: hint === null ? null : clean(hint) }
  }
}
