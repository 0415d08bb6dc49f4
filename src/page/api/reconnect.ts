/** How long to wait for a server that does not respond. Pure. */

const FIRST_WAIT_MS = 1000
const LONGEST_WAIT_MS = 30_000

/** The wait before a connection that follows `failures` failed ones. */
export function reconnectWaitMs(failures: number): number {
  return Math.min(FIRST_WAIT_MS * 2 ** failures, LONGEST_WAIT_MS)
}
