/** The rows of tables, counted after each run and whenever somebody looks at the tables. */

import type { Connection } from '../../runner/connection/connection.ts'
import type { CallOptions } from '../../runner/programs/call-program.ts'
import { readTables, type InspectedTable } from '../../runner/warehouse/target-client.ts'

export interface CountedTables {
  readAt: string
  tables: readonly InspectedTable[]
}

export class RowCounts {
  readonly #options: CallOptions
  readonly #onCount: (connection: Connection) => void
  /** By the path of the connection. */
  readonly #counted = new Map<string, CountedTables>()
  /** The background counts, one after the other. */
  #last: Promise<void> = Promise.resolve()

  /** @param onCount called with each new count */
  constructor(options: CallOptions, onCount: (connection: Connection) => void) {
    this.#options = options
    this.#onCount = onCount
  }

  /** The last count; undefined before the first one. */
  known({ path }: Connection): CountedTables | undefined {
    return this.#counted.get(path)
  }

  /** Counts now. Throws what the target throws. */
  async count(connection: Connection): Promise<CountedTables> {
    const streams = [...connection.resources.keys()]
    const { tables } = await readTables(connection, streams, this.#options)
    const counted = { readAt: new Date().toISOString(), tables }
    this.#counted.set(connection.path, counted)
    this.#onCount(connection)
    return counted
  }

  /** Counts in the background. A count that fails keeps the one before. */
  countSoon(connection: Connection): void {
    if (this.#options.signal.aborted) return
    const last = this.#last
    this.#last = (async () => {
      await last
      await this.count(connection).catch(() => undefined)
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
