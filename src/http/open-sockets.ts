import { Socket } from 'node:net'
import type { buildConnector } from 'undici'

/**
 * The sockets of a dispatcher, from the moment that they begin to connect. undici's `destroy` leaves alone those that are not yet
 * connected, and each holds the process up until its timeout.
 */
export class OpenSockets {
  readonly #sockets = new Set<Socket>()
  #isEnded = false

  /** The connector, whose sockets are kept. */
  keeping(connect: buildConnector.connector): buildConnector.connector {
    return (options, callback) => {
      const socket: unknown = connect(options, callback) // the socket, though its type says nothing of it
      this.keep(socket)
    }
  }

  /** From now on the socket ends with the others. Anything else is ignored. */
  keep(socket: unknown): void {
    if (!(socket instanceof Socket) || this.#sockets.has(socket)) return
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    socket.on('error', () => undefined) // whoever waits for it hears of it too
    if (this.#isEnded) socket.destroy()
  }

  /** Ends every socket, connected or not, and those that come later. */
  end(): void {
    this.#isEnded = true
    for (const socket of this.#sockets) socket.destroy(new Error('the client was closed'))
  }
}
