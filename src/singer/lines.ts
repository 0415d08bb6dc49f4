/** Splits the bytes of a Singer stream into lines. Copies only lines that span chunks. */

import { isUtf8 } from 'node:buffer'
import { AppError } from '../errors.ts'
import { parseJson } from './json.ts'

export interface LineOptions {
  /** Longer lines are refused before they are complete in memory. @default 256 MiB */
  maxLineBytes?: number
}

const MAX_LINE_BYTES = 256 * 1024 * 1024
const NEWLINE = 10
const NEWLINE_BYTES = Buffer.from([NEWLINE])
const NOTHING = Buffer.alloc(0)

/** INPUT_INVALID for a line. `problem` completes the sentence and never quotes the line. */
export function invalidLine(line: number, problem: string, cause?: unknown): AppError {
  return new AppError('INPUT_INVALID', `Line ${line} of the input ${problem}.`, {
    hint: 'Check the program that wrote this line.',
    facts: { line },
    ...(cause !== undefined && { cause }),
  })
}

function truncated(line: number, cause?: unknown): AppError {
  return new AppError('INPUT_TRUNCATED', `The input ended in the middle of line ${line}.`, {
    hint: 'The program that wrote it probably failed: check its log.',
    facts: { line },
    ...(cause !== undefined && { cause }),
  })
}

/** The lines of one chunk after another: `next` moves to a line, which the fields then describe. */
export class Lines {
  /** Contains the current line, followed by a line end. */
  source: Buffer = NOTHING
  /** Start of the current line in `source`. */
  from = 0
  /** End of the current line in `source`, without its line end. */
  end = 0
  /** Number of the current line, from 1, including blank lines. */
  number = 0
  /** False if the current line is not valid UTF-8. */
  isUtf8 = true
  readonly #maxLineBytes: number
  #chunk: Buffer = NOTHING
  /** Start of the next line in the chunk. */
  #at = 0
  #isChunkUtf8 = true
  /** The start of a line that is not complete yet. */
  #pending: Buffer[] = []
  #pendingBytes = 0

  constructor(options: LineOptions = {}) {
    this.#maxLineBytes = options.maxLineBytes ?? MAX_LINE_BYTES
  }

  /** Size of the current line in bytes, without its line end. */
  get bytes(): number {
    return this.end - this.from
  }

  /** Continues with a chunk. All lines of the previous chunk must have been taken. */
  push(chunk: Buffer): void {
    this.#chunk = chunk
    this.#at = 0
    const start = this.#pendingBytes > 0 ? chunk.indexOf(NEWLINE) + 1 : 0
    this.#isChunkUtf8 = isUtf8(chunk.subarray(start, chunk.lastIndexOf(NEWLINE) + 1))
  }

  /**
   * Moves to the next line; false if the chunk has no complete line left. Throws INPUT_INVALID if
   * it is too long.
   */
  next(): boolean {
    const end = this.#chunk.indexOf(NEWLINE, this.#at)
    if (end === -1) {
      this.#keep(this.#chunk.subarray(this.#at))
      this.#chunk = NOTHING
      return false
    }
    this.#checkLength(this.#pendingBytes + end - this.#at)
    this.number++
    if (this.#pendingBytes > 0) this.#join(end)
    else this.#show(this.#chunk, this.#at, end)
    this.#at = end + 1
    return true
  }

  #show(source: Buffer, from: number, end: number): void {
    this.source = source
    this.from = from
    this.end = end
    this.isUtf8 = this.#isChunkUtf8 || isUtf8(source.subarray(from, end))
  }

  #join(end: number): void {
    const parts = [...this.#pending, this.#chunk.subarray(this.#at, end + 1)]
    this.#pending = []
    this.#pendingBytes = 0
    this.source = Buffer.concat(parts)
    this.from = 0
    this.end = this.source.length - 1
    this.isUtf8 = isUtf8(this.source)
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return
    this.#checkLength(this.#pendingBytes + part.length)
    this.#pendingBytes += part.length
    this.#pending.push(part)
  }

  #checkLength(bytes: number): void {
    if (bytes <= this.#maxLineBytes) return
    throw invalidLine(this.number + 1, `is longer than ${this.#maxLineBytes} bytes`)
  }

  /**
   * Makes the rest after the last line end a line. Throws INPUT_TRUNCATED unless it is valid JSON
   * or blank.
   */
  finish(): void {
    if (this.#pendingBytes === 0) return
    const text = Buffer.concat(this.#pending).toString('utf8')
    try {
      if (text.trim() !== '') parseJson(text.replace(/^\ufeff/, ''))
    } catch {
      throw truncated(this.number + 1)
    }
    this.push(NEWLINE_BYTES)
  }
}

/**
 * Yields the same `Lines` for each chunk of bytes. Take all of its lines before the next chunk.
 * Throws INPUT_TRUNCATED, with the line number, if the input fails or ends within a line.
 */
export async function* readLines(
  input: AsyncIterable<Buffer>,
  options: LineOptions = {},
): AsyncGenerator<Lines, void, undefined> {
  const lines = new Lines(options)
  try {
    for await (const chunk of input) {
      lines.push(chunk)
      yield lines
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause
    throw truncated(lines.number + 1, cause)
  }
  lines.finish()
  yield lines
}
