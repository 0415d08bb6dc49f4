/** Pure: how long a connection rests after a fault that only its operator can mend, such as a refused key. */

import { HOUR_MS } from '../../time.ts'

const LONGEST_MS = 24 * HOUR_MS

/** Exit statuses of the contract for configuration, refused keys and missing scopes. */
const OPERATORS = new Set([2, 3, 4])

export interface Backoff {
  since: number
  until: number
  /** Faults one after the other. */
  faults: number
  /** What the connection's file held: once it is another, there is a reason to try again. */
  fingerprint: string
}

/** True where trying again soon cannot help. */
export function needsOperator(exitStatus: number | null): boolean {
  return exitStatus !== null && OPERATORS.has(exitStatus)
}

/** One hour after the first fault, twice as long after each further one, at most a day. */
export function backoffAfter(
  earlier: Backoff | undefined,
  now: number,
  fingerprint: string,
): Backoff {
  const faults = (earlier?.faults ?? 0) + 1
  const until = now + Math.min(LONGEST_MS, HOUR_MS * 2 ** (faults - 1))
  return { since: now, until, faults, fingerprint }
}

/**
 * Whether a tick falls into the pause. A run of anybody's that succeeded after the pause began ends it. A clock that went back cannot make
 * one longer than the longest.
 */
export function isBackingOff(
  pause: Backoff,
  now: number,
  found: { fingerprint: string; lastSuccessAt: number | undefined },
): boolean {
  const hasSucceeded = found.lastSuccessAt !== undefined && found.lastSuccessAt > pause.since
  if (hasSucceeded || found.fingerprint !== pause.fingerprint) return false
  return now < pause.until && pause.until - now <= LONGEST_MS
}
