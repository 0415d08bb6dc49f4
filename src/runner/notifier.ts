/** Webhooks beside a scheduler: told in the background and one after the other, so that none delays a run. */

import type { Connection } from './connection.ts'
import { notify } from './notify.ts'
import type { RunRecord } from './record.ts'

/** How often it is looked whether a connection has become stale. */
const LOOK_MS = 300_000

export class Notifier {
  readonly #onFailure: (connection: Connection, message: string) => void
  readonly #timer: NodeJS.Timeout
  #telling: Promise<void> = Promise.resolve()

  /** Call `close` on every path. */
  constructor(
    connections: readonly Connection[],
    onFailure: (connection: Connection, message: string) => void,
  ) {
    this.#onFailure = onFailure
    this.#timer = setInterval(() => {
      for (const connection of connections) this.note(connection, undefined)
    }, LOOK_MS)
  }

  /** Returns at once. */
  note(connection: Connection, run: RunRecord | undefined): void {
    this.#telling = this.#telling.then(async () => this.#tell(connection, run))
  }

  /** Waits for what is being told, which is bounded. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#telling
  }

  async #tell(connection: Connection, run: RunRecord | undefined): Promise<void> {
    const failures = await notify(connection, run, Date.now()).catch((error: unknown) => [
      error instanceof Error ? error.message : String(error),
    ])
    for (const failure of failures) this.#onFailure(connection, failure)
  }
}
