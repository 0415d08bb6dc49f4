/**
 * The session of a load: its connection, opened again after a loss, with its settings and its
 * locks.
 */

import { AppError } from '../../errors.ts'
import type { WarehouseOptions } from '../../loader/warehouse.ts'
import type { CommitUnit } from '../../loader/commit-unit.ts'
import { WAREHOUSE_KINDS } from '../../urls/warehouse-urls.ts'
import { sql, type Sql } from '../sql.ts'
import { PostgresConnection, type Row } from './connect/connection.ts'
import { takeTableLock, type LockedTables, type LockWait } from './connect/lock.ts'
import { retryOpening } from '../opening.ts'
import { refusePooling } from './connect/pooler.ts'
import * as settings from './connect/settings.ts'
import { sqlStateOf, wrapError, type ErrorContext } from './errors.ts'
import { findHint, type Failed } from './tables/hints.ts'
import { KeyIndexes } from './tables/key-indexes.ts'
import { assertSchema } from './tables/schema.ts'
import type { PostgresUrl } from './url.ts'

const { defaultSchema } = WAREHOUSE_KINDS.postgres
const MIN_SERVER_VERSION = 120_000
const INVALID_VALUE = '22023'

/** A server refuses it where its system cannot look for clients, such as on Windows. */
async function lookForClient(connection: PostgresConnection): Promise<void> {
  await connection.query(settings.lookForClient()).catch((error: unknown) => {
    if (sqlStateOf(error) !== INVALID_VALUE) throw error
  })
}

/**
 * Forces the settings of the session, whatever the server's defaults are. Returns the current
 * schema.
 */
async function forceSettings(
  connection: PostgresConnection,
  isReadOnly: boolean,
): Promise<string | null> {
  const [row = []] = await connection.query(settings.findSession())
  const [schema = null, version, synchronousCommit = null] = row
  if (!(Number(version) >= MIN_SERVER_VERSION)) {
    throw new AppError(
      'WAREHOUSE_FAILED',
      `The PostgreSQL server is older than version 12 (server_version_num ${version}).`,
    )
  }
  await connection.query(settings.forceSettings())
  for (const statement of settings.forceByServer(Number(version), synchronousCommit)) {
    await connection.query(statement)
  }
  if (Number(version) >= settings.LOOKS_FOR_CLIENT_SINCE) await lookForClient(connection)
  if (isReadOnly) await connection.query(settings.forceReadOnly())
  return schema
}

export class PostgresSession {
  readonly #options: WarehouseOptions
  readonly #url: PostgresUrl
  #schema: string | undefined
  #connection: PostgresConnection | undefined
  #lockedTables = new Set<string>()
  #indexes = new KeyIndexes()

  constructor(options: WarehouseOptions, url: PostgresUrl) {
    this.#options = options
    this.#url = url
    this.#schema = options.schema
  }

  /** Retries transient failures for a bounded time. */
  async open(): Promise<void> {
    const { host, port, database } = this.#url
    const what = `The PostgreSQL database ${database} at ${host}:${port} could not be opened`
    await retryOpening(() => this.#attempt(what, () => this.connect()), this.#options)
  }

  /** The tables of this load. Their schema is known once the session is open. */
  get tables(): LockedTables {
    return { schema: this.#schema ?? defaultSchema, prefix: this.#options.tablePrefix }
  }

  /** The indexes of keys, as far as this connection knows them. */
  get indexes(): KeyIndexes {
    return this.#indexes
  }

  get #lockWait(): LockWait {
    const { logger, signal } = this.#options
    return { waitMs: this.#url.lockWaitMs, logger, signal }
  }

  /** The next step for a failure, by the catalog. Never throws. */
  async findHint(
    cause: unknown,
    about: Pick<Failed, 'unit' | 'table'>,
  ): Promise<string | undefined> {
    const { user, database } = this.#url
    const context: ErrorContext = { schema: this.tables.schema, user, database }
    return findHint(cause, { connection: this.#connection, context, ...about })
  }

  async #attempt<T>(what: string, work: () => Promise<T>, table?: string): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw wrapError(cause, { what, hint: await this.findHint(cause, { table }) })
    }
  }

  /** The open connection, or a new one when the old one was lost. */
  async connect(): Promise<PostgresConnection> {
    if (this.#connection && !this.#connection.isLost) return this.#connection
    await this.#connection?.close()
    this.#connection = undefined
    const connection = await PostgresConnection.open(this.#url, this.#options.signal)
    try {
      await this.#prepare(connection)
    } catch (error) {
      await connection.close()
      throw error
    }
    this.#indexes = new KeyIndexes()
    this.#lockedTables = new Set()
    this.#connection = connection
    return connection
  }

  async #prepare(connection: PostgresConnection): Promise<void> {
    const { isReadOnly } = this.#options
    await refusePooling(connection, async (signal) => PostgresConnection.open(this.#url, signal))
    const schema = await forceSettings(connection, isReadOnly)
    this.#schema ??= schema ?? defaultSchema
    assertSchema(this.#schema)
    if (!isReadOnly) await takeTableLock(connection, this.tables, this.#lockWait)
  }

  /**
   * Runs work on the open connection. Failures come as errors that name the table in their hint.
   */
  async run<T>(work: (connection: PostgresConnection) => Promise<T>, table?: string): Promise<T> {
    return this.#attempt(
      'PostgreSQL refused a query',
      async () => work(await this.connect()),
      table,
    )
  }

  async query(statement: Sql, table?: string): Promise<Row[]> {
    return this.run(async (connection) => connection.query(statement), table)
  }

  /**
   * Locks the tables of the unit, in the same order in all loads. Locks end with the connection.
   */
  async lockTables(connection: PostgresConnection, { changes, steps }: CommitUnit): Promise<void> {
    const tables = new Set([...changes, ...steps].map(({ table }) => table))
    for (const table of [...tables].toSorted()) {
      if (this.#lockedTables.has(table)) continue
      await takeTableLock(connection, { schema: this.tables.schema, table }, this.#lockWait)
      this.#lockedTables.add(table)
    }
  }

  /** Never throws. A lost connection is replaced by the next query or commit. */
  async rollback(): Promise<void> {
    if (!this.#connection || this.#connection.isLost) return
    await this.#connection.query(sql`rollback`).catch(() => undefined)
  }

  async close(): Promise<void> {
    await this.#connection?.close()
    this.#connection = undefined
  }
}
