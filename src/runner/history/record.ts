/**
 * The run record, as `schemas/records/run.json` describes it: made for runs that could not start,
 * summed up, and read.
 */

import { randomUUID } from 'node:crypto'
import { AppError, exitStatusOf } from '../../errors.ts'
import type { RunRecord, StreamRecord, Trigger } from '../../schemas.generated.ts'
import type { Connection } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'

export type {
  Outcome,
  RunError,
  RunRecord,
  StreamRecord,
  Trigger,
} from '../../schemas.generated.ts'

/**
 * Whether a run read every stream of its connection: as its record says, otherwise whether it read
 * all of these. A run that left streams out says nothing about how fresh or sound those are.
 */
export function isWhole(run: RunRecord, streams: Iterable<StreamName>): boolean {
  if (run.is_whole !== undefined) return run.is_whole
  const read = new Set<string>(run.streams.map(({ stream }) => stream))
  return [...streams].every((stream) => read.has(stream))
}

/** False for a record that `notStartedRecord` made. */
export function hasStarted({ started_at: startedAt, ended_at: endedAt }: RunRecord): boolean {
  return startedAt !== endedAt
}

/** The record of a run that could not start. It took no time, because it held no lock. */
export function notStartedRecord(
  { name }: Connection,
  { trigger, error, nowMs }: { trigger: Trigger; error: unknown; nowMs: number },
): RunRecord {
  const at = new Date(nowMs).toISOString()
  const isKnown = error instanceof AppError
  const message = isKnown ? error.message : 'An unexpected error stopped the run.'
  return {
    run_id: randomUUID(),
    connection: name,
    trigger,
    started_at: at,
    ended_at: at,
    seconds: 0,
    outcome: 'failed',
    exit_status: exitStatusOf(error),
    error: { program: 'customerio-sync', code: isKnown ? error.code : null, message },
    requests: 0,
    retries: 0,
    rate_limited: 0,
    streams: [],
  }
}

const SHOWN_ID_CHARS = 8

/** The beginning of a run's id, by which a person names the run. */
export function shownRunId({ run_id: id }: Pick<RunRecord, 'run_id'>): string {
  return id.slice(0, SHOWN_ID_CHARS)
}

/** Sums over the streams of a run. */
export function totalsOf(record: RunRecord) {
  const sum = (value: (stream: StreamRecord) => number) =>
    record.streams.reduce((total, stream) => total + value(stream), 0)
  return {
    rows_read: sum((stream) => stream.rows_read),
    rows_loaded: sum((stream) => stream.rows_loaded),
    rows_deleted: sum((stream) => stream.rows_deleted),
    rows_rejected: sum((stream) => stream.rows_rejected),
  }
}
