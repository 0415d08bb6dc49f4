/** An attached lake: DuckDB in memory, the catalog, and the locks that keep loads apart. */

import { randomUUID } from 'node:crypto'
import type { DuckDBConnection } from '@duckdb/node-api'
import { DuckdbSession, type DuckdbDatabase } from '../duckdb/connect/database.ts'
import { openInMemory } from '../duckdb/connect/in-memory.ts'
import type { ScratchFolder } from '../duckdb/connect/scratch-folder.ts'
import type { DuckdbQuery } from '../duckdb/sql.ts'
import { sql } from '../sql.ts'
import { extensionsFor, LAKE, markCommit, secretsFor } from './attach-sql.ts'
import { attach, createSecrets, type AttachOptions } from './attach.ts'
import type { CatalogLock } from './catalog-lock.ts'
import { loadExtensions } from '../duckdb/connect/extensions.ts'
import { openRelay } from './relay/open.ts'
import type { CatalogRelay } from './relay/relay.ts'
import { withSafeCommits } from './url.ts'

export interface LakeOptions extends AttachOptions {
  /** The password of the catalog, wherever it comes from. */
  findPassword: () => Promise<string | undefined>
  /** Undefined for a catalog file, which takes one process. */
  lock: CatalogLock | undefined
}

export class Lake implements DuckdbDatabase {
  readonly name = LAKE
  readonly #options: LakeOptions
  readonly #session = new DuckdbSession()
  #isAttached = false
  /** For what does not fit into memory, and for the socket of the relay. */
  #folder: ScratchFolder | undefined
  /** Undefined for a catalog in a file. */
  #relay: CatalogRelay | undefined

  constructor(options: LakeOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    const { lake, lock } = this.#options
    await lock?.open()
    const { instance, folder } = await openInMemory(lake.options)
    this.#folder = folder
    await this.#session.use(instance)
    const { query } = this.#session
    await loadExtensions(extensionsFor(lake, process.env), query)
    this.#relay = await openRelay(lake, {
      folder: folder.path,
      logger: this.#options.logger,
      beforeKill: folder.remove,
    })
    const login = { host: folder.path, password: await this.#options.findPassword() }
    await createSecrets(query, secretsFor(lake, { env: process.env, ...login }))
    // Stronger settings are kept.
    const safe = (await lock?.losesCommits()) ? withSafeCommits(lake) : lake
    this.#isAttached = await attach(query, { ...this.#options, lake: safe })
  }

  get connection(): DuckDBConnection {
    return this.#session.connection
  }

  get connect(): DuckdbDatabase['connect'] {
    return this.#session.connect
  }

  readonly query: DuckdbQuery = async (statement) =>
    this.#isAttached ? this.#session.query(statement) : []

  /** Marks the transaction that is running, so that its snapshot can be found again. */
  async markCommit(): Promise<void> {
    if (!this.#relay) return
    this.#relay.mark = randomUUID()
    await this.query(markCommit(this.#relay.mark))
  }

  /** Runs one statement as a marked transaction. Ends it when the program is stopped. */
  readonly transact: DuckdbQuery = async (statement) => {
    const { signal } = this.#options
    signal?.throwIfAborted()
    const interrupt = () => this.connection.interrupt()
    signal?.addEventListener('abort', interrupt)
    await this.query(sql`begin transaction`)
    try {
      await this.markCommit()
      const rows = await this.query(statement)
      await this.query(sql`commit`)
      return rows
    } catch (error) {
      await this.#session.rollback()
      signal?.throwIfAborted()
      throw error
    } finally {
      signal?.removeEventListener('abort', interrupt)
      this.#endMark()
    }
  }

  #endMark(): void {
    if (this.#relay) this.#relay.mark = undefined
  }

  async rollback(): Promise<void> {
    this.#endMark()
    await this.#session.rollback()
  }

  async tidy(): Promise<void> {
    this.#endMark()
  }

  /** DuckDB connects to the catalog again by itself; the lock does not. */
  async recover(): Promise<void> {
    await this.rollback()
    await this.#options.lock?.open()
  }

  async close(): Promise<void> {
    this.#session.close()
    this.#relay?.close()
    await this.#options.lock?.close()
    this.#folder?.remove()
  }
}
