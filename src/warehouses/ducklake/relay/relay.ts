/**
 * Stands between DuckDB and the server of the catalog, for one case: the connection is lost after
 * COMMIT was sent. DuckLake would take that for a failure and remove the files that it wrote, while
 * the catalog may list them already. So DuckLake learns of the loss only when the server has said
 * what became of the transaction. Bytes pass unchanged otherwise.
 */

import { once } from 'node:events'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import type { PostgresUrl } from '../../postgres/url.ts'
import { backendPidOf, COMMITTED, FrameReader, isCommit, isReady } from './frames.ts'
import { wasCommitted } from './outcome.ts'
import { openUpstream } from './upstream.ts'

/** The number in the name of the socket's file. */
export const RELAY_PORT = 5432

export interface RelayOptions {
  url: PostgresUrl
  /** The schema of the catalog's tables. */
  schema: string
  /** A folder that only this user can read, for the socket. */
  folder: string
  /** How long the server is asked what became of a transaction. */
  waitMs: number
  /** Called when the server did not say it. Must end the process at once. */
  onUnknown: () => void
}

/** One connection of DuckDB and the one to the server that belongs to it. */
class Link {
  readonly #client: Socket
  readonly #server: Socket
  readonly #wasDone: (pid: number) => Promise<boolean>
  readonly #sent = new FrameReader('client')
  readonly #received = new FrameReader('server')
  #pid = 0
  /** What the server has answered to COMMIT so far; undefined when no answer is awaited. */
  #answer: Buffer[] | undefined

  /** @param wasDone Asks what became of the transaction that the server process committed. */
  constructor(client: Socket, server: Socket, wasDone: (pid: number) => Promise<boolean>) {
    this.#client = client
    this.#server = server
    this.#wasDone = wasDone
  }

  start(): void {
    this.#client.on('data', (chunk) => this.#send(chunk))
    this.#server.on('data', (chunk) => this.#receive(chunk))
    this.#client.on('close', () => this.#server.destroy())
    this.#server.on('close', () => void this.#end())
  }

  #send(chunk: Buffer): void {
    if (this.#sent.push(chunk).some(isCommit)) this.#answer = []
    forward(this.#client, this.#server, chunk)
  }

  #receive(chunk: Buffer): void {
    const frames = this.#received.push(chunk)
    this.#pid = frames.map(backendPidOf).find((pid) => pid !== undefined) ?? this.#pid
    this.#answer?.push(chunk)
    if (this.#answer && !frames.some(isReady)) return
    const bytes = this.#answer ? Buffer.concat(this.#answer) : chunk
    this.#answer = undefined
    forward(this.#server, this.#client, bytes)
  }

  /** Reports to DuckDB that the connection ended, or first that the transaction was committed. */
  async #end(): Promise<void> {
    const isDone = this.#answer !== undefined && (await this.#wasDone(this.#pid))
    if (isDone) this.#client.end(COMMITTED)
    else this.#client.destroy()
  }
}

/** Writes, and pauses the source while the destination is full. */
function forward(from: Socket, to: Socket, bytes: Buffer): void {
  if (to.write(bytes)) return
  from.pause()
  to.once('drain', () => from.resume())
}

export class CatalogRelay {
  readonly #options: RelayOptions
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  /** `commit_extra_info` of the transaction that is running, if it writes. */
  mark: string | undefined

  constructor(options: RelayOptions) {
    this.#options = options
    this.#server = createServer((client) => void this.#accept(client))
  }

  async open(): Promise<void> {
    this.#server.listen(join(this.#options.folder, `.s.PGSQL.${RELAY_PORT}`))
    await once(this.#server, 'listening')
  }

  async #accept(client: Socket): Promise<void> {
    this.#track(client)
    try {
      const server = await openUpstream(this.#options.url)
      this.#track(server)
      if (client.destroyed) server.destroy()
      else new Link(client, server, async (pid) => this.#wasDone(pid)).start()
    } catch {
      // DuckDB reports a lost connection, and the load tries again.
      client.destroy()
    }
  }

  #track(socket: Socket): void {
    this.#sockets.add(socket)
    // A lost connection is dealt with when it is closed.
    socket.on('error', () => undefined)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  async #wasDone(pid: number): Promise<boolean> {
    const { url, schema, waitMs, onUnknown } = this.#options
    const { mark } = this
    if (mark === undefined) return false
    const isDone = await wasCommitted(url, { pid, mark, schema }, waitMs)
    if (isDone === undefined) onUnknown()
    return isDone ?? false
  }

  /** Never throws. */
  close(): void {
    for (const socket of this.#sockets) socket.destroy()
    this.#server.close()
  }
}
