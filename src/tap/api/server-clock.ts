/** When the run began by the server's clock, derived from the `Date` headers of its responses. */

import type { Logger } from '../../logger.ts'

/** Smaller differences are not worth a warning. */
const TOLERANCE_MS = 60_000

export class ServerClock {
  readonly #logger: Logger
  #firstSentAt: number | undefined
  #startedAtMs: number | undefined

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /**
   * In epoch milliseconds: a response's `Date` minus the time since the first request was sent, so
   * no row was read before it. When responses differ, the earliest counts. The local clock is used
   * when the server sends no date.
   */
  get startedAtMs(): number {
    return this.#startedAtMs ?? Date.now()
  }

  /** Whether there was a response. */
  get hasTime(): boolean {
    return this.#startedAtMs !== undefined
  }

  /** In epoch milliseconds: the start of the run and the time since. It never runs ahead. */
  get nowMs(): number {
    const elapsedMs = performance.now() - (this.#firstSentAt ?? performance.now())
    return Math.floor(this.startedAtMs + elapsedMs)
  }

  /** Call before each request. */
  noteSent(): void {
    this.#firstSentAt ??= performance.now()
  }

  /**
   * Call with the `Date` of each successful response. An error response may come from another
   * machine with another clock.
   */
  noteResponse(date: string | undefined): void {
    const elapsedMs = performance.now() - (this.#firstSentAt ?? performance.now())
    const serverMs = Date.parse(date ?? '')
    const isFirst = this.#startedAtMs === undefined
    const startedAtMs = Math.floor((Number.isNaN(serverMs) ? Date.now() : serverMs) - elapsedMs)
    this.#startedAtMs = Math.min(this.#startedAtMs ?? startedAtMs, startedAtMs)
    if (isFirst) this.#warn(serverMs)
  }

  #warn(serverMs: number): void {
    if (Number.isNaN(serverMs)) {
      this.#logger.warn(
        'server_date_missing',
        "The server sent no Date header; the local clock limits this run's bookmarks.",
      )
      return
    }
    const skewMs = Date.now() - serverMs
    if (Math.abs(skewMs) <= TOLERANCE_MS) return
    this.#logger.warn(
      'clock_differs',
      "The local clock differs from the server's clock; bookmarks use the server's clock.",
      { seconds: Math.round(skewMs / 1000) },
    )
  }
}
