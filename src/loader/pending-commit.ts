/** Counts what waits for the next commit, and decides when the commit is due. */

import type { LoadConfig } from './stream/context.ts'

export type CommitLimits = Pick<
  LoadConfig,
  'batch_size_rows' | 'batch_size_bytes' | 'batch_wait_limit_seconds'
>

export class PendingCommit {
  readonly #maxRows: number
  readonly #maxBytes: number
  readonly #maxWaitMs: number
  #rows = 0
  #bytes = 0
  #state: string | undefined
  /** When the oldest waiting message arrived, in monotonic time: the wall clock may be set. */
  #sinceMs: number | undefined

  constructor(limits: CommitLimits) {
    this.#maxRows = limits.batch_size_rows
    this.#maxBytes = limits.batch_size_bytes
    this.#maxWaitMs = limits.batch_wait_limit_seconds * 1000
  }

  /** @param bytes length of the record's line. */
  addRecord(bytes: number): void {
    this.#rows++
    this.#bytes += bytes
  }

  /** @param state the latest STATE, as it will be printed. */
  setState(state: string): void {
    this.#state = state
  }

  get isEmpty(): boolean {
    return this.#rows === 0 && this.#state === undefined
  }

  /** Whether the commit is due because of its size. */
  get isFull(): boolean {
    return this.#rows >= this.#maxRows || this.#bytes >= this.#maxBytes
  }

  /** Starts the clock, unless something is waiting already. */
  startWaiting(arrivedAtMs: number): void {
    this.#sinceMs ??= arrivedAtMs
  }

  /** Milliseconds until the commit is due because of its age; undefined if nothing waits. */
  remainingMs(): number | undefined {
    if (this.#sinceMs === undefined) return undefined
    return this.#sinceMs + this.#maxWaitMs - performance.now()
  }

  /** Begins the next commit. Returns the STATE that the last one covers, or null. */
  reset(): string | null {
    const state = this.#state ?? null
    this.#rows = 0
    this.#bytes = 0
    this.#state = undefined
    this.#sinceMs = undefined
    return state
  }
}
