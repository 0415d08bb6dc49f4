/** What a person sees while a sync runs, and afterwards: one line that is rewritten on a terminal, a line now and then elsewhere. */

const QUIET_MS = 3000
const REDRAW_MS = 200

/** Shows a text that changes. Call `end` on every path. */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #text: () => string
  readonly #timer: NodeJS.Timeout
  readonly #isTerminal: boolean

  constructor(stream: NodeJS.WriteStream, text: () => string) {
    this.#stream = stream
    this.#text = text
    this.#isTerminal = stream.isTTY
    this.#timer = setInterval(() => this.#draw(), this.#isTerminal ? REDRAW_MS : QUIET_MS)
  }

  /** Writes a line that stays. */
  say(line: string): void {
    this.#stream.write(this.#isTerminal ? `\r\u001b[K${line}\n` : `${line}\n`)
  }

  end(): void {
    clearInterval(this.#timer)
    if (this.#isTerminal) this.#stream.write('\r\u001b[K')
  }

  #draw(): void {
    const text = this.#text()
    const width = this.#stream.columns ?? 80
    this.#stream.write(this.#isTerminal ? `\r\u001b[K${text.slice(0, width - 1)}` : `${text}\n`)
  }
}

/** Columns as wide as their widest cell; numbers on the right. */
export function formatTable(
  header: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)),
  )
  const isNumber = header.map((_, column) =>
    rows.every((row) => /^[\d.,]*$/.test(row[column] ?? '')),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        isNumber[column] ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join('  ')
      .trimEnd()
  return [line(header), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join(
    '\n',
  )
}
