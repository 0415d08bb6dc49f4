/**
 * Backoff after an error that only the operator can fix, such as an invalid key. Pure.
 *
 * Own code: libraries for retries wait inside one call, and this wait spans the runs of a schedule.
 */

import { HOUR_MS } from '../../time.ts'
import type { Schedule } from '../schedule/schedule.ts'

const MAX_BACKOFF_MS = 24 * HOUR_MS

/** Exit statuses for a refused key and a missing scope: what Customer.io must change. */
const ACCESS_STATUSES = new Set([3, 4])
/** Also for an invalid configuration or a missing driver. */
const OPERATOR_STATUSES = new Set([2, ...ACCESS_STATUSES])

export interface Backoff {
  since: number
  until: number
  /** Consecutive failures. */
  failures: number
  /** Of the connection file. A changed file ends the backoff. */
  fingerprint: string
  /** Of the last failed run. */
  exitStatus: number
}

/**
 * `active`: ticks are skipped. `over`: its time is over, and the next failure pauses for longer.
 * `ended`: the file has changed, or a run has succeeded.
 */
export type BackoffState = 'active' | 'over' | 'ended'

/** True when a retry cannot help until the operator changes something. */
export function needsOperator(exitStatus: number): boolean {
  return OPERATOR_STATUSES.has(exitStatus)
}

/** True when a restarted process keeps the pause. A restart can fix any other error. */
export function outlivesProcess({ exitStatus }: Backoff): boolean {
  return ACCESS_STATUSES.has(exitStatus)
}

/** One hour after the first failure, doubled after each further one, at most a day. */
export function backoffAfter(
  earlier: Backoff | undefined,
  now: number,
  failure: Pick<Backoff, 'fingerprint' | 'exitStatus'>,
): Backoff {
  const failures = (earlier?.failures ?? 0) + 1
  const until = now + Math.min(MAX_BACKOFF_MS, HOUR_MS * 2 ** (failures - 1))
  return { since: now, until, failures, ...failure }
}

/** What ends a backoff before its time. */
interface BackoffEnds {
  /** Of the connection file now. */
  fingerprint: string
  /** Start of the last successful run of all streams, manual runs included. */
  lastSuccessAt: number | undefined
}

/** The state at `now`. A clock that was set back never extends a backoff beyond the maximum. */
export function backoffState(backoff: Backoff, now: number, found: BackoffEnds): BackoffState {
  const hasSucceeded = found.lastSuccessAt !== undefined && found.lastSuccessAt > backoff.since
  if (hasSucceeded || found.fingerprint !== backoff.fingerprint) return 'ended'
  return now < backoff.until && backoff.until - now <= MAX_BACKOFF_MS ? 'active' : 'over'
}

/** The first tick that is not skipped. Undefined when the schedule has none. */
export function nextTry(schedule: Schedule, { until }: Backoff): number | undefined {
  return schedule.nextAfter(until - 1)
}
