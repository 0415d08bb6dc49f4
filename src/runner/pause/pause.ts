/** The pause of a connection after an error that only its operator can fix. */

import {
  backoffAfter,
  backoffState,
  needsOperator,
  type Backoff,
  type BackoffState,
} from './backoff.ts'

/** How to find out what ends a pause. */
export interface PausedConnection {
  /** Changes when the connection file changes. Never throws. */
  fingerprint: () => Promise<string>
  /** Start of the last successful run of all streams, manual runs included. Never throws. */
  lastSuccessAt: () => Promise<number | undefined>
}

async function stateNow(
  backoff: Backoff,
  connection: PausedConnection,
  now: () => number,
): Promise<BackoffState> {
  const fingerprint = await connection.fingerprint()
  const lastSuccessAt = await connection.lastSuccessAt()
  return backoffState(backoff, now(), { fingerprint, lastSuccessAt })
}

export class Pause {
  readonly #now: () => number
  /** Counts for the next failure even when its time is over. */
  #backoff: Backoff | undefined
  #isActive = false

  /** @param now wall time in epoch milliseconds */
  constructor(now: () => number) {
    this.#now = now
  }

  /** Undefined when the connection is not paused. */
  get active(): Backoff | undefined {
    return this.#isActive ? this.#backoff : undefined
  }

  /** The last backoff, unless something other than time has ended it. */
  get last(): Backoff | undefined {
    return this.#backoff
  }

  /** Goes on with the pause of an earlier process. */
  async keep(backoff: Backoff, connection: PausedConnection): Promise<void> {
    const state = await stateNow(backoff, connection, this.#now)
    if (state === 'ended') return
    this.#backoff = backoff
    this.#isActive = state === 'active'
  }

  /** True when the pause has ended since the last call. */
  async hasEnded(connection: PausedConnection): Promise<boolean> {
    const backoff = this.active
    if (!backoff) return false
    const state = await stateNow(backoff, connection, this.#now)
    if (state === 'active') return false
    if (state === 'ended') this.#backoff = undefined
    this.#isActive = false
    return true
  }

  /** Notes how a run has ended. Begins a pause when only the operator can fix its error. */
  note(exitStatus: number | null, fingerprint: string): void {
    const needsHelp = exitStatus !== null && needsOperator(exitStatus)
    this.#isActive = needsHelp
    this.#backoff = needsHelp
      ? backoffAfter(this.#backoff, this.#now(), { fingerprint, exitStatus })
      : undefined
  }
}
