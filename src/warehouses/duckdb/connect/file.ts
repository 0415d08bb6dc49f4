/** An open DuckDB file, and the memory of its block cache. */

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { DuckDBConnection } from '@duckdb/node-api'
import { AppError } from '../../../errors.ts'
import type { WarehouseOptions } from '../../../loader/warehouse.ts'
import { sql } from '../../sql.ts'
import { BlockCache } from './cache.ts'
import { DuckdbSession, type DuckdbDatabase } from './database.ts'
import { openFile } from './open-file.ts'
import type { DuckdbQuery } from '../sql.ts'
import type { DuckdbUrl } from '../url.ts'

export class DuckdbFile implements DuckdbDatabase {
  readonly #options: WarehouseOptions
  readonly #url: DuckdbUrl
  readonly #session = new DuckdbSession()
  #name = ''
  /** Undefined when the user has set a memory limit, which then bounds the cache too. */
  #cache: BlockCache | undefined

  constructor(options: WarehouseOptions, url: DuckdbUrl) {
    this.#options = options
    this.#url = url
  }

  /** When the file is only read, it may be missing. */
  async open(): Promise<void> {
    const { path } = this.#url
    if (!existsSync(dirname(resolve(path)))) {
      throw new AppError(
        'CONFIG_INVALID',
        `The folder of the DuckDB file ${path} does not exist.`,
        { hint: 'Create it, or correct `warehouse_url`.' },
      )
    }
    if (this.#options.isReadOnly && !existsSync(path)) return
    await this.#session.use(await openFile(this.#url, this.#options))
    const [row] = await this.query(sql`select current_database()`)
    this.#name = String(row?.[0])
    if (this.#url.options['memory_limit'] === undefined) this.#cache = new BlockCache(this.query)
  }

  get name(): string {
    return this.#name
  }

  get connection(): DuckDBConnection {
    return this.#session.connection
  }

  get connect(): DuckdbDatabase['connect'] {
    return this.#session.connect
  }

  get query(): DuckdbQuery {
    return this.#session.query
  }

  async rollback(): Promise<void> {
    await this.#session.rollback()
  }

  /** Frees cached blocks. */
  async tidy(): Promise<void> {
    try {
      await this.#cache?.drop()
    } catch (error) {
      this.#cache = undefined
      this.#options.logger.warn(
        'memory_limit_refused',
        'DuckDB refused to change its memory limit.',
        { reason: error instanceof Error ? error.message : String(error) },
      )
    }
  }

  /** The connection is in this process and cannot be lost. */
  async recover(): Promise<void> {
    await this.rollback()
  }

  /** Moves the WAL into the file first, so that one file holds everything. */
  async close(hasCommitted: boolean): Promise<void> {
    if (hasCommitted) {
      await this.query(sql`checkpoint`).catch((error: unknown) => {
        this.#options.logger.warn('wal_left', 'The DuckDB file was closed with its WAL file.', {
          reason: error instanceof Error ? error.message : String(error),
        })
      })
    }
    this.#session.close()
  }
}
