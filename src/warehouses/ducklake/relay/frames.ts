/** Messages of PostgreSQL's protocol, as far as they tell the end of a transaction. */

/** How many bytes of a message's body are kept. */
const HEAD_BYTES = 16

export interface Frame {
  /** The letter of the message; empty for the first one of a client. */
  type: string
  /** The beginning of the body. */
  head: Buffer
}

/** Finds the messages in one direction of a connection. Bytes may come in pieces of any size. */
export class FrameReader {
  #rest = Buffer.alloc(0)
  /** Bytes of the current body that are still to come. */
  #skip = 0
  #hasType: boolean

  /** The first message of a client has no letter. */
  constructor(from: 'client' | 'server') {
    this.#hasType = from === 'server'
  }

  /** Returns each message as soon as the beginning of its body is there. */
  push(chunk: Buffer): Frame[] {
    this.#rest = Buffer.concat([this.#rest, chunk])
    const frames: Frame[] = []
    for (;;) {
      const skipped = Math.min(this.#skip, this.#rest.length)
      this.#rest = this.#rest.subarray(skipped)
      this.#skip -= skipped
      const frame = this.#skip === 0 ? this.#next() : undefined
      if (!frame) return frames
      frames.push(frame)
    }
  }

  #next(): Frame | undefined {
    const typeBytes = this.#hasType ? 1 : 0
    const headerBytes = typeBytes + 4
    if (this.#rest.length < headerBytes) return undefined
    const bodyBytes = Math.max(this.#rest.readInt32BE(typeBytes) - 4, 0)
    const end = headerBytes + Math.min(bodyBytes, HEAD_BYTES)
    if (this.#rest.length < end) return undefined
    const type = this.#rest.toString('latin1', 0, typeBytes)
    const head = this.#rest.subarray(headerBytes, end)
    this.#rest = this.#rest.subarray(end)
    this.#skip = bodyBytes - head.length
    this.#hasType = true
    return { type, head }
  }
}

/** True for a statement that ends a transaction and keeps its changes. */
export function isCommit({ type, head }: Frame): boolean {
  return type === 'Q' && /^commit\b/i.test(head.toString('latin1'))
}

/** True when the server has answered everything before. */
export function isReady({ type }: Frame): boolean {
  return type === 'Z'
}

/** The server process, from the message that names it. */
export function backendPidOf({ type, head }: Frame): number | undefined {
  return type === 'K' && head.length >= 4 ? head.readInt32BE(0) : undefined
}

/** What a server sends after COMMIT. */
export const COMMITTED = Buffer.from('C\0\0\0\x0bCOMMIT\0Z\0\0\0\x05I', 'latin1')
