/** A database that DuckDB writes in this process: its connection, and how it begins and ends. */

import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { render, sql, STANDARD_STYLE } from '../../sql.ts'
import type { DuckdbQuery } from '../sql.ts'

/** A file, or a lake that DuckDB attaches. */
export interface DuckdbDatabase {
  /** DuckDB's name of the database. */
  readonly name: string
  /** Throws when the database is not open. */
  readonly connection: DuckDBConnection
  /** Opens another connection, which ends with the first one. Throws when it is not open. */
  readonly connect: () => Promise<DuckDBConnection>
  /** Returns no rows while the database is not open: it is only read, and does not exist. */
  readonly query: DuckdbQuery
  open: () => Promise<void>
  /** Never throws. */
  rollback: () => Promise<void>
  /** Called after each commit. Never throws, because the batch is committed by then. */
  tidy: () => Promise<void>
  /** Prepares for another attempt after a transient failure. */
  recover: () => Promise<void>
  /** Never throws. `hasCommitted` is false when nothing was written. */
  close: (hasCommitted: boolean) => Promise<void>
}

/** One connection of an instance of DuckDB. */
export class DuckdbSession {
  #instance: DuckDBInstance | undefined
  #connection: DuckDBConnection | undefined
  readonly #others: DuckDBConnection[] = []

  async use(instance: DuckDBInstance): Promise<void> {
    this.#instance = instance
    this.#connection = await instance.connect()
    await this.query(sql`set timezone = 'UTC'`)
  }

  get connection(): DuckDBConnection {
    if (!this.#connection) throw new Error('The database is not open')
    return this.#connection
  }

  readonly connect = async (): Promise<DuckDBConnection> => {
    if (!this.#instance) throw new Error('The database is not open')
    const other = await this.#instance.connect()
    this.#others.push(other)
    return other
  }

  readonly query: DuckdbQuery = async (statement) => {
    if (!this.#connection) return []
    const { text, values } = render(statement, STANDARD_STYLE)
    // With values, the statement would be prepared in a transaction of its own, and the functions
    // of lakes then refuse to run.
    const reader = await (values.length > 0
      ? this.#connection.runAndReadAll(text, values)
      : this.#connection.runAndReadAll(text))
    return reader.getRows()
  }

  /** Never throws. */
  async rollback(): Promise<void> {
    await this.query(sql`rollback`).catch(() => undefined)
  }

  close(): void {
    for (const other of this.#others.splice(0)) other.disconnectSync()
    this.#connection?.disconnectSync()
    this.#instance?.closeSync()
    this.#connection = undefined
    this.#instance = undefined
  }
}
