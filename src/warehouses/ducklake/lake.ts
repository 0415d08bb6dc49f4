/** An attached lake: DuckDB in memory, the catalog, and the locks that keep loads apart. */

import { rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DuckDBConnection } from '@duckdb/node-api'
import { AppError } from '../../errors.ts'
import type { WarehouseOptions } from '../../loader/warehouse.ts'
import { DuckdbSession, type DuckdbDatabase } from '../duckdb/database.ts'
import { loadExtensions } from '../duckdb/extensions.ts'
import { isLocked, lockedError, messageOf } from '../duckdb/errors.ts'
import { openInMemory } from '../duckdb/in-memory.ts'
import type { DuckdbQuery } from '../duckdb/sql.ts'
import { retryOpening } from '../postgres/connect/opening.ts'
import type { Sql } from '../sql.ts'
import * as statements from './attach.ts'
import { withAuthorities } from './authorities.ts'
import type { CatalogLock } from './catalog-lock.ts'
import { wrapLakeError } from './errors.ts'
import type { DucklakeUrl } from './url.ts'

const LOCK_WAIT_MS = 250

/** The lake does not exist. A load creates it; a program that only reads it finds no tables. */
const ABSENT = /Existing DuckLake at metadata catalog .* does not exist|database does not exist/

export interface LakeOptions extends WarehouseOptions {
  lake: DucklakeUrl
  /** The password of the catalog, wherever it comes from. */
  findPassword: () => Promise<string | undefined>
  /** Undefined for a catalog file, which takes one process. */
  lock: CatalogLock | undefined
}

export class Lake implements DuckdbDatabase {
  readonly name = statements.LAKE
  readonly #options: LakeOptions
  readonly #session = new DuckdbSession()
  #isAttached = false
  /** For what does not fit into memory, and for certificates. */
  #folder = ''

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
    await loadExtensions(statements.extensionsFor(lake, process.env), query)
    const password = await this.#options.findPassword()
    const secrets = statements.secretsFor(lake, { env: process.env, password })
    for (const secret of secrets) await this.#configure(secret)
    await this.#attach()
  }

  /** Errors about a secret could quote it. */
  async #configure(secret: Sql): Promise<void> {
    await this.#session.query(secret).catch(() => {
      throw new AppError('CONFIG_INVALID', 'DuckDB refused the keys of the lake.', {
        hint: 'Check the variables that begin with AWS_ or AZURE_.',
      })
    })
  }

  /** Waits while another process holds the file of the catalog. */
  async #attach(): Promise<void> {
    const { lake, signal } = this.#options
    const deadline = performance.now() + lake.lockWaitMs
    for (;;) {
      const holding = await retryOpening(async () => this.#tryAttach(), this.#options)
      if (holding === undefined) return
      const path = lake.catalog.kind === 'file' ? lake.catalog.path : ''
      if (performance.now() > deadline) throw lockedError(holding, path)
      await sleep(LOCK_WAIT_MS, undefined, { signal }).catch(() => undefined)
      signal?.throwIfAborted()
    }
  }

  /**
   * Returns the error that names the process that holds the file of the catalog, if there is one.
   * Two loads that create a lake at the same time disturb each other; another attempt helps.
   */
  async #tryAttach(): Promise<unknown> {
    const { lake, isReadOnly } = this.#options
    try {
      await this.#session.query(statements.attachLake(this.#trusting(lake), { isReadOnly }))
      this.#isAttached = true
    } catch (cause) {
      if (isLocked(cause)) return cause
      const isAbsent = isReadOnly && ABSENT.test(messageOf(cause))
      if (!isAbsent) throw wrapLakeError(cause, { what: 'The lake could not be opened' })
    }
    return undefined
  }

  #trusting(lake: DucklakeUrl): DucklakeUrl {
    const { catalog } = lake
    if (catalog.kind === 'file') return lake
    const url = withAuthorities(catalog.url, { folder: this.#folder, env: process.env })
    return { ...lake, catalog: { ...catalog, url } }
  }

  get connection(): DuckDBConnection {
    return this.#session.connection
  }

  readonly query: DuckdbQuery = async (statement) =>
    this.#isAttached ? this.#session.query(statement) : []

  async rollback(): Promise<void> {
    await this.#session.rollback()
  }

  async tidy(): Promise<void> {
    // Data files are written once and not kept in memory.
  }

  /** DuckDB connects to the catalog again by itself; the lock does not. */
  async recover(): Promise<void> {
    await this.rollback()
    await this.#options.lock?.open()
  }

  async close(): Promise<void> {
    this.#session.close()
    await this.#options.lock?.close()
    if (this.#folder !== '') rmSync(this.#folder, { recursive: true, force: true })
  }
}
