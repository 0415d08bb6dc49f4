/**
 * Backoff after an error that only the operator can fix, such as an invalid key. Pure.
 *
 * Own code: libraries for retries wait inside one call, and this wait spans the runs of a schedule.
 */

import { HOUR_MS } from '../../time.ts'
import type { Schedule } from '../schedule/schedule.ts'

const MAX_BACKOFF_MS = 24 * HOUR_MS

/** Exit statuses for an invalid configuration, a refused key and a missing scope. */
const OPERATOR_STATUSES = new Set([2, 3, 4])

export interface Backoff {
  since: number
  until: number
  /** Consecutive failures. */
  failures: number
  /** Of the connection file. A changed file ends the backoff. */
  fingerprint: string
}

/** True when a retry cannot help until the operator changes something. */
export function needsOperator(exitStatus: number | null): boolean {
  return exitStatus !== null && OPERATOR_STATUSES.has(exitStatus)
}

/** One hour after the first failure, doubled after each further one, at most a day. */
export function backoffAfter(
  earlier: Backoff | undefined,
  now: number,
  fingerprint: string,
): Backoff {
  const failures = (earlier?.failures ?? 0) + 1
  const until = now + Math.min(MAX_BACKOFF_MS, HOUR_MS * 2 ** (failures - 1))
  return { since: now, until, failures, fingerprint }
}

/**
 * Whether a tick at `now` is skipped. A changed file ends the backoff, and so does a successful run
 * that started later, manual runs included. A clock that was set back never extends it beyond the
 * maximum.
 */
export function isBackingOff(
  backoff: Backoff,
  now: number,
  found: { fingerprint: string; lastSuccessAt: number | undefined },
): boolean {
  const hasSucceeded = found.lastSuccessAt !== undefined && found.lastSuccessAt > backoff.since
  if (hasSucceeded || found.fingerprint !== backoff.fingerprint) return false
  return now < backoff.until && backoff.until - now <= MAX_BACKOFF_MS
}

/** The first tick that is not skipped. Undefined when the schedule has none. */
export function nextTry(schedule: Schedule, { until }: Backoff): number | undefined {
  return schedule.nextAfter(until - 1)
}
