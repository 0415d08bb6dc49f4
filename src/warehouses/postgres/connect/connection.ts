/** One connection to a server: opened as the URL asks, and marked as lost as soon as it is. */

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { hostname } from 'node:os'
import { Client, type ClientConfig, type FieldDef } from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { render, STANDARD_STYLE, type Sql } from '../../sql.ts'
import { ServerError } from '../../server-error.ts'
import { sqlStateOf } from '../errors.ts'
import {
  backendPid,
  destroySocket,
  FirstRows,
  passwordOption,
  refuseCleartextPassword,
  requestCancel,
  requireChannelBinding,
} from '../driver-workarounds.ts'
import { findPassword } from './password-file.ts'
import { mostHelpfulError, tlsAttempts, type Tls } from './tls.ts'
import { isLocal, type PostgresUrl } from '../url.ts'

/** How long a server may take to respond to an end. */
const END_WAIT_MS = 2000
const MAX_APPLICATION_NAME_BYTES = 63

/** Returns every value as the string that PostgreSQL sent. */
const AS_TEXT = { getTypeParser: () => (text: unknown) => text }

export type Row = (string | null)[]

/** The name that `pg_stat_activity` shows. */
function applicationName(url: PostgresUrl): string {
  const name = url.applicationName ?? `target-warehouse, process ${process.pid} on ${hostname()}`
  return Buffer.from(name).subarray(0, MAX_APPLICATION_NAME_BYTES).toString()
}

/** SQLSTATEs that poolers send for any failed login. After the login they can mean anything. */
const REFUSALS = new Set(['08P01', '08004'])

function isRefusal(error: unknown): error is Error {
  return REFUSALS.has(sqlStateOf(error) ?? '')
}

/** Final: a retry would not help. */
function refusedError(host: string, cause: Error): ServerError {
  return new ServerError(
    'WAREHOUSE_FAILED',
    `The PostgreSQL server or pooler at ${host} refused the connection (${cause.message}).`,
    {
      failure: 'final',
      cause,
      hint: 'Check the user, the password, the database and the options of `warehouse_url`.',
    },
  )
}

/** The password of the URL, the environment or the password file. */
export async function passwordOf(url: PostgresUrl): Promise<string | undefined> {
  const env = url.passFile === undefined ? {} : { PGPASSFILE: url.passFile }
  return url.password ?? (await findPassword(url, { ...process.env, ...env }))
}

function clientConfig(url: PostgresUrl, tls: Tls): ClientConfig {
  return {
    host: url.host,
    port: url.port,
    user: url.user,
    password: passwordOption(async () => passwordOf(url)),
    database: url.database,
    ssl: tls ?? false,
    options: url.options ?? '',
    application_name: applicationName(url),
    connectionTimeoutMillis: url.connectTimeoutMs,
    keepAlive: url.keepAliveDelayMs !== undefined,
    keepAliveInitialDelayMillis: url.keepAliveDelayMs ?? 0,
    enableChannelBinding: url.isBindingRequired,
    types: AS_TEXT,
  }
}

/** Waits for the end of the work, whatever it is, for a bounded time. Never throws. */
async function waitForEnd(work: Promise<unknown>): Promise<void> {
  const timeout = AbortSignal.timeout(END_WAIT_MS)
  const late = new Promise<void>((resolve) => {
    timeout.addEventListener('abort', () => resolve(), { once: true })
  })
  await Promise.race([work.catch(() => undefined), late])
}

export class PostgresConnection {
  readonly #config: ClientConfig
  readonly #client: Client
  /** True as soon as nothing can be sent any more. */
  isLost = false

  private constructor(config: ClientConfig) {
    this.#config = config
    this.#client = new Client(config)
    // Without a listener, a connection that ends while it is idle would end the process.
    this.#client.on('error', () => (this.isLost = true))
    this.#client.on('end', () => (this.isLost = true))
  }

  get isEncrypted(): boolean {
    return this.#config.ssl !== false
  }

  static async #attempt(
    url: PostgresUrl,
    tls: Tls,
    signal?: AbortSignal,
  ): Promise<PostgresConnection> {
    const connection = new PostgresConnection(clientConfig(url, tls))
    const client = connection.#client
    if (!tls && !isLocal(url.host)) refuseCleartextPassword(client, url.host)
    const assertBound = url.isBindingRequired ? requireChannelBinding(client, url.host) : undefined
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
   * Tries each kind of connection that `sslmode` allows. Throws the failure of the attempt that
   * came farthest, as TLS_FAILED when encryption failed. An aborted signal stops it; its reason is
   * thrown.
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

  /**
   * The server process that the other end named when it was opened. A pooler sends its own number.
   */
  get announcedPid(): string {
    return backendPid(this.#client)
  }

  /** Rows as arrays of strings. A statement without parameters may be several statements. */
  async query(statement: Sql): Promise<Row[]> {
    const { text, values } = render(statement, STANDARD_STYLE)
    const config = { text, rowMode: 'array' as const, ...(values.length > 0 && { values }) }
    const { rows } = await this.#client.query<Row>(config)
    return rows
  }

  /** Runs one statement as it is, and reads its first rows only. */
  async read(text: string, maxRows: number): Promise<{ fields: FieldDef[]; rows: Row[] }> {
    const query = new FirstRows(text, maxRows)
    this.#client.query(query)
    return query.result
  }

  /** Returns how many rows the statement changed. */
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

  /**
   * Ends the statement on the server by a cancel request, then closes the connection, which ends it
   * if the request came to nothing. Never throws, and takes a bounded time.
   */
  async stop(statement: Promise<unknown>): Promise<void> {
    const other = new Client(this.#config)
    await waitForEnd(requestCancel(this.#client, other))
    destroySocket(other)
    await waitForEnd(statement)
    await this.close()
  }

  /** Never throws, and waits for the server for a bounded time only. */
  async close(): Promise<void> {
    await waitForEnd(this.#client.end())
    this.#destroy()
  }

  #destroy(): void {
    destroySocket(this.#client)
    this.isLost = true
  }
}
