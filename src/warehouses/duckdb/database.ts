/** An open DuckDB file with its one connection, and the memory of its block cache. */

import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { AppError } from '../../errors.ts'
import type { WarehouseOptions } from '../../loader/warehouse.ts'
import { render, sql, STANDARD_STYLE } from '../sql.ts'
import { BlockCache } from './cache.ts'
import { openFile } from './open-file.ts'
import type { DuckdbQuery } from './sql.ts'
import type { DuckdbUrl } from './url.ts'

export class DuckdbDatabase {
  readonly #options: WarehouseOptions
  readonly #url: DuckdbUrl
  #name = ''
  /** Undefined when the user has set a memory limit, which then bounds the cache too. */
  #cache: BlockCache | undefined
  #instance: DuckDBInstance | undefined
  #connection: DuckDBConnection | undefined

  constructor(options: WarehouseOptions, url: DuckdbUrl) {
    this.#options = options
    this.#url = url
  }

  /**
   * Opens the file. When it is only read it may be missing, and then every query returns no rows.
   */
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
    this.#instance = await openFile(this.#url, this.#options)
    this.#connection = await this.#instance.connect()
    await this.query(sql`set timezone = 'UTC'`)
    const [row] = await this.query(sql`select current_database()`)
    this.#name = String(row?.[0])
    if (this.#url.options['memory_limit'] === undefined) this.#cache = new BlockCache(this.query)
  }

  /** DuckDB's name of the database. */
  get name(): string {
    return this.#name
  }

  /** Throws when the file is not open. */
  get connection(): DuckDBConnection {
    if (!this.#connection) throw new Error('The database is not open')
    return this.#connection
  }

  readonly query: DuckdbQuery = async (statement) => {
    if (!this.#connection) return []
    const { text, values } = render(statement, STANDARD_STYLE)
    const reader = await this.#connection.runAndReadAll(text, values)
    return reader.getRows()
  }

  /** Never throws. */
  async rollback(): Promise<void> {
    await this.query(sql`rollback`).catch(() => undefined)
  }

  /** Frees cached blocks. Never throws, because the batch is committed by then. */
  async dropCache(): Promise<void> {
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

  /** Moves the WAL into the file, so that one file holds everything. Never throws. */
  async checkpoint(): Promise<void> {
    await this.query(sql`checkpoint`).catch((error: unknown) => {
      this.#options.logger.warn('wal_left', 'The DuckDB file was closed with its WAL file.', {
        reason: error instanceof Error ? error.message : String(error),
      })
    })
  }

  close(): void {
    this.#connection?.disconnectSync()
    this.#instance?.closeSync()
    this.#connection = undefined
    this.#instance = undefined
  }
}
