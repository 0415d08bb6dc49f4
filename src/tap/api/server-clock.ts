/** When the run began by the server's clock, from the dates of its answers. */

import type { Logger } from '../../logger.ts'

const TOLERANCE_MS = 60_000

export class ServerClock {
  readonly #logger: Logger
  #firstSentAt: number | undefined
  #startedAtMs: number | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /**
   * In epoch milliseconds: an answer's `Date` less the time since the first request was sent, so nothing that was read is older. Of
   * answers that differ the earliest counts. The local clock where the server sends no date.
   */
  get startedAtMs(): number {
    return this.#startedAtMs ?? Date.now()
  }

  /** To be called before each request. */
  noteSent(): void {
    this.#firstSentAt ??= performance.now()
  }

  /** To be called with the `Date` of each good answer; an error may come from another machine with another clock. */
  noteAnswer(date: string | undefined): void {
    const tookMs = performance.now() - (this.#firstSentAt ?? performance.now())
    const serverMs = Date.parse(date ?? '')
    const isFirst = this.#startedAtMs === undefined
    const startedAtMs = Math.floor((Number.isNaN(serverMs) ? Date.now() : serverMs) - tookMs)
    this.#startedAtMs = Math.min(this.#startedAtMs ?? startedAtMs, startedAtMs)
    if (isFirst) this.#tell(serverMs)
  }

  #tell(serverMs: number): void {
    if (Number.isNaN(serverMs)) {
      this.#logger.warn(
        'server_date_missing',
        "The server sent no date; the local clock bounds this run's bookmarks.",
      )
      return
    }
    const skewMs = Date.now() - serverMs
    if (Math.abs(skewMs) <= TOLERANCE_MS) return
    this.#logger.warn(
      'clock_differs',
      'The local clock differs from the server; bookmarks follow the server.',
      {
        seconds: Math.round(skewMs / 1000),
      },
    )
  }
}
