/** Counts what waits for the next commit, and decides when it is due, or the next batch is full. */

import type { LoadConfig } from './stream/context.ts'
import type { BatchSize, Warehouse } from './warehouse.ts'

/** What waits in memory at most. */
const BATCH: BatchSize = { rows: 50_000, bytes: 64 * 1024 * 1024 }

export interface CommitLimits {
  /** What one commit takes. */
  commit: BatchSize
  /** What waits in memory: at this size, a warehouse that can takes it over. */
  batch: BatchSize
  maxWaitMs: number
}

/**
 * The user's limits, then those of the warehouse.
 * @param batch what waits in memory at most; by default 50,000 rows and 64 MiB.
 */
export function commitLimits(
  config: Pick<LoadConfig, 'batch_size_rows' | 'batch_size_bytes' | 'batch_wait_limit_seconds'>,
  { stage, commitSize = BATCH }: Pick<Warehouse, 'stage' | 'commitSize'>,
  batch = BATCH,
): CommitLimits {
  const rows = config.batch_size_rows ?? commitSize.rows
  const bytes = config.batch_size_bytes ?? commitSize.bytes
  const commit = { rows, bytes }
  const least = { rows: Math.min(rows, batch.rows), bytes: Math.min(bytes, batch.bytes) }
  return {
    commit,
    batch: stage ? least : commit,
    maxWaitMs: config.batch_wait_limit_seconds * 1000,
  }
}

export class PendingCommit {
  readonly #limits: CommitLimits
  #rows = 0
  #bytes = 0
  /** Rows and bytes when the last batch was staged. */
  #stagedRows = 0
  #stagedBytes = 0
  #state: string | undefined
  /** When the oldest waiting message arrived, in monotonic time: the wall clock may be set. */
  #sinceMs: number | undefined

  constructor(limits: CommitLimits) {
    this.#limits = limits
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
    const { rows, bytes } = this.#limits.commit
    return this.#rows >= rows || this.#bytes >= bytes
  }

  /** Whether as much as a batch waits in memory. */
  get isBatchFull(): boolean {
    const { rows, bytes } = this.#limits.batch
    return this.#rows - this.#stagedRows >= rows || this.#bytes - this.#stagedBytes >= bytes
  }

  /** Begins the next batch of the same commit: what waits is no longer in memory. */
  startBatch(): void {
    this.#stagedRows = this.#rows
    this.#stagedBytes = this.#bytes
  }

  /** Starts the clock, unless something is waiting already. */
  startWaiting(arrivedAtMs: number): void {
    this.#sinceMs ??= arrivedAtMs
  }

  /** Milliseconds until the commit is due because of its age; undefined if nothing waits. */
  remainingMs(): number | undefined {
    if (this.#sinceMs === undefined) return undefined
    return this.#sinceMs + this.#limits.maxWaitMs - performance.now()
  }

  /** Begins the next commit. Returns the STATE that the last one covers, or null. */
  reset(): string | null {
    const state = this.#state ?? null
    this.#rows = 0
    this.#bytes = 0
    this.startBatch()
    this.#state = undefined
    this.#sinceMs = undefined
    return state
  }
}
