/** Builds the record of one run: at its start, and with stats, bookmarks and outcome at its end. */

import { randomUUID } from 'node:crypto'
import { exitStatusOf } from '../../errors.ts'
import type { StateDocument } from '../../singer/state.ts'
import { maskedError } from '../connection/connection-secrets.ts'
import type { Connection } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'
import type { Mode } from '../../streams/modes.ts'
import type { RunRecord, StreamRecord, Trigger } from '../history/record.ts'
import type { RunStats } from '../programs/run-stats.ts'
import { bookmarkText } from '../warehouse/state-document.ts'
import type { RunResult } from './outcome.ts'

/** Rounds seconds to 0.1. */
function roundSeconds(seconds: number): number {
  return Math.round(seconds * 10) / 10
}

export class RunRecorder {
  readonly #connection: Connection
  readonly #streams: ReadonlyMap<StreamName, Mode>
  readonly #stats: RunStats
  readonly #startedMs = performance.now()
  /** The record as it is at the start of the run. */
  readonly started: RunRecord
  /** The state in the warehouse before the run. */
  before: StateDocument = {}
  /** The last state that the target committed. */
  after: StateDocument = {}

  constructor(
    connection: Connection,
    run: { trigger: Trigger; streams: ReadonlyMap<StreamName, Mode> },
    stats: RunStats,
  ) {
    this.#connection = connection
    this.#streams = run.streams
    this.#stats = stats
    this.started = {
      run_id: randomUUID(),
      connection: connection.name,
      trigger: run.trigger,
      started_at: new Date().toISOString(),
      ended_at: null,
      seconds: null,
      outcome: 'failed',
      exit_status: null,
      error: null,
      requests: 0,
      retries: 0,
      rate_limited: 0,
      streams: this.#streamRecords(),
      is_whole: [...connection.resources.keys()].every((name) => run.streams.has(name)),
    }
  }

  /** The record of a run that ended. */
  ended({ outcome, exitStatus, error }: RunResult): RunRecord {
    const { requests, retries, rateLimited } = this.#stats
    return {
      ...this.started,
      ended_at: new Date().toISOString(),
      seconds: roundSeconds((performance.now() - this.#startedMs) / 1000),
      outcome,
      exit_status: exitStatus,
      error: maskedError(this.#connection, error),
      requests,
      retries,
      rate_limited: rateLimited,
      streams: this.#streamRecords(),
    }
  }

  /** The record of a run that a bug ended. */
  endedByBug(bug: unknown): RunRecord {
    const message = bug instanceof Error ? bug.message : String(bug)
    const error = { program: 'customerio-sync', code: null, message } as const
    return this.ended({ outcome: 'failed', exitStatus: exitStatusOf(bug), error })
  }

  #streamRecords(): StreamRecord[] {
    return [...this.#streams].map(([stream, mode]) => {
      const { read, loaded, deleted, rejected, seconds } = this.#stats.of(stream)
      return {
        stream,
        mode,
        rows_read: read,
        rows_loaded: loaded,
        rows_deleted: deleted,
        rows_rejected: rejected,
        bookmark_before: bookmarkText(this.before, stream),
        bookmark_after: bookmarkText(this.after, stream),
        seconds: roundSeconds(seconds),
      }
    })
  }
}
