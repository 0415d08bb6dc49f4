/**
 * Keeps loads into the same tables of a lake apart: advisory locks of the PostgreSQL database that
 * holds the catalog. DuckDB pools its own connections to it, so the locks have one of their own.
 */

import type { WarehouseOptions } from '../../loader/warehouse.ts'
import { ServerError } from '../server-error.ts'
import { findSnapshot } from './sql.ts'
import { foldName } from '../../urls/name-folding.ts'
import type { CommitUnit } from '../../loader/commit-unit.ts'
import { PostgresConnection } from '../postgres/connect/connection.ts'
import { takeTableLock, type LockedTables } from '../postgres/connect/lock.ts'
import { retryOpening } from '../opening.ts'
import { findSession } from '../postgres/connect/settings.ts'
import { refusePooling } from '../postgres/connect/pooler.ts'
import { DUCKLAKE } from './dialect.ts'
import { wrapError } from '../postgres/errors.ts'
import type { PostgresUrl } from '../postgres/url.ts'

/** Equal for two spellings of a name that are one name to the lake. */
function fold(name: string): string {
  return foldName(name, DUCKLAKE)
}

export class CatalogLock {
  readonly #options: WarehouseOptions
  readonly #url: PostgresUrl
  readonly #tables: LockedTables & { lake: string }
  #connection: PostgresConnection | undefined
  #locked = new Set<string>()

  /** `lake` is the schema of the catalog, `schema` the one of the tables. */
  constructor(
    options: WarehouseOptions,
    url: PostgresUrl,
    { lake, schema }: { lake: string; schema: string },
  ) {
    this.#options = options
    this.#url = url
    this.#tables = { lake, schema: fold(schema), prefix: fold(options.tablePrefix) }
  }

  get #wait() {
    const { logger, signal } = this.#options
    return { waitMs: this.#url.lockWaitMs, logger, signal }
  }

  /** Connects, and locks the tables unless they are only read. Does nothing while it is held. */
  async open(): Promise<void> {
    if (this.#connection && !this.#connection.isLost) return
    await this.close()
    const { host, port, database } = this.#url
    const what = `The PostgreSQL database ${database} at ${host}:${port}, with the catalog of the lake, could not be opened`
    await retryOpening(async () => {
      try {
        await this.#connect()
      } catch (cause) {
        throw wrapError(cause, { what })
      }
    }, this.#options)
  }

  async #connect(): Promise<void> {
    const { signal, isReadOnly } = this.#options
    const connection = await PostgresConnection.open(this.#url, signal)
    try {
      await refusePooling(connection, async (ended) => PostgresConnection.open(this.#url, ended))
      if (!isReadOnly) await takeTableLock(connection, this.#tables, this.#wait)
    } catch (error) {
      await connection.close()
      throw error
    }
    this.#connection = connection
    this.#locked = new Set()
  }

  /** Locks the tables of the unit, in the same order in all loads. */
  async lockTables({ changes, steps }: CommitUnit): Promise<void> {
    await this.open()
    const { lake, schema } = this.#tables
    const tables = new Set([...changes, ...steps].map(({ table }) => fold(table)))
    for (const table of [...tables].toSorted()) {
      if (this.#locked.has(table)) continue
      await this.#run(async (connection) =>
        takeTableLock(connection, { lake, schema, table }, this.#wait),
      )
      this.#locked.add(table)
    }
  }

  /**
   * Throws when the connection, and with it the locks, is lost; or when the snapshot from which the
   * transaction started has expired, because DuckLake then finds no conflict with later ones.
   */
  async assertHeld(startSnapshot: string): Promise<void> {
    const { lake } = this.#tables
    await this.#run(async (connection) => {
      const found = await connection.query(findSnapshot(lake, startSnapshot))
      if (found.length > 0) return
      throw new ServerError('WAREHOUSE_FAILED', 'The snapshot before a load has expired.', {
        failure: 'transient',
        hint: 'Let snapshots expire later than the longest load takes.',
      })
    })
  }

  /** True when a crash of the server may lose a commit that it has confirmed. */
  async losesCommits(): Promise<boolean> {
    let synchronousCommit: string | null | undefined
    await this.#run(async (connection) => {
      const [row] = await connection.query(findSession())
      synchronousCommit = row?.[2]
    })
    return synchronousCommit === 'off'
  }

  async #run(work: (connection: PostgresConnection) => Promise<unknown>): Promise<void> {
    if (!this.#connection) throw new Error('The lock is not open')
    try {
      await work(this.#connection)
    } catch (cause) {
      throw wrapError(cause, { what: 'PostgreSQL refused a lock' })
    }
  }

  /** Never throws. */
  async close(): Promise<void> {
    await this.#connection?.close()
    this.#connection = undefined
    this.#locked = new Set()
  }
}
