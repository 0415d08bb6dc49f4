/** An attached lake: DuckDB in memory, the catalog, and the locks that keep loads apart. */

import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { AppError } from '../../errors.ts'
import { DEFAULT_METADATA_SCHEMA } from '../../urls/warehouse-urls.ts'
import type { WarehouseOptions } from '../../loader/warehouse.ts'
import { DuckdbSession, type DuckdbDatabase } from '../duckdb/database.ts'
import { isLocked, lockedError, messageOf } from '../duckdb/errors.ts'
import { FRUGAL_ALLOCATOR } from '../duckdb/open-file.ts'
import type { DuckdbQuery } from '../duckdb/sql.ts'
import { retryOpening } from '../postgres/connect/opening.ts'
import { sql, type Sql } from '../sql.ts'
import * as statements from './attach.ts'
import type { CatalogLock } from './catalog-lock.ts'
import { CatalogRelay } from './relay/relay.ts'
import { wrapLakeError } from './errors.ts'
import { loadExtensions } from './extensions.ts'
import type { DucklakeUrl } from './url.ts'

const LOCK_WAIT_MS = 250
/** So many times the wait for a connection, a server is asked what became of a transaction. */
const LOST_COMMIT_ATTEMPTS = 2

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
  /** Undefined for a catalog in a file. */
  #relay: CatalogRelay | undefined

  constructor(options: LakeOptions) {
    this.#options = options
  }

  async open(): Promise<void> {
    const { lake, lock } = this.#options
    await lock?.open()
    const { temp_directory, ...settings } = lake.options
    this.#folder = mkdtempSync(join(tmpdir(), 'target-warehouse-'))
    const instance = await DuckDBInstance.create(':memory:', {
      ...FRUGAL_ALLOCATOR,
      ...settings,
      temp_directory: temp_directory ?? this.#folder,
      autoinstall_known_extensions: 'false',
    })
    await this.#session.use(instance)
    const { query } = this.#session
    await loadExtensions(statements.extensionsFor(lake, process.env), query)
    const password = await this.#options.findPassword()
    await this.#openRelay()
    const login = { host: this.#folder, password }
    const secrets = statements.secretsFor(lake, { env: process.env, ...login })
    for (const secret of secrets) await this.#configure(secret)
    await this.#attach()
  }

  async #openRelay(): Promise<void> {
    const { lake, logger } = this.#options
    if (lake.catalog.kind === 'file') return
    this.#relay = new CatalogRelay({
      url: lake.catalog.url,
      schema: lake.metadataSchema ?? DEFAULT_METADATA_SCHEMA,
      folder: this.#folder,
      waitMs: LOST_COMMIT_ATTEMPTS * lake.catalog.url.connectTimeoutMs,
      // Any later, and DuckLake would remove files that the catalog may list.
      onUnknown: () => {
        logger.critical(
          'commit_unknown',
          'The connection was lost during a commit, and the server cannot be asked. The next run continues from what was committed.',
        )
        this.#removeFolder()
        process.kill(process.pid, 'SIGKILL')
      },
    })
    await this.#relay.open()
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
      await this.#session.query(statements.attachLake(lake, { isReadOnly }))
      this.#isAttached = true
    } catch (cause) {
      if (isLocked(cause)) return cause
      const isAbsent = isReadOnly && ABSENT.test(messageOf(cause))
      if (!isAbsent) throw wrapLakeError(cause, { what: 'The lake could not be opened' })
    }
    return undefined
  }

  get connection(): DuckDBConnection {
    return this.#session.connection
  }

  readonly query: DuckdbQuery = async (statement) =>
    this.#isAttached ? this.#session.query(statement) : []

  /** Marks the transaction that is running, so that its snapshot can be found again. */
  async markCommit(): Promise<void> {
    if (!this.#relay) return
    this.#relay.mark = randomUUID()
    await this.query(statements.markCommit(this.#relay.mark))
  }

  /** Runs one statement as a marked transaction. */
  readonly transact: DuckdbQuery = async (statement) => {
    await this.query(sql`begin transaction`)
    try {
      await this.markCommit()
      const rows = await this.query(statement)
      await this.query(sql`commit`)
      return rows
    } catch (error) {
      await this.#session.rollback()
      throw error
    } finally {
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
    this.#removeFolder()
  }

  #removeFolder(): void {
    if (this.#folder !== '') rmSync(this.#folder, { recursive: true, force: true })
  }
}
