/** The run record, as `schemas/records/run.json` describes it: made, summed up and read. */

import { randomUUID } from 'node:crypto'
import { AppError, exitStatusOf } from '../../errors.ts'
import type { RunRecord, StreamRecord, Trigger } from '../../schemas.generated.ts'
import type { Connection, StreamName } from '../connection/connection.ts'

export type {
  Outcome,
  RunError,
  RunRecord,
  StreamRecord,
  Trigger,
} from '../../schemas.generated.ts'

/**
 * Whether a run read all resources of its connection, by its own word or else all of these. What read less says nothing of the others: they
 * are no fresher for it, and no more sound.
 */
export function isWhole(run: RunRecord, resources: Iterable<StreamName>): boolean {
  if (run.is_whole !== undefined) return run.is_whole
  const read = new Set<string>(run.streams.map(({ stream }) => stream))
  return [...resources].every((resource) => read.has(resource))
}

/** False for a run of which `notBegun` tells. */
export function hasBegun({ started_at: from, ended_at: to }: RunRecord): boolean {
  return from !== to
}

/** What is kept of a run that could not begin: when, and why. It took no time, for it held no lock. */
export function notBegun(
  { name }: Connection,
  { trigger, error, nowMs }: { trigger: Trigger; error: unknown; nowMs: number },
): RunRecord {
  const at = new Date(nowMs).toISOString()
  const isKnown = error instanceof AppError
  const message = isKnown ? error.message : 'The run could not go on after an unexpected fault.'
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
