/** An HTTP proxy on loopback that opens tunnels with CONNECT, like a company proxy. */

import { once } from 'node:events'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

export interface ConnectProxyOptions {
  /** The port on 127.0.0.1 for a tunnel to `host:port`. Other tunnels use the requested port. */
  routes?: Readonly<Record<string, number>>
  /** `user:password`. Without them the proxy returns 407. */
  credentials?: string
  /** Returns this status for every CONNECT, or closes the connection. */
  refusal?: number | 'close'
}

export interface ConnectProxy {
  port: number
  /** `host:port` of every requested tunnel. */
  readonly requested: string[]
  close: () => Promise<void>
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`
}

/** The status for a CONNECT. */
function statusFor(authorization: string | undefined, options: ConnectProxyOptions): number {
  const { credentials, refusal } = options
  if (typeof refusal === 'number') return refusal
  return credentials === undefined || authorization === basic(credentials) ? 200 : 407
}

/** Starts a proxy on 127.0.0.1 with a free port. */
export async function startConnectProxy(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
  const requested: string[] = []
  const sockets = new Set<Socket>()
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined) // the close event ends the other side
    socket.once('close', () => sockets.delete(socket))
  }
  const server = createServer((_request, response) => response.writeHead(501).end())
  server.on('connection', keep)
  server.on('connect', (request, client: Socket) => {
    const place = request.url ?? ''
    requested.push(place)
    if (options.refusal === 'close') {
      client.destroy()
      return
    }
    const status = statusFor(request.headers['proxy-authorization'], options)
    if (status !== 200) {
      client.end(`HTTP/1.1 ${status} No\r\nproxy-authenticate: Basic\r\ncontent-length: 0\r\n\r\n`)
      return
    }
    const colon = place.lastIndexOf(':')
    const port = options.routes?.[place] ?? Number(place.slice(colon + 1))
    const target = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      client.pipe(target).pipe(client)
    })
    keep(target)
    target.once('close', () => client.destroy())
    client.once('close', () => target.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    requested,
    close: async () => {
      if (!server.listening) return
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
