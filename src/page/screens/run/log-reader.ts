/** Reads the log of a run, page by page. The newest request counts. */

import type { Api } from '../../../console/api/schemas.generated.ts'
import { isAborted, toFailure, type ApiFailure } from '../../api/client.ts'
import { withLines, type LogFilter } from '../../view/logs.ts'

type Line = Api<'LogLine'>

export interface LogRead {
  lines: readonly Line[]
  /** Where the next page begins. Null when the end was read. */
  next: number | null
  /** Whether the run was in progress, so that lines may have followed. */
  isLive: boolean
}

export interface LogState {
  /** Undefined before the first page. Stays while another filter is read. */
  read?: LogRead
  /** Of the newest request. */
  failure?: ApiFailure
}

export interface WantedLog {
  filter: LogFilter
  /** A log that is missing is then one without a line. */
  isRunning: boolean
  /** Whether to read all pages at once. */
  isToEnd: boolean
}

export interface LogReaderOptions {
  /** Reads the page of lines that match and have a greater number than `after`. */
  readPage: (wanted: WantedLog, after: number, signal: AbortSignal) => Promise<Api<'RunLog'>>
  onChange: (state: LogState) => void
}

const NOTHING: LogRead = { lines: [], next: null, isLive: true }

export class LogReader {
  readonly #options: LogReaderOptions
  #controller = new AbortController()
  #wanted: WantedLog = {
    filter: { level: '', search: '' },
    isRunning: false,
    isToEnd: false,
  }
  #state: LogState = {}

  constructor(options: LogReaderOptions) {
    this.#options = options
  }

  /** Reads from the first line on. Ends what is being read. */
  async start(wanted: WantedLog): Promise<void> {
    this.#wanted = wanted
    await this.#readFrom(0, [])
  }

  /** Reads on behind the last line that is known. */
  async more(): Promise<void> {
    const { lines } = this.#state.read ?? NOTHING
    await this.#readFrom(lines.at(-1)?.line ?? 0, lines)
  }

  /** Ends what is being read. Its response is not shown any more. */
  stop(): void {
    this.#controller.abort()
  }

  async #readFrom(after: number, known: readonly Line[]): Promise<void> {
    this.stop()
    const controller = new AbortController()
    this.#controller = controller
    const show = (state: LogState) => {
      if (controller.signal.aborted) return
      this.#state = state
      this.#options.onChange(state)
    }
    try {
      show({ read: await this.#readPages(after, known, controller.signal) })
    } catch (error) {
      if (isAborted(error)) return
      const failure = toFailure(error)
      const isEmpty = this.#wanted.isRunning && failure.code === 'NO_LOG'
      show(isEmpty ? { read: NOTHING } : { ...this.#state, failure })
    }
  }

  async #readPages(after: number, known: readonly Line[], signal: AbortSignal): Promise<LogRead> {
    const wanted = this.#wanted
    let read: LogRead = { lines: known, next: after, isLive: wanted.isRunning }
    do {
      const page = await this.#options.readPage(wanted, read.next ?? after, signal)
      read = { ...read, lines: withLines(read.lines, page.lines), next: page.next }
    } while (wanted.isToEnd && read.next !== null && !signal.aborted)
    return read
  }
}
