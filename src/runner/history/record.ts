/** What is kept and told of one run. The names are those of the JSON in the history, of `--json` and of webhooks. */

import { randomUUID } from 'node:crypto'
import { AppError, exitStatusOf } from '../../errors.ts'
import type { Connection, Mode } from '../connection/connection.ts'
import type { StreamName } from '../../streams/index.ts'

/** Who asked for the run: a person, the schedule, or the schedule for ticks that nobody served. */
export type Trigger = 'manual' | 'schedule' | 'catch_up' | 'resync'

/** `stopped`: by a signal. `crashed`: the runner was killed, so nobody could say more. */
export type Outcome = 'succeeded' | 'failed' | 'stopped' | 'crashed'

export interface StreamRecord {
  stream: StreamName
  mode: Mode
  /** Records that the tap wrote. */
  rows_read: number
  /** Records that the target committed. */
  rows_loaded: number
  /** Rows that a full refresh retired. */
  rows_deleted: number
  rows_rejected: number
  /** RFC 3339; null where there was none. */
  bookmark_before: string | null
  bookmark_after: string | null
  seconds: number
}

export interface RunError {
  /** Which program failed, or the runner itself. */
  program: 'tap-customerio' | 'target-warehouse' | 'customerio-sync'
  /** As in the programs' log lines; null where a program ended without one. */
  code: string | null
  message: string
}

export interface RunRecord {
  run_id: string
  connection: string
  trigger: Trigger
  /** RFC 3339 in UTC. */
  started_at: string
  /** Null while it is under way, and for one that crashed. */
  ended_at: string | null
  seconds: number | null
  outcome: Outcome
  /** Of `customerio-sync run`; null for one that crashed. */
  exit_status: number | null
  error: RunError | null
  requests: number
  retries: number
  rate_limited: number
  streams: StreamRecord[]
  /** Whether these were all that the connection had then; missing in records of earlier versions. */
  is_whole?: boolean
}

/**
 * Whether a run read all resources of its connection, by its own word or else all of these. What read less says nothing of the others: they
 * are no fresher for it, and no more sound.
 */
export function isWhole(run: RunRecord, resources: Iterable<StreamName>): boolean {
  if (run.is_whole !== undefined) return run.is_whole
  const read = new Set(run.streams.map(({ stream }) => stream))
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
