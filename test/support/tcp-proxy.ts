/** A TCP proxy on loopback that does to the bytes what a network does: late, in pieces, cut short, reset, never. */

import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/**
 * What happens next to the bytes of one direction, in this order: `waitMs` passes, `bytes` go on, `ending` ends it. `end` closes the
 * connection in order, `reset` at once and both ways, `silence` passes nothing more this way and keeps the connection open.
 */
export interface Step {
  waitMs?: number
  bytes?: Buffer
  ending?: 'end' | 'reset' | 'silence'
}

/** Turns each arriving chunk of one direction of one connection into steps; later chunks wait for the earlier ones' steps. */
export type Treatment = (chunk: Buffer) => Iterable<Step>

export interface ProxyOptions {
  /** Where the connections lead, on loopback. */
  port: number
  /** Called for each connection, 0 for the first. @default the bytes pass as they are */
  toServer?: (connection: number) => Treatment
  /** @default the bytes pass as they are */
  toClient?: (connection: number) => Treatment
}

export interface Proxy {
  port: number
  /** Connections that were taken so far. */
  readonly connections: number
  /** Ends every connection; resolves when the port is free. */
  close: () => Promise<void>
}

/** A reset in the same instant as the last bytes would overtake them. */
const RESET_PAUSE_MS = 20

/** The bytes as they are. */
export const passing: Treatment = (chunk) => [{ bytes: chunk }]

/** Each chunk arrives so much later; the function is asked for each. */
export function delayed(waitMs: () => number): Treatment {
  return (chunk) => [{ waitMs: waitMs(), bytes: chunk }]
}

/** So many bytes pass, then it is over. */
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

/** So many bytes at a time, a pause before each piece. */
export function paced(bytes: number, everyMs: number): Treatment {
  return function* (chunk) {
    for (let at = 0; at < chunk.length; at += bytes) {
      yield { waitMs: everyMs, bytes: chunk.subarray(at, at + bytes) }
    }
  }
}

/** Cuts a connection, once, when what matches goes to the server: before it arrives, or in place of the answer. */
export function cutAt(
  pattern: RegExp,
  isDelivered: boolean,
): Required<Pick<ProxyOptions, 'toServer' | 'toClient'>> {
  let [isCut, isAnswerCut] = [false, false]
  const toServer = (): Treatment => (chunk) => {
    if (isCut || !pattern.test(chunk.toString('latin1'))) return [{ bytes: chunk }]
    isCut = true
    isAnswerCut = isDelivered
    return isDelivered ? [{ bytes: chunk }] : [{ ending: 'reset' }]
  }
  const toClient = (): Treatment => (chunk) => {
    if (!isAnswerCut) return [{ bytes: chunk }]
    isAnswerCut = false
    return [{ ending: 'reset' }]
  }
  return { toServer, toClient }
}

async function send(socket: Socket, bytes: Buffer): Promise<void> {
  if (bytes.length > 0 && !socket.write(bytes)) await once(socket, 'drain')
}

/** True when nothing more is to pass this way. */
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

/** Passes one direction on to its end. A connection that breaks on one side breaks on the other. */
async function pass(from: Socket, to: Socket, treat: Treatment): Promise<void> {
  try {
    const chunks = from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    for await (const chunk of chunks) {
      for (const step of treat(chunk)) {
        if (!(await take(step, from, to))) continue
        from.resume() // whatever else comes this way is lost
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
    socket.on('error', () => undefined) // `pass` hears of it too
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
    port: (server.address() as AddressInfo).port, // a TCP server that listens has one
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
