/** The rows of tables, counted after each run and whenever somebody looks at the tables. */

import { once } from 'node:events'
import { isDeepStrictEqual } from 'node:util'
import { databaseKeysOf, databaseOf } from '../../runner/connection/conflicts.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import type { CallOptions } from '../../runner/programs/call-program.ts'
import { RunQueue } from '../../runner/scheduler/run-queue.ts'
import { readTables } from '../../runner/warehouse/target-client.ts'
import { MINUTE_MS } from '../../time.ts'
import { withinLimit } from './call-limit.ts'
import { keepCount, placeOf, readCount, type CountedTables, type KeptCount } from './kept-counts.ts'

/** Each count is a process. */
const MAX_COUNTS = 2
/** How long a client waits for a count. */
const REQUEST_LIMIT_MS = 2 * MINUTE_MS
/** A count in the background holds back the runs of a database with one writer. */
const BACKGROUND_LIMIT_MS = 10 * MINUTE_MS

export interface RowCountOptions {
  calls: CallOptions
  queue: RunQueue
  /** Reads a connection file. Throws CONFIG_INVALID. */
  open: (path: string) => Promise<Connection>
  /** Called with each count of the background, and with each other one that differs. */
  onCount: (connection: Connection) => void
  /** @default that of the target */
  readTables?: typeof readTables
  /** For a client that waits. @default 2 minutes */
  limitMs?: number
}

/** Throws the signal's reason when it is aborted. */
async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason as Error
}

export class RowCounts {
  readonly #options: RowCountOptions
  /** By the path of the connection. */
  readonly #counted = new Map<string, KeptCount>()
  /** Counts in progress, by what they count. */
  readonly #counting = new Map<string, Promise<CountedTables>>()
  /** Connections that wait for a count: how old it may be, by path. */
  readonly #waiting = new Map<string, string>()
  /** Counts of all databases: few at a time, and one of each database. */
  readonly #queue = new RunQueue(MAX_COUNTS)
  /** Counts of the background that wait or are in progress. */
  readonly #background = new Set<Promise<void>>()

  constructor(options: RowCountOptions) {
    this.#options = options
  }

  /** The last count of the tables that the connection has now; undefined before the first one. */
  async known(connection: Connection): Promise<CountedTables | undefined> {
    const place = placeOf(connection)
    const counted = this.#counted.get(connection.path)
    if (counted?.place === place) return counted
    const kept = await readCount(connection)
    if (kept?.place !== place) return undefined
    this.#take(connection, kept)
    return kept
  }

  /**
   * Counts as soon as few other counts are in progress. Throws what the target throws, and
   * TIMED_OUT after the limit.
   */
  async count(connection: Connection): Promise<CountedTables> {
    const { limitMs = REQUEST_LIMIT_MS } = this.#options
    const before = await this.known(connection)
    const counted = await this.#countWithin(limitMs, connection)
    // An event for an equal count would make those who look at the tables count again.
    if (!isDeepStrictEqual(counted.tables, before?.tables)) this.#options.onCount(connection)
    return counted
  }

  /**
   * Counts in the background, while no run needs the file of the database, unless a count began
   * after `since`. A count that fails keeps the one before. Returns at once.
   */
  countSoon(path: string, since: string): void {
    if (this.#options.calls.signal.aborted) return
    const isWaiting = this.#waiting.has(path)
    this.#waiting.set(path, since)
    if (isWaiting) return
    const counting = this.#countInTurn(path)
      .catch(() => undefined)
      .finally(() => this.#background.delete(counting))
    this.#background.add(counting)
  }

  /** Forgets a connection that was removed. */
  forget(path: string): void {
    this.#counted.delete(path)
    this.#waiting.delete(path)
  }

  /** Returns when no count is in progress: call it after the signal was aborted. */
  async ended(): Promise<void> {
    await Promise.all([...this.#background, Promise.allSettled(this.#counting.values())])
  }

  /** The file may change while the count waits, so it is opened now. */
  async #countInTurn(path: string): Promise<void> {
    const { open, queue, calls, onCount } = this.#options
    const connection = this.#waiting.has(path) && (await open(path).catch(() => undefined))
    if (!connection) {
      this.#waiting.delete(path)
      return
    }
    await queue.runWithoutSlot(databaseKeysOf(connection), calls.signal, async () => {
      const since = this.#waiting.get(path)
      this.#waiting.delete(path)
      const known = await this.known(connection)
      const isCounted = known && Date.parse(known.readAt) >= Date.parse(since ?? '')
      if (since === undefined || isCounted) return
      await this.#countWithin(BACKGROUND_LIMIT_MS, connection, { isInBackground: true })
      onCount(connection)
    })
  }

  async #countWithin(
    limitMs: number,
    connection: Connection,
    { isInBackground = false } = {},
  ): Promise<CountedTables> {
    const limit = { ended: this.#options.calls.signal, ms: limitMs, what: 'The count of the rows' }
    return withinLimit(limit, async (signal) => {
      const calls = { ...this.#options.calls, signal, isInBackground }
      const counting = this.#countOnce(connection, calls)
      // A count that this one has joined may have a later limit.
      return Promise.race([counting, aborted(signal)])
    })
  }

  /** Joins a count of the same tables that is in progress. */
  async #countOnce(connection: Connection, calls: CallOptions): Promise<CountedTables> {
    const streams = [...connection.resources.keys()]
    const place = placeOf(connection)
    const key = JSON.stringify([connection.path, place, streams])
    const joined = this.#counting.get(key)
    if (joined) return joined
    const { readTables: read = readTables } = this.#options
    const count = async () => {
      const readAt = new Date().toISOString()
      const { tables } = await read(connection, streams, calls)
      const counted = { readAt, tables, place }
      if (this.#take(connection, counted)) await keepCount(connection, counted)
      return counted
    }
    const counting = this.#queue
      .run([databaseOf(connection)], calls.signal, count)
      .finally(() => this.#counting.delete(key))
    this.#counting.set(key, counting)
    return counting
  }

  /** False for one that is older than the known one, as after a change of the destination. */
  #take({ path }: Connection, counted: KeptCount): boolean {
    const known = this.#counted.get(path)
    if (known && Date.parse(known.readAt) > Date.parse(counted.readAt)) return false
    this.#counted.set(path, counted)
    return true
  }
}
