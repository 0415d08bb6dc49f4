/**
 * Reads the lines of a file from the last to the first. Reads no more than the caller takes, and
 * holds one line at a time.
 */

import { constants } from 'node:fs'
import type { FileHandle } from 'node:fs/promises'
import { openDataFile } from '../connection/data-file.ts'

/** Enough for the newest line, which is often the only one that is read. */
const FIRST_BLOCK_BYTES = 1 << 12
/** Later blocks are larger, each twice the one before. */
const MAX_BLOCK_BYTES = 1 << 16
/** No line of ours is longer. The limit keeps reading linear and memory small for any file. */
const MAX_LINE_BYTES = 1 << 20
const LINE_FEED = 10

/** Collects the parts of one line, which arrive from its end to its start. */
class LineParts {
  #parts: Buffer[] = []
  #bytes = 0

  add(part: Buffer): void {
    this.#bytes += part.length
    if (this.#bytes > MAX_LINE_BYTES) this.#parts = []
    else this.#parts.push(part)
  }

  /** Returns the line, or undefined when it is too long, and starts the next one. */
  take(): string | undefined {
    const isTooLong = this.#bytes > MAX_LINE_BYTES
    const line = Buffer.concat(this.#parts.toReversed()).toString('utf8')
    this.#parts = []
    this.#bytes = 0
    return isTooLong ? undefined : line
  }
}

/**
 * Skips blank lines. Yields undefined for a line that is too long. Throws as `openDataFile` does.
 */
export async function* linesFromEnd(path: string): AsyncGenerator<string | undefined> {
  const file = await openDataFile(path, constants.O_RDONLY)
  try {
    yield* linesOf(file)
  } finally {
    await file.close()
  }
}

async function* linesOf(file: FileHandle): AsyncGenerator<string | undefined> {
  const parts = new LineParts()
  let end = (await file.stat()).size
  let blockBytes = FIRST_BLOCK_BYTES
  while (end > 0) {
    const start = Math.max(0, end - blockBytes)
    blockBytes = Math.min(2 * blockBytes, MAX_BLOCK_BYTES)
    const buffer = Buffer.alloc(end - start)
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start)
    let block = buffer.subarray(0, bytesRead)
    end = start
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
