/** The logs of runs, as the API reads them, and a store of those that this process watches. */

import type { RunRecord } from '../../runner/history/record.ts'
import type { Api } from '../api/schemas.generated.ts'

export type LogLine = Api<'LogLine'>

/** What identifies the log of a run. */
export type LoggedRun = Pick<RunRecord, 'run_id' | 'started_at'>

/** Where logs of runs come from. */
export interface RunLogs {
  /**
   * The lines of a run in order, as far as they are written. Undefined when no log of it is kept.
   * @param dataFolder of the connection
   */
  read: (dataFolder: string, run: LoggedRun) => Promise<readonly LogLine[] | undefined>
}

const MAX_RUNS = 50
const MAX_LINES = 5000

/** Keeps the logs of the newest runs of this process in memory. */
export class WatchedLogs implements RunLogs {
  /** By the id of the run, oldest first. */
  readonly #logs = new Map<string, LogLine[]>()

  /** Begins the log of a run, and forgets the oldest one. */
  begin(runId: string): void {
    this.#logs.set(runId, [])
    const [oldest] = this.#logs.keys()
    if (oldest !== undefined && this.#logs.size > MAX_RUNS) this.#logs.delete(oldest)
  }

  /** Returns the line with its number; undefined for a log that is full, or has not begun. */
  add(runId: string, line: Omit<LogLine, 'line'>): LogLine | undefined {
    const lines = this.#logs.get(runId)
    if (!lines || lines.length >= MAX_LINES) return undefined
    const numbered = { line: lines.length + 1, ...line }
    lines.push(numbered)
    return numbered
  }

  async read(_dataFolder: string, run: LoggedRun): Promise<readonly LogLine[] | undefined> {
    return this.#logs.get(run.run_id)
  }
}
