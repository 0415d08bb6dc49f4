/** The sockets of a dispatcher, from the moment that they start to connect. */

import { Socket } from 'node:net'
import type { buildConnector } from 'undici'

/**
 * Needed because undici's `destroy` ignores sockets that are still connecting; see
 * undici-workarounds.ts.
 */
export class OpenSockets {
  readonly #sockets = new Set<Socket>()
  #isDestroyed = false

  /** The connector, whose sockets are added. */
  tracked(connect: buildConnector.connector): buildConnector.connector {
    return (options, callback) => {
      // It returns the socket, although its type does not say so.
      const socket: unknown = connect(options, callback)
      this.add(socket)
    }
  }

  /** From now on `destroyAll` destroys the socket too. Any other value is ignored. */
  add(socket: unknown): void {
    if (!(socket instanceof Socket) || this.#sockets.has(socket)) return
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => undefined) // the request reports the error
    if (this.#isDestroyed) socket.destroy()
  }

  /** Destroys every socket, connected or not, and those that are added later. */
  destroyAll(): void {
    this.#isDestroyed = true
    for (const socket of this.#sockets) socket.destroy(new Error('the client was closed'))
  }
}
