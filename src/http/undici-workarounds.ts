/**
 * Every workaround for undici 7, each with its upstream issue. test/http/undici-workarounds.test.ts
 * fails as soon as undici no longer needs one of them.
 */

import { Pool, type Dispatcher } from 'undici'
import type { OpenSockets } from './open-sockets.ts'
import { TunnelRefusedError } from './proxy.ts'

type Connect = (tunnel: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData>

/** Fails a tunnel in a way that undici does not retry. */
function safeConnect(connect: Connect, sockets: OpenSockets): Connect {
  return async (tunnel) => {
    let opened: Dispatcher.ConnectData
    try {
      opened = await connect(tunnel)
    } catch (cause) {
      const isHangUp = cause instanceof Error && 'code' in cause && cause.code === 'UND_ERR_SOCKET'
      throw isHangUp ? new Error('the proxy closed the connection', { cause }) : cause
    }
    const { socket, statusCode } = opened
    sockets.add(socket)
    if (statusCode === 200) return opened
    socket.destroy()
    throw new TunnelRefusedError(statusCode)
  }
}

/**
 * Connections to a proxy.
 *
 * https://github.com/nodejs/undici/issues/3897: undici treats a proxy that closes the connection
 * during CONNECT as a lost connection. It reconnects in a loop that starves timers and signals. An
 * error without the code UND_ERR_SOCKET fails the request instead.
 *
 * https://github.com/nodejs/undici/issues/2161: undici reports the status of any other response to
 * CONNECT only in an error message. `TunnelRefusedError` carries it as a number.
 */
export function createProxyPool(
  origin: URL,
  options: Pool.Options,
  sockets: OpenSockets,
): Dispatcher {
  const { connect: connector } = options
  const pool = new Pool(origin, {
    ...options,
    ...(typeof connector === 'function' && { connect: sockets.tracked(connector) }),
  })
  const connect: Connect = pool.connect.bind(pool)
  return Object.assign(pool, { connect: safeConnect(connect, sockets) })
}

/**
 * https://github.com/nodejs/undici/issues/4405: `destroy` leaves sockets that are still connecting
 * open, and each keeps the process alive until its connect timeout.
 */
export function destroyWithSockets(dispatcher: Dispatcher, sockets: OpenSockets): Dispatcher {
  const original: unknown = Reflect.get(dispatcher, 'destroy')
  // undici's `destroy` calls itself with a callback, so every signature must pass through.
  const destroy = (...given: unknown[]): unknown => {
    const destroyed: unknown =
      typeof original === 'function' && Reflect.apply(original, dispatcher, given)
    sockets.destroyAll()
    return destroyed
  }
  return Object.assign(dispatcher, { destroy })
}
