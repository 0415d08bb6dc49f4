/** The file of a connection that is followed for long: read anew when it counts, so that a change counts from then on. */

import type { Connection } from './connection.ts'

export class ConnectionFile {
  #known: Connection
  readonly #open: () => Promise<Connection>

  /** @param open reads the file; throws CONFIG_INVALID */
  constructor(known: Connection, open: () => Promise<Connection>) {
    this.#known = known
    this.#open = open
  }

  /** As it was when it could last be read. */
  get known(): Connection {
    return this.#known
  }

  /** As it is. Throws CONFIG_INVALID where it cannot be used. */
  async reopen(): Promise<Connection> {
    this.#known = await this.#open()
    return this.#known
  }
}
