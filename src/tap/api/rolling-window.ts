/**
 * When the next request may be sent so that no rolling window holds too many *as the server sees it*: the server knows arrivals, not
 * send times. Pure: it reads no clock.
 *
 * The window has one slot for each request that it may hold, and requests take the slots in turn. Where any two requests of one slot
 * arrive at least a period apart, no period holds more arrivals than there are slots, in whatever order they arrive. So the
 * rule is about two requests of one slot, an earlier one and a later one. Let the way to the server take L + j, 0 <= j <= J, with
 * J the promised jitter; L may be anything and need not be known.
 *
 * 1. Let `later.sentAt >= earlier.sentAt + period + J`. The earlier one arrived at `earlier.sentAt + L + J` at the latest,
 *    the later one arrives at `later.sentAt + L` at the earliest: a period apart or more.
 * 2. Let `later.sentAt >= earlier.answeredAt + period`. The earlier one arrived before its response, and the later one arrives
 *    after it is sent: a period apart or more, whatever the jitter is.
 *
 * `freeAt` waits for the earlier of the two, so one of them holds for each pair, and the bound is proved. No measured time takes
 * part in it. A round trip cannot prove a shorter wait: a request that came J late to a quick server has the same round trip as one
 * that came at once to a slow server.
 *
 * What the responses show may only make the wait longer: a response that came later than others points to jitter beyond the promise. It
 * is provided for up to MAX_JITTER_MS, and so it is while too little is known. It stops there, because a slow server looks the same.
 */

/** The promise: jitter of the way to the server. */
const JITTER_MS = 50
/** Clocks that run at different rates, timers, and kernels that are busy. */
const SLACK_MS = 5
/** Jitter that is provided for where responses are late or not there yet. */
const MAX_JITTER_MS = 100
/** The fastest round trip was itself not on the shortest way there and back. */
const FASTEST_SLACK_MS = 10
/** From this number of responses on, the fastest one says how long the way is. */
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

  /** Never less than the promised jitter; see above. */
  #marginMs(tookMs: number): number {
    if (this.#answers < MIN_ANSWERS || !Number.isFinite(tookMs)) return MAX_JITTER_MS
    const lateMs = tookMs - this.#fastestMs + FASTEST_SLACK_MS
    return Math.min(MAX_JITTER_MS, Math.max(JITTER_MS + SLACK_MS, lateMs))
  }
}
