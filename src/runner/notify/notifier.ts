/**
 * Sends the webhooks of a scheduler in the background. Events of one connection go out in order; a
 * slow endpoint never blocks a run or another connection.
 */

import type { ConnectionFile } from '../connection/connection-file.ts'
import type { Connection } from '../connection/connection.ts'
import { notify } from './notify.ts'
import type { RunRecord } from '../history/record.ts'
import type { DispatcherFactory } from './webhook.ts'

/** How often to check for stale connections and retry pending events. */
const CHECK_EVERY_MS = 300_000
/** How long a slow webhook may delay the end of the program. */
const CLOSE_MS = 3000

export interface NotifierOptions {
  /** The connections to check between runs. */
  files: () => readonly ConnectionFile[]
  openDispatcher: DispatcherFactory
  /** Called with what could not be delivered. Between runs, only when the reason is a new one. */
  onFailure: (connection: Connection, message: string) => void
  /** @default every five minutes */
  checkEveryMs?: number
}

export class Notifier {
  readonly #options: NotifierOptions
  readonly #timer: NodeJS.Timeout
  readonly #ending = new AbortController()
  /** The last failure of each connection, by its path. */
  readonly #failures = new Map<string, string>()
  /** The last queued delivery of each connection, by its path. */
  readonly #queues = new Map<string, Promise<void>>()

  /** Call `close` on every path. */
  constructor(options: NotifierOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      for (const file of options.files()) this.#enqueue(file.known, async () => this.#check(file))
    }, options.checkEveryMs ?? CHECK_EVERY_MS)
  }

  /** Sends the events of a run. Returns at once. */
  note(connection: Connection, run: RunRecord): void {
    // A stopped run has no event, and a stop must not wait for a webhook that is down.
    if (run.outcome !== 'stopped')
      this.#enqueue(connection, async () => this.#notify(connection, run))
  }

  /**
   * Waits a moment for running deliveries. Events that are still pending wait for the next start.
   */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    const deadline = setTimeout(() => this.#ending.abort(), CLOSE_MS)
    await Promise.all(this.#queues.values())
    clearTimeout(deadline)
  }

  #enqueue({ path }: Connection, work: () => Promise<void>): void {
    this.#queues.set(path, (this.#queues.get(path) ?? Promise.resolve()).then(work))
  }

  /** Ignores an invalid file: the run that it stops reports it. */
  async #check(file: ConnectionFile): Promise<void> {
    await this.#notify(await file.reopen().catch(() => file.known), undefined)
  }

  async #notify(connection: Connection, run: RunRecord | undefined): Promise<void> {
    const { openDispatcher, onFailure } = this.#options
    const options = { nowMs: Date.now(), openDispatcher, signal: this.#ending.signal }
    const failures = await notify(connection, run, options).catch((error: unknown) => [
      error instanceof Error ? error.message : String(error),
    ])
    const text = failures.join(' ')
    const isRepeated = run === undefined && text === this.#failures.get(connection.path)
    this.#failures.set(connection.path, text)
    if (!isRepeated) for (const failure of failures) onFailure(connection, failure)
  }
}
