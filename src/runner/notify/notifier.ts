/** Webhooks beside a scheduler: told in the background, of each connection one event after the other, so that none delays a run or another. */

import type { ConnectionFile } from '../connection/connection-file.ts'
import type { Connection } from '../connection/connection.ts'
import { notify } from './notify.ts'
import type { RunRecord } from '../history/record.ts'
import type { DispatcherFactory } from './webhook.ts'

/** How often it is looked whether a connection has become stale, and whether something waits to be told. */
const LOOK_MS = 300_000
/** How long the end may be held up by a webhook that is slow. */
const CLOSE_MS = 3000

export interface NotifierOptions {
  files: readonly ConnectionFile[]
  openWay: DispatcherFactory
  /** Called with what could not be told; by looks only when it is another reason than before. */
  onFailure: (connection: Connection, message: string) => void
  /** @default every five minutes */
  lookMs?: number
}

export class Notifier {
  readonly #options: NotifierOptions
  readonly #timer: NodeJS.Timeout
  readonly #ending = new AbortController()
  /** The last failure of each connection, by its path. */
  readonly #failures = new Map<string, string>()
  /** What is being told of each connection, by its path. */
  readonly #telling = new Map<string, Promise<void>>()

  /** Call `close` on every path. */
  constructor(options: NotifierOptions) {
    this.#options = options
    this.#timer = setInterval(() => {
      for (const file of options.files) this.#next(file.known, async () => this.#look(file))
    }, options.lookMs ?? LOOK_MS)
  }

  /** Tells what came of a run. Returns at once. */
  note(connection: Connection, run: RunRecord): void {
    // A stop is no news, and does not wait for a webhook that is down.
    if (run.outcome !== 'stopped') this.#next(connection, async () => this.#tell(connection, run))
  }

  /** Waits a moment for what is being told; what is not told by then waits for the next start. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    const late = setTimeout(() => this.#ending.abort(), CLOSE_MS)
    await Promise.all(this.#telling.values())
    clearTimeout(late)
  }

  #next({ path }: Connection, work: () => Promise<void>): void {
    this.#telling.set(path, (this.#telling.get(path) ?? Promise.resolve()).then(work))
  }

  /** The file's fault, if any, is told by the run that it stops. */
  async #look(file: ConnectionFile): Promise<void> {
    await this.#tell(await file.reopen().catch(() => file.known), undefined)
  }

  async #tell(connection: Connection, run: RunRecord | undefined): Promise<void> {
    const { openWay, onFailure } = this.#options
    const options = { nowMs: Date.now(), openWay, signal: this.#ending.signal }
    const failures = await notify(connection, run, options).catch((error: unknown) => [
      error instanceof Error ? error.message : String(error),
    ])
    const text = failures.join(' ')
    const isRepeated = run === undefined && text === this.#failures.get(connection.path)
    this.#failures.set(connection.path, text)
    if (!isRepeated) for (const failure of failures) onFailure(connection, failure)
  }
}
