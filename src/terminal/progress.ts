/** What a person sees while a sync runs: one line that is rewritten on a terminal, a line now and then elsewhere. */

const QUIET_MS = 3000
const REDRAW_MS = 200
const CLEAR = '\r\u001b[K'

/** Where progress is shown: a terminal, or a file or pipe. */
export type ProgressStream = Pick<NodeJS.WriteStream, 'write'> & {
  isTTY?: boolean
  columns?: number
}

/** Shows a text that changes. Call `end` on every path. */
export class ProgressLine {
  readonly #stream: ProgressStream
  readonly #text: () => string
  readonly #timer: NodeJS.Timeout
  readonly #isTerminal: boolean

  constructor(stream: ProgressStream, text: () => string) {
    this.#stream = stream
    this.#text = text
    this.#isTerminal = stream.isTTY === true
    this.#timer = setInterval(() => this.#draw(), this.#isTerminal ? REDRAW_MS : QUIET_MS)
    this.#timer.unref()
  }

  /** Writes a line that stays. */
  say(line: string): void {
    this.#stream.write(this.#isTerminal ? `${CLEAR}${line}\n` : `${line}\n`)
  }

  /** Takes the line away. */
  end(): void {
    clearInterval(this.#timer)
    if (this.#isTerminal) this.#stream.write(CLEAR)
  }

  /** The cursor goes back to the start, so that what another program writes begins at the left. */
  #draw(): void {
    const text = this.#text()
    const width = this.#stream.columns ?? 80
    this.#stream.write(this.#isTerminal ? `${CLEAR}${text.slice(0, width - 1)}\r` : `${text}\n`)
  }
}
