/** Values in the text format of COPY, as bytes. */

import type { TextCells } from '../../loader/columns/text-cells.ts'
import { ChunkWriter } from '../chunk-writer.ts'

const CHUNK_BYTES = 1 << 16
/** From this length on, `Buffer.copy` is faster than a loop. */
const LONG_BYTES = 64

const BACKSLASH = 92
const LINE_FEED = 10
const CARRIAGE_RETURN = 13
const TAB = 9
const CAPITAL_N = 78
const ZERO = 48

/** The letter after the backslash for a byte that must be escaped; 0 for all other bytes. */
const ESCAPES = new Uint8Array(256)
ESCAPES[BACKSLASH] = BACKSLASH
for (const [byte, letter] of [
  [LINE_FEED, 'n'],
  [CARRIAGE_RETURN, 'r'],
  [TAB, 't'],
] as const) {
  ESCAPES[byte] = letter.charCodeAt(0)
}

function hasSpecial(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (ESCAPES[bytes[i] ?? 0]) return true
  return false
}

/** Bytes that were written. */
export interface Written {
  buffer: Buffer
  start: number
  end: number
}

/** Writes the text format of COPY. */
export class CopyWriter extends ChunkWriter {
  constructor() {
    super(CHUNK_BYTES)
  }

  /** Ends a column, unless it is the last of its row. */
  tab(): void {
    this.byte(TAB)
  }

  endRow(): void {
    this.byte(LINE_FEED)
  }

  null(): void {
    this.reserve(2)
    this.buffer[this.at++] = BACKSLASH
    this.buffer[this.at++] = CAPITAL_N
  }

  /** A string of ASCII characters that need no escape. */
  plain(text: string): void {
    const { length } = text
    this.reserve(length)
    const buffer = this.buffer
    for (let i = 0; i < length; i++) buffer[this.at++] = text.charCodeAt(i)
  }

  /** The last digits of an integer from 0, with zeros in front. */
  digits(value: number, count: number): void {
    this.reserve(count)
    let rest = value
    for (let at = this.at + count - 1; at >= this.at; at--) {
      const tenth = Math.floor(rest / 10)
      this.buffer[at] = ZERO + rest - tenth * 10
      rest = tenth
    }
    this.at += count
  }

  /** UTF-8 bytes, escaped where needed. */
  text({ bytes, starts, lengths }: TextCells, row: number): void {
    const start = starts[row] ?? 0
    const end = start + (lengths[row] ?? 0)
    if (end - start >= LONG_BYTES && !hasSpecial(bytes, start, end)) {
      this.reserve(end - start)
      this.at += bytes.copy(this.buffer, this.at, start, end)
      return
    }
    this.reserve((end - start) * 2)
    const buffer = this.buffer
    let at = this.at
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0
      const letter = ESCAPES[byte]
      if (letter) {
        buffer[at++] = BACKSLASH
        buffer[at++] = letter
      } else {
        buffer[at++] = byte
      }
    }
    this.at = at
  }

  /** Writes a value; returns its bytes, or undefined when they are in two buffers. */
  record(write: () => void): Written | undefined {
    const [buffer, start] = [this.buffer, this.at]
    write()
    return this.buffer === buffer ? { buffer, start, end: this.at } : undefined
  }

  /** Writes the same bytes again. */
  repeat({ buffer: source, start, end }: Written): void {
    this.reserve(end - start)
    const buffer = this.buffer
    for (let i = start; i < end; i++) buffer[this.at++] = source[i] ?? 0
  }
}
