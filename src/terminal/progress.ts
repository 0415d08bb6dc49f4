/** Shows progress: one line that is redrawn on a terminal, a new line every minute elsewhere. */

import { MINUTE_MS } from '../time.ts'
import { widthOf } from './width.ts'

const REPEAT_MS = MINUTE_MS
const REDRAW_MS = 200
const CLEAR_LINE = '\r\u001b[K'

/** Where progress is shown: a terminal, a file or a pipe. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'write'> & {
  isTTY?: boolean
  columns?: number
}

/** Shows a text that changes. Call `end` on every path. */
export class ProgressLine {
  readonly #stream: ProgressStream
  readonly #text: (width: number) => string
  readonly #timer: NodeJS.Timeout
  readonly #isTerminal: boolean

  /** @param text the text for a width in columns; a longer one is cut on a terminal */
  constructor(stream: ProgressStream, text: (width: number) => string) {
    this.#stream = stream
    this.#text = text
    this.#isTerminal = stream.isTTY === true
    this.#timer = setInterval(() => this.#draw(), this.#isTerminal ? REDRAW_MS : REPEAT_MS)
    this.#timer.unref()
  }

  /** Writes a permanent line above the progress. */
  say(line: string): void {
    this.#stream.write(this.#isTerminal ? `${CLEAR_LINE}${line}\n` : `${line}\n`)
  }

  /** Removes the progress. */
  end(): void {
    clearInterval(this.#timer)
    if (this.#isTerminal) this.#stream.write(CLEAR_LINE)
  }

  /**
   * Moves the cursor back to the start of the line, so that output of other programs begins there.
   */
  #draw(): void {
    // A terminal moves on to the next line after the last column.
    const width = widthOf(this.#stream) - 1
    const text = this.#text(width)
    this.#stream.write(this.#isTerminal ? `${CLEAR_LINE}${text.slice(0, width)}\r` : `${text}\n`)
  }
}
