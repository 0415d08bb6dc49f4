/** Sends a reply as a broken server or network would. Does not reuse the connection. */

import { STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reply } from './reply.ts'

/**
 * Where the reply stops: before it starts, in the middle of its head, or after this many body
 * bytes.
 */
export type Point = 'nothing' | 'half-head' | number

/** How the body ends: by content length, by a last chunk, or by closing the connection. */
export type Framing = 'length' | 'chunked' | 'close'

export interface Delivery {
  /**
   * Where the reply stops. A number past the body's end sends the body without a last chunk.
   * @default the whole reply
   */
  until?: Point
  /** What happens there: the connection closes, goes silent or is reset. @default 'end' */
  ending?: 'end' | 'silence' | 'reset'
  /** @default 'length' */
  framing?: Framing
  /** Sends in pieces of this many bytes, starting with the head or the body. @default at once */
  pace?: { bytes: number; everyMs: number; from: 'head' | 'body' }
}

/** A reset right after the last bytes would look like an orderly close to the peer. */
const RESET_PAUSE_MS = 20

const FRAMING_HEADER: Record<Framing, (length: number) => string> = {
  length: (length) => `content-length: ${length}\r\n`,
  chunked: () => 'transfer-encoding: chunked\r\n',
  close: () => '',
}

function headBytes(reply: Reply, framing: Framing, length: number): Buffer {
  let head = `HTTP/1.1 ${reply.status} ${STATUS_CODES[reply.status] ?? 'Unknown'}\r\n`
  for (const [name, value] of Object.entries(reply.headers)) {
    for (const one of [value].flat()) head += `${name}: ${one}\r\n`
  }
  return Buffer.from(`${head}${FRAMING_HEADER[framing](length)}connection: close\r\n\r\n`, 'latin1')
}

function* slices(bytes: Buffer, size: number): Iterable<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

function chunk(bytes: Buffer): Buffer {
  return Buffer.concat([
    Buffer.from(`${bytes.length.toString(16)}\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ])
}

function* pieces(reply: Reply, delivery: Delivery): Iterable<Buffer> {
  const { until, framing = 'length', pace } = delivery
  if (until === 'nothing') return
  const body = Buffer.from(reply.body)
  const head = headBytes(reply, framing, body.length)
  if (until === 'half-head') {
    yield head.subarray(0, head.length / 2)
    return
  }
  yield* slices(head, pace?.from === 'head' ? pace.bytes : head.length)
  for (const slice of slices(body.subarray(0, until), pace?.bytes ?? Math.max(1, body.length))) {
    yield framing === 'chunked' ? chunk(slice) : slice
  }
  if (framing === 'chunked' && until === undefined) yield Buffer.from('0\r\n\r\n')
}

/** Resolves when the kernel has the bytes or the connection has ended. */
async function write(socket: Socket, bytes: Buffer): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.once('close', resolve)
    socket.write(bytes, () => {
      socket.off('close', resolve)
      resolve()
    })
  })
}

/**
 * Sends the reply. Resolves when nothing more will be sent. Rejects only when `signal` aborts a
 * delay.
 */
export async function deliverReply(
  socket: Socket,
  reply: Reply,
  options: { delivery: Delivery; signal: AbortSignal },
): Promise<void> {
  const { delivery, signal } = options
  let waitMs = 0
  for (const piece of pieces(reply, delivery)) {
    if (waitMs > 0) await sleep(waitMs, undefined, { signal })
    if (socket.destroyed) return
    await write(socket, piece)
    waitMs = delivery.pace?.everyMs ?? 0
  }
  switch (delivery.ending ?? 'end') {
    case 'end':
      socket.end()
      return
    case 'reset':
      await sleep(RESET_PAUSE_MS, undefined, { signal })
      socket.resetAndDestroy()
      return
    case 'silence':
  }
}
