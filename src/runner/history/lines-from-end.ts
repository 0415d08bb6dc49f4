/** The lines of a file from its last to its first, without reading more than is asked for or holding more than a line. */

import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { openDataFile } from '../connection/data-file.ts'

const BLOCK_BYTES = 1 << 16
/** Longer lines are not ours. Reading stays linear and small, whatever a file holds. */
const MAX_LINE_BYTES = 1 << 20
const LINE_FEED = 10

/** The parts of a line, which are found from its end to its begin. */
class Parts {
  #parts: Buffer[] = []
  #bytes = 0

  add(part: Buffer): void {
    this.#bytes += part.length
    if (this.#bytes > MAX_LINE_BYTES) this.#parts = []
    else this.#parts.push(part)
  }

  /** The whole line, undefined for one that is too long. Begins the next one. */
  take(): string | undefined {
    const isTooLong = this.#bytes > MAX_LINE_BYTES
    const line = Buffer.concat(this.#parts.toReversed()).toString('utf8')
    this.#parts = []
    this.#bytes = 0
    return isTooLong ? undefined : line
  }
}

/** Blank lines are left out; undefined stands for a line that is too long. Throws as `openDataFile` does. */
export async function* linesFromEnd(path: string): AsyncGenerator<string | undefined> {
  const file = await openDataFile(path, constants.O_RDONLY)
  try {
    yield* linesOf(file)
  } finally {
    await file.close()
  }
}

async function* linesOf(file: FileHandle): AsyncGenerator<string | undefined> {
  const parts = new Parts()
  let end = (await file.stat()).size
  while (end > 0) {
    const begin = Math.max(0, end - BLOCK_BYTES)
    const read = Buffer.alloc(end - begin)
    const { bytesRead } = await file.read(read, 0, read.length, begin)
    let block = read.subarray(0, bytesRead)
    end = begin
    for (let at = block.lastIndexOf(LINE_FEED); at !== -1; at = block.lastIndexOf(LINE_FEED)) {
      parts.add(block.subarray(at + 1))
      const line = parts.take()
      if (line?.trim() !== '') yield line
      block = block.subarray(0, at)
    }
    parts.add(block)
  }
  const line = parts.take()
  if (line?.trim() !== '') yield line
}
