/** The rows of tables, counted after each run and whenever somebody looks at the tables. */

import { databaseKeysOf } from '../../runner/connection/conflicts.ts'
import type { Connection } from '../../runner/connection/connection.ts'
import type { CallOptions } from '../../runner/programs/call-program.ts'
import type { RunQueue } from '../../runner/scheduler/run-queue.ts'
import { readTables, type InspectedTable } from '../../runner/warehouse/target-client.ts'

export interface CountedTables {
  readAt: string
  tables: readonly InspectedTable[]
}

export interface RowCountOptions {
  calls: CallOptions
  queue: RunQueue
  /** Called with each new count. */
  onCount: (connection: Connection) => void
}

export class RowCounts {
  readonly #options: RowCountOptions
  /** By the path of the connection. */
  readonly #counted = new Map<string, CountedTables>()
  /** The background counts, one after the other. */
  #last: Promise<void> = Promise.resolve()

  constructor(options: RowCountOptions) {
    this.#options = options
  }

  /** The last count; undefined before the first one. */
  known({ path }: Connection): CountedTables | undefined {
    return this.#counted.get(path)
  }

  /** Counts now. Throws what the target throws. */
  async count(connection: Connection): Promise<CountedTables> {
    const streams = [...connection.resources.keys()]
    const { tables } = await readTables(connection, streams, this.#options.calls)
    const counted = { readAt: new Date().toISOString(), tables }
    this.#counted.set(connection.path, counted)
    this.#options.onCount(connection)
    return counted
  }

  /**
   * Counts in the background, while no run needs the file of the database. A count that fails keeps
   * the one before.
   */
  countSoon(connection: Connection): void {
    const { queue, calls } = this.#options
    if (calls.signal.aborted) return
    const keys = databaseKeysOf(connection)
    const count = async () => this.count(connection)
    const last = this.#last
    this.#last = (async () => {
      await last
      await queue.run(keys, calls.signal, count).catch(() => undefined)
    })()
  }

  /** Forgets a connection that was removed, or whose settings changed. */
  forget(path: string): void {
    this.#counted.delete(path)
  }

  /** Returns when no count is in progress: call it after the signal was aborted. */
  async ended(): Promise<void> {
    await this.#last
  }
}
