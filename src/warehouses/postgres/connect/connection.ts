/** One connection to a server: opened as the URL wants, its session under our settings, and marked as lost when it is. */

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { hostname } from 'node:os'
import { Client } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { AppError } from '../../../errors.ts'
import { render, STANDARD_STYLE, type Sql } from '../../sql.ts'
import { PostgresError, sqlStateOf } from '../errors.ts'
import { requireBinding } from './channel-binding.ts'
import { findPassword } from './password-file.ts'
import { mostHelpfulError, tlsAttempts, type Tls } from './tls.ts'
import { isLocal, type PostgresUrl } from '../url.ts'

const CLOSE_WAIT_MS = 2000
const MAX_APPLICATION_NAME_BYTES = 63

/** Every value as PostgreSQL writes it. */
const AS_TEXT = { getTypeParser: () => (text: unknown) => text }

export type Row = (string | null)[]

/** As others see it in `pg_stat_activity`. */
function applicationName(url: PostgresUrl): string {
  const name = url.applicationName ?? `target-warehouse, process ${process.pid} on ${hostname()}`
  return Buffer.from(name).subarray(0, MAX_APPLICATION_NAME_BYTES).toString()
}

function cleartextRefusal(host: string): AppError {
  return new AppError(
    'TLS_FAILED',
    `The PostgreSQL server at ${host} asked for the password in the clear, over a connection without TLS.`,
    { hint: 'Use sslmode=verify-full, or scram-sha-256 in pg_hba.conf of the server.' },
  )
}

/** What poolers send for whatever is wrong with a login; later it can be anything. */
const REFUSALS = new Set(['08P01', '08004'])

function isRefusal(error: unknown): error is Error {
  return REFUSALS.has(sqlStateOf(error) ?? '')
}

/** Trying again would not help. */
function refusedError(host: string, cause: Error): PostgresError {
  return new PostgresError(
    'WAREHOUSE_FAILED',
    `The PostgreSQL server or pooler at ${host} refused the connection (${cause.message}).`,
    {
      failure: 'final',
      cause,
      hint: 'Check the user, the password, the database and the options of `warehouse_url`.',
    },
  )
}

async function passwordOf(url: PostgresUrl): Promise<string | undefined> {
  const env = url.passFile === undefined ? {} : { PGPASSFILE: url.passFile }
  return url.password ?? (await findPassword(url, { ...process.env, ...env }))
}

interface Events {
  prependListener: (event: string, listener: () => void) => void
  stream: { destroy: (error: Error) => void }
}

/** Ends the connection before the password is sent. */
function refuseCleartext(client: Client, host: string): void {
  // The protocol's events are there, but not in the types.
  const { connection } = client as unknown as { connection: Events }
  connection.prependListener('authenticationCleartextPassword', () =>
    connection.stream.destroy(cleartextRefusal(host)),
  )
}

export class PostgresConnection {
  readonly #client: Client
  readonly isEncrypted: boolean
  /** Set from the moment at which nothing can be sent any more. */
  isLost = false

  private constructor(client: Client, isEncrypted: boolean) {
    this.#client = client
    this.isEncrypted = isEncrypted
    // Without a listener, a connection that ends while nothing is under way would end the process.
    client.on('error', () => (this.isLost = true))
    client.on('end', () => (this.isLost = true))
  }

  static async #attempt(
    url: PostgresUrl,
    tls: Tls,
    signal?: AbortSignal,
  ): Promise<PostgresConnection> {
    const client = new Client({
      host: url.host,
      port: url.port,
      user: url.user,
      password: async () => (await passwordOf(url)) ?? '',
      database: url.database,
      ssl: tls ?? false,
      options: url.options ?? '',
      application_name: applicationName(url),
      connectionTimeoutMillis: url.connectTimeoutMs,
      keepAlive: url.keepAliveDelayMs !== undefined,
      keepAliveInitialDelayMillis: url.keepAliveDelayMs ?? 0,
      enableChannelBinding: url.isBindingRequired,
      types: AS_TEXT,
    })
    const connection = new PostgresConnection(client, tls !== undefined)
    if (!tls && !isLocal(url.host)) refuseCleartext(client, url.host)
    const assertBound = url.isBindingRequired ? requireBinding(client, url.host) : undefined
    const abort = () => connection.#destroy()
    signal?.addEventListener('abort', abort)
    try {
      await client.connect()
      assertBound?.()
    } catch (error) {
      await connection.close()
      throw isRefusal(error) ? refusedError(url.host, error) : error
    } finally {
      signal?.removeEventListener('abort', abort)
    }
    return connection
  }

  /**
   * Throws the failure of the attempt that came farthest, as TLS_FAILED where encryption is the matter. The signal ends the opening, and
   * its reason is thrown then.
   */
  static async open(url: PostgresUrl, signal?: AbortSignal): Promise<PostgresConnection> {
    const failures: unknown[] = []
    for (const tls of await tlsAttempts(url)) {
      try {
        return await PostgresConnection.#attempt(url, tls, signal)
      } catch (error) {
        signal?.throwIfAborted()
        failures.push(error)
      }
    }
    throw mostHelpfulError(failures, url)
  }

  /** The server process that the other end named when it was connected to; a pooler has numbers of its own. */
  get namedSession(): string {
    const { processID } = this.#client as unknown as { processID: number | null }
    return String(processID)
  }

  /** Rows as arrays of texts. A statement with parameters is one statement; without, it may be several. */
  async query(statement: Sql): Promise<Row[]> {
    const { text, values } = render(statement, STANDARD_STYLE)
    const config = { text, rowMode: 'array' as const, ...(values.length > 0 && { values }) }
    const { rows } = await this.#client.query<Row>(config)
    return rows
  }

  /** The number of rows that the statement changed. */
  async change(statement: Sql): Promise<number> {
    const { text, values } = render(statement, STANDARD_STYLE)
    const { rowCount } = await this.#client.query(text, values)
    return rowCount ?? 0
  }

  /** Sends the chunks as the data of a COPY. */
  async copy(statement: Sql, chunks: Iterable<Buffer>): Promise<void> {
    const { text } = render(statement, STANDARD_STYLE)
    const copy = this.#client.query(copyFrom(text))
    await pipeline(Readable.from(chunks, { objectMode: false }), copy)
  }

  /** Never throws, and takes no longer than a bounded time. */
  async close(): Promise<void> {
    const timeout = AbortSignal.timeout(CLOSE_WAIT_MS)
    const late = new Promise<void>((resolve) => {
      timeout.addEventListener('abort', () => resolve(), { once: true })
    })
    await Promise.race([this.#client.end().catch(() => undefined), late])
    this.#destroy()
  }

  #destroy(): void {
    const { connection } = this.#client as unknown as {
      connection: { stream: { destroy(): void } }
    }
    connection.stream.destroy()
    this.isLost = true
  }
}
