/** Large buffers for the bytes of rows, so that a value allocates nothing. */

/** Fills buffers. A full buffer is passed on and never written again. */
export class ChunkWriter {
  readonly #chunkBytes: number
  readonly #full: Buffer[] = []
  protected buffer: Buffer
  /** Where the next byte goes in `buffer`. */
  protected at = 0

  /** @param chunkBytes The size of a buffer. A longer value gets a buffer of its own. */
  constructor(chunkBytes: number) {
    this.#chunkBytes = chunkBytes
    this.buffer = Buffer.allocUnsafe(chunkBytes)
  }

  get hasFull(): boolean {
    return this.#full.length > 0
  }

  /** Returns and removes the full buffers, in order. */
  takeFull(): Buffer[] {
    return this.#full.splice(0)
  }

  takeRest(): Buffer {
    return this.buffer.subarray(0, this.at)
  }

  /** Makes room for this number of bytes in `buffer`, which may be another one then. */
  protected reserve(bytes: number): void {
    if (this.at + bytes <= this.buffer.length) return
    if (this.at > 0) this.#full.push(this.takeRest())
    this.buffer = Buffer.allocUnsafe(Math.max(bytes, this.#chunkBytes))
    this.at = 0
  }

  byte(value: number): void {
    this.reserve(1)
    this.buffer[this.at++] = value
  }
}

/** The chunks of all rows, each as soon as it is full. `writeRow` fills the writer. */
export function* chunksOf(
  writer: ChunkWriter,
  rowCount: number,
  writeRow: (row: number) => void,
): Generator<Buffer> {
  for (let row = 0; row < rowCount; row++) {
    writeRow(row)
    if (writer.hasFull) yield* writer.takeFull()
  }
  const rest = writer.takeRest()
  if (rest.length > 0) yield rest
}
