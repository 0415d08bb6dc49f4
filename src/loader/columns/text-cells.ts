/** Stores the strings of one column in one buffer. */

import { hashed, SEED } from './hash.ts'
import type { Cell } from '../schema/types.ts'

const FIRST_ROWS = 256
const FIRST_BYTES = 4096
const MAX_BYTES_PER_CHAR = 3
/** Up to this length a loop is faster than a call into the runtime. */
const MAX_LOOP_CHARS = 40
/** Up to this length the buffer grows by an estimate instead of the counted bytes. */
const MAX_ESTIMATED_CHARS = 4096
/** The limit of a `Uint32Array` offset and of a buffer in every supported Node version. */
const MAX_BYTES = 0xffff_ffff

/** UTF-8, one string after the other. */
export class TextCells {
  readonly layout = 'text'
  bytes = Buffer.allocUnsafeSlow(FIRST_BYTES)
  /** The offset in `bytes` where a row's string starts. */
  starts = new Uint32Array(FIRST_ROWS)
  /** In bytes; -1 for null. */
  lengths = new Int32Array(FIRST_ROWS).fill(-1)
  #end = 0

  set(row: number, cell: Cell): void {
    if (row >= this.starts.length) this.#addRows(row)
    if (cell === null) {
      this.lengths[row] = -1
      return
    }
    const start = this.#end
    this.starts[row] = start
    this.#end = this.#write(typeof cell === 'string' ? cell : String(cell), start)
    this.lengths[row] = this.#end - start
  }

  /**
   * Reserves room after the last string and returns its offset. The caller writes to `bytes`, then
   * calls `finish`.
   */
  begin(byteCount: number): number {
    this.#reserve(byteCount)
    return this.#end
  }

  /** Ends the string of a row. Throws RangeError when it is longer than the reserved room. */
  finish(row: number, end: number): void {
    if (end > this.bytes.length) throw new RangeError('A string is longer than its reserved room.')
    if (row >= this.starts.length) this.#addRows(row)
    this.starts[row] = this.#end
    this.lengths[row] = end - this.#end
    this.#end = end
  }

  isNull(row: number): boolean {
    return (this.lengths[row] ?? -1) < 0
  }

  at(row: number): string | null {
    const length = this.lengths[row] ?? -1
    if (length < 0) return null
    const start = this.starts[row] ?? 0
    return this.bytes.toString('utf8', start, start + length)
  }

  clear(): void {
    this.#end = 0
    this.lengths.fill(-1)
  }

  copy(from: number, to: number): void {
    this.starts[to] = this.starts[from] ?? 0
    this.lengths[to] = this.lengths[from] ?? -1
  }

  hash(row: number): number {
    const start = this.starts[row] ?? 0
    const end = start + (this.lengths[row] ?? 0)
    let hash = SEED
    for (let at = start; at < end; at++) hash = hashed(hash, this.bytes[at] ?? 0)
    return hash
  }

  isSame(a: number, b: number): boolean {
    const length = this.lengths[a] ?? -1
    if (length !== (this.lengths[b] ?? -1)) return false
    const [from, to] = [this.starts[a] ?? 0, this.starts[b] ?? 0]
    for (let i = 0; i < length; i++) if (this.bytes[from + i] !== this.bytes[to + i]) return false
    return true
  }

  /** Returns the offset where the string ends. */
  #write(text: string, start: number): number {
    const { length } = text
    if (start + length * MAX_BYTES_PER_CHAR > this.bytes.length) this.#reserveFor(text)
    const { bytes } = this
    if (length > MAX_LOOP_CHARS) return start + bytes.write(text, start, 'utf8')
    for (let i = 0; i < length; i++) {
      const code = text.charCodeAt(i)
      if (code > 127) return start + bytes.write(text, start, 'utf8')
      bytes[start + i] = code
    }
    return start + length
  }

  #addRows(row: number): void {
    const { starts, lengths } = this
    const rows = Math.max(starts.length * 2, row + 1)
    this.starts = new Uint32Array(rows)
    this.starts.set(starts)
    this.lengths = new Int32Array(rows).fill(-1, lengths.length)
    this.lengths.set(lengths)
  }

  #reserveFor(text: string): void {
    const isCounted = text.length > MAX_ESTIMATED_CHARS
    this.#reserve(isCounted ? Buffer.byteLength(text) : text.length * MAX_BYTES_PER_CHAR)
  }

  #reserve(byteCount: number): void {
    const needed = this.#end + byteCount
    if (needed <= this.bytes.length) return
    if (needed > MAX_BYTES)
      throw new RangeError('The strings of one column in a batch exceed 4 GiB.')
    const grown = Buffer.allocUnsafeSlow(
      Math.min(MAX_BYTES, Math.max(needed, this.bytes.length * 2)),
    )
    this.bytes.copy(grown, 0, 0, this.#end)
    this.bytes = grown
  }
}
