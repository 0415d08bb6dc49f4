/** Writes Singer messages as lines, with backpressure. */

import { AppError } from '../errors.ts'
import type { Message } from './messages.ts'
import { printJson } from './json.ts'

/** Lines are joined up to this size; larger blocks are not faster (bench/tap.ts). */
const BLOCK_CHARS = 65_536

function outputError(cause: Error): AppError {
  if ('code' in cause && (cause.code === 'EPIPE' || cause.code === 'ERR_STREAM_DESTROYED')) {
    return new AppError('OUTPUT_CLOSED', 'The reader of the output closed it before the end.', {
      hint: 'Check the log of the program that the output is piped into.',
      cause,
    })
  }
  return new AppError('OUTPUT_FAILED', `The output could not be written (${cause.message}).`, {
    hint: 'Check that the disk of the output has free space.',
    cause,
  })
}

/**
 * Writes lines and waits until the reader has taken them: one block is written at a time, so a full
 * pipe pauses the caller. Every call throws OUTPUT_CLOSED if the reader is closed, and
 * OUTPUT_FAILED if the write fails otherwise.
 */
export class LineWriter {
  /** RECORD messages so far, by stream. */
  readonly recordCounts = new Map<string, number>()
  readonly #stream: NodeJS.WritableStream
  #block = ''

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
    // The callback of the write reports the error; without a listener it would crash the process.
    stream.on('error', () => undefined)
  }

  /** Adds one line, without its line end. It is written when the block is full or flushed. */
  async writeLine(line: string): Promise<void> {
    this.#block += `${line}\n`
    if (this.#block.length >= BLOCK_CHARS) await this.flush()
  }

  async writeMessage(message: Message): Promise<void> {
    if (message.type === 'RECORD') {
      this.recordCounts.set(message.stream, (this.recordCounts.get(message.stream) ?? 0) + 1)
    }
    await this.writeLine(printJson(message))
  }

  /** Resolves when all lines so far are in the pipe or file. */
  async flush(): Promise<void> {
    if (this.#block === '') return
    const block = this.#block
    this.#block = ''
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(block, (error) => (error ? reject(outputError(error)) : resolve()))
    })
  }
}
