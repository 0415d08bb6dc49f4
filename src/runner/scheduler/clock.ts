/** The clock of the scheduler. Passed in, so tests can control it. */

import { setTimeout as timeout } from 'node:timers/promises'

export interface Clock {
  /** Wall time in epoch milliseconds. Can jump forward and back. */
  now: () => number
  /**
   * Resolves after `ms` of running time, or at once when aborted. Time in which the machine is
   * suspended does not count. Never throws.
   */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

export const SYSTEM_CLOCK: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => timeout(ms, undefined, { signal }).catch(() => undefined),
}
