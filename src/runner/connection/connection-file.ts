/** The connection file of a long-running process, which reads it again before each run. */

import type { Connection } from './connection.ts'

export class ConnectionFile {
  #known: Connection
  readonly #open: () => Promise<Connection>

  /** @param open reads the file. Throws CONFIG_INVALID. */
  constructor(known: Connection, open: () => Promise<Connection>) {
    this.#known = known
    this.#open = open
  }

  /** The last valid version. */
  get known(): Connection {
    return this.#known
  }

  /** Takes a version that was read already. */
  take(connection: Connection): void {
    this.#known = connection
  }

  /** The current version. Throws CONFIG_INVALID when the file is not valid. */
  async reopen(): Promise<Connection> {
    this.#known = await this.#open()
    return this.#known
  }
}
