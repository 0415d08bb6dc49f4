/**
 * A TCP proxy on loopback that delays, splits, truncates, resets or drops bytes, as a network does.
 */

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * The next step in one direction: waits `waitMs`, forwards `bytes`, then applies `ending`. `end`
 * closes the connection gracefully, `reset` resets both sides, `silence` forwards nothing more and
 * stays open.
 */
export interface Step {
  waitMs?: number
  bytes?: Buffer
  ending?: 'end' | 'reset' | 'silence'
}

/** Turns each chunk of one direction of a connection into steps. Chunks are processed in order. */
export type Treatment = (chunk: Buffer) => Iterable<Step>

export interface ProxyOptions {
  /** Target port on loopback. */
  port: number
  /** Called for each connection, 0 for the first. @default forwards unchanged */
  toServer?: (connection: number) => Treatment
  /** @default forwards unchanged */
  toClient?: (connection: number) => Treatment
}

export interface Proxy {
  port: number
  /** Connections so far. */
  readonly connections: number
  /** Ends every connection. Resolves when the port is free. */
  close: () => Promise<void>
}

/** A reset in the same instant as the last bytes would overtake them. */
const RESET_PAUSE_MS = 20

/** Forwards bytes unchanged. */
export const passing: Treatment = (chunk) => [{ bytes: chunk }]

/** Delays each chunk by the result of the function. */
export function delayed(waitMs: () => number): Treatment {
  return (chunk) => [{ waitMs: waitMs(), bytes: chunk }]
}

/** Forwards this many bytes, then applies the ending. */
export function cutAfter(bytes: number, ending: 'end' | 'reset' | 'silence'): Treatment {
  let left = bytes
  return (chunk) => {
    if (chunk.length < left) {
      left -= chunk.length
      return [{ bytes: chunk }]
    }
    const last = chunk.subarray(0, left)
    left = 0
    return [{ bytes: last, ending }]
  }
}

/** Forwards this many bytes at a time, with a wait before each piece. */
export function paced(bytes: number, everyMs: number): Treatment {
  return function* (chunk) {
    for (let at = 0; at < chunk.length; at += bytes) {
      yield { waitMs: everyMs, bytes: chunk.subarray(at, at + bytes) }
    }
  }
}

/**
 * Resets a connection once, when the pattern is sent to the server: before it is delivered, or
 * instead of the response. With `after`, only on a connection that has sent that pattern.
 */
export function cutAt(
  pattern: RegExp,
  isDelivered: boolean,
  after?: RegExp,
): Required<Pick<ProxyOptions, 'toServer' | 'toClient'>> & { wasCut: () => boolean } {
  let [isCut, isResponseCut] = [false, false]
  const toServer = (): Treatment => {
    let isArmed = after === undefined
    return (chunk) => {
      const text = chunk.toString('latin1')
      isArmed ||= after?.test(text) ?? false
      if (isCut || !isArmed || !pattern.test(text)) return [{ bytes: chunk }]
      isCut = true
      isResponseCut = isDelivered
      return isDelivered ? [{ bytes: chunk }] : [{ ending: 'reset' }]
    }
  }
  const toClient = (): Treatment => (chunk) => {
    if (!isResponseCut) return [{ bytes: chunk }]
    isResponseCut = false
    return [{ ending: 'reset' }]
  }
  return { toServer, toClient, wasCut: () => isCut }
}

async function send(socket: Socket, bytes: Buffer): Promise<void> {
  if (bytes.length > 0 && !socket.write(bytes)) await once(socket, 'drain')
}

/** True if nothing more is forwarded in this direction. */
async function take(step: Step, from: Socket, to: Socket): Promise<boolean> {
  if (step.waitMs) await sleep(step.waitMs)
  if (step.bytes) await send(to, step.bytes)
  if (step.ending === undefined) return false
  if (step.ending === 'end') {
    await new Promise<void>((resolve) => to.end(resolve))
    from.destroy()
  } else if (step.ending === 'reset') {
    await sleep(RESET_PAUSE_MS)
    from.resetAndDestroy()
    to.resetAndDestroy()
  }
  return true
}

/** Forwards one direction to its end. A failure on one side ends the other. */
async function pass(from: Socket, to: Socket, treat: Treatment): Promise<void> {
  try {
    const chunks = from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    for await (const chunk of chunks) {
      for (const step of treat(chunk)) {
        if (!(await take(step, from, to))) continue
        from.resume() // further bytes are dropped
        return
      }
    }
    to.end()
  } catch {
    to.destroy()
  }
}

/** Starts a proxy on 127.0.0.1 with a free port. */
export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { toServer = () => passing, toClient = () => passing } = options
  const sockets = new Set<Socket>()
  let connections = 0
  const keep = (socket: Socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('error', () => undefined) // `pass` handles it
    socket.once('close', () => sockets.delete(socket))
  }
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const number = connections++
    const upstream = connect({ port: options.port, host: '127.0.0.1', allowHalfOpen: true })
    for (const socket of [client, upstream]) keep(socket)
    void pass(client, upstream, toServer(number))
    void pass(upstream, client, toClient(number))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port, // a listening TCP server has one
    get connections() {
      return connections
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
