import { AppError } from '../errors.ts'
import type { Message } from './messages.ts'
import { printJson } from './json.ts'

/** Lines are joined up to this size before they are written (bench: 64 KiB is as fast as larger blocks). */
const BLOCK_CHARS = 65_536

function outputError(cause: Error): AppError {
  if ('code' in cause && (cause.code === 'EPIPE' || cause.code === 'ERR_STREAM_DESTROYED')) {
    return new AppError('OUTPUT_CLOSED', 'The reader of the output went away before the end.', {
      hint: 'Look at the messages of the program that the output is piped into.',
      cause,
    })
  }
  return new AppError('OUTPUT_FAILED', `The output could not be written (${cause.message}).`, {
    hint: 'Check that the disk behind it has room.',
    cause,
  })
}

/**
 * Writes lines, and waits until the reader took them: one block is under way at a time, so a full pipe pauses the caller.
 * Every call throws OUTPUT_CLOSED when the reader is gone and OUTPUT_FAILED when the write fails otherwise.
 */
export class LineWriter {
  /** RECORD messages so far, by stream. */
  readonly recordCounts = new Map<string, number>()
  readonly #stream: NodeJS.WritableStream
  #block = ''

  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
    // The failure is told by the write's callback; without a listener Node would end the process with a stack.
    stream.on('error', () => undefined)
  }

  /** Takes one line without its line end. Held back until a block is full or `flush` is called. */
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

  /** When it returns, all lines so far are in the pipe or file. */
  async flush(): Promise<void> {
    if (this.#block === '') return
    const block = this.#block
    this.#block = ''
    await new Promise<void>((resolve, reject) => {
      this.#stream.write(block, (error) => (error ? reject(outputError(error)) : resolve()))
    })
  }
}
