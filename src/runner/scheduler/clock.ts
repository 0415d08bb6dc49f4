/** The time of the scheduler, passed in so that tests can move it. */

import { setTimeout as timeout } from 'node:timers/promises'

export interface Clock {
  /** The wall clock, epoch milliseconds. May jump either way. */
  now: () => number
  /** Returns after so many milliseconds of running time (a suspended machine's sleep does not count), or at once when aborted. Never throws. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => timeout(ms, undefined, { signal }).catch(() => undefined),
}
