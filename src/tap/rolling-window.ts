/**
 * When the next request may be sent so that no rolling window holds too many *as the server sees it*, which knows arrivals, not
 * send times. Pure: told the times, it knows no clock.
 *
 * The n-th request after one may arrive a period later than that one did. How late that one arrived is not known, but its answer
 * bounds it: it cannot have arrived after its answer, and an answer that came as fast as any other means that the way was short.
 * So the slot is free a period after the request was sent, plus the lateness of its answer, plus some slack; never later than
 * a period after its answer, which needs no assumption at all; and never later than the greatest jitter that is provided for, because a
 * server that takes its time looks like a network that does.
 */

/** Of the way to the server. The promise is 50 ms; the rest is for loops and kernels that are busy. */
const MAX_JITTER_MS = 100
/** How much later than it looks a request may have arrived: the fastest answer was not on the shortest way there and back. */
const SLACK_MS = 30
/** From so many answers on, the fastest one says how long the way is. */
const MIN_ANSWERS = 20
/** Rounding of clocks and timers. */
const CLOCK_MS = 1

/** Monotonic milliseconds. */
export interface RequestTimes {
  /** When the last byte was handed to the kernel; Infinity until then. */
  sentAt: number
  /** When the answer began; Infinity until then, and for ever where none came. */
  answeredAt: number
}

/** The last requests, as many as the window may hold. */
export class RollingWindow {
  readonly #periodMs: number
  readonly #ring: RequestTimes[]
  #next = 0
  #answers = 0
  #fastestMs = Number.POSITIVE_INFINITY

  /** At most so many requests in any period. */
  constructor(requests: number, periodMs: number) {
    this.#periodMs = periodMs
    this.#ring = Array.from({ length: requests }, () => ({
      sentAt: Number.NEGATIVE_INFINITY,
      answeredAt: Number.NEGATIVE_INFINITY,
    }))
  }

  /** How long after a request another one may surely be sent, whatever happened to it on the way. */
  get longestMs(): number {
    return this.#periodMs + MAX_JITTER_MS
  }

  /** The request whose slot the next one takes. */
  get #oldest(): RequestTimes {
    return this.#ring[this.#next] as RequestTimes
  }

  /** When the next request may be sent; Infinity while the one before it in its slot is not even sent. An answer can bring it forward. */
  freeAt(slowness = 1): number {
    const { sentAt, answeredAt } = this.#oldest
    const periodMs = this.#periodMs * slowness
    return Math.min(
      sentAt + periodMs + this.#marginMs(answeredAt - sentAt),
      answeredAt + periodMs + CLOCK_MS,
    )
  }

  /** Takes the next slot. Tell the times by `markSent` and `markAnswered`. */
  take(): RequestTimes {
    const times = { sentAt: Number.POSITIVE_INFINITY, answeredAt: Number.POSITIVE_INFINITY }
    this.#ring[this.#next] = times
    this.#next = (this.#next + 1) % this.#ring.length
    return times
  }

  /** The first call counts. */
  markSent(times: RequestTimes, now: number): void {
    if (times.sentAt === Number.POSITIVE_INFINITY) times.sentAt = now
  }

  /** The first call counts. */
  markAnswered(times: RequestTimes, now: number): void {
    if (times.answeredAt !== Number.POSITIVE_INFINITY) return
    this.markSent(times, now)
    times.answeredAt = now
    this.#answers++
    this.#fastestMs = Math.min(this.#fastestMs, now - times.sentAt)
  }

  #marginMs(tookMs: number): number {
    if (this.#answers < MIN_ANSWERS || !Number.isFinite(tookMs)) return MAX_JITTER_MS
    return Math.min(MAX_JITTER_MS, tookMs - this.#fastestMs + SLACK_MS)
  }
}
