import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'

/** Longer than any pause of a test or sync, so that no idle connection closes during a request. */
const KEEP_ALIVE_MS = 60_000

export interface Listening {
  port: number
  /** Destroys every connection. Resolves when the port is free. */
  stop: () => Promise<void>
}

/** Serves on one address. @param options.port 0 selects a free port */
export async function listen(
  listener: RequestListener,
  options: { port: number; host: string; tls: { key: string; cert: string } | undefined },
): Promise<Listening> {
  const server = options.tls ? createTlsServer(options.tls, listener) : createServer(listener)
  server.keepAliveTimeout = KEEP_ALIVE_MS
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(options.port, options.host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    port,
    stop: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
