/**
 * When the next request may be sent so that no rolling window exceeds its limit *as the server sees
 * it*: the server counts arrivals, not send times. Pure: it reads no clock.
 *
 * The window has one slot for each request that it may hold, and requests take the slots in turn.
 * If any two requests of one slot arrive at least a period apart, no period holds more arrivals
 * than there are slots, in whatever order they arrive. So the rule is about two requests of one
 * slot, an earlier and a later one. Let the latency to the server be L + j, with 0 <= j <= J, where
 * J is the assumed jitter; L may be anything and need not be known.
 *
 * 1. Let `later.sentAt >= earlier.sentAt + period + J`. The earlier one arrived by
 * `earlier.sentAt + L + J`, and the later one arrives no sooner than `later.sentAt + L`: at least a
 * period apart.
 * 2. Let `later.sentAt >= earlier.respondedAt + period`. The earlier one arrived before its
 * response, and the later one arrives after it is sent: at least a period apart, whatever the
 * jitter is.
 *
 * `freeAt` takes the sooner of the two, so one of them holds for each pair, which proves the limit.
 * No measured time is part of the proof. A round trip cannot prove a shorter wait: a request that
 * arrived J late at a fast server has the same round trip as one that arrived at once at a slow
 * server.
 *
 * Responses may only make the wait longer: a response that is later than others suggests more
 * jitter than assumed. Up to MAX_JITTER_MS is allowed for then, and also while too few responses
 * are known. It stops there, because a slow server looks the same.
 */

/** The assumed jitter of the latency to the server. */
const JITTER_MS = 50
/** For clock drift, timers and busy kernels. */
const SLACK_MS = 5
/** Jitter that is allowed for when responses are late or missing. */
const MAX_JITTER_MS = 100
/** The fastest round trip may itself have had jitter. */
const FASTEST_SLACK_MS = 10
/** The fastest round trip counts only after this many responses. */
const MIN_RESPONSES = 20
/** For the rounding of clocks and timers. */
const CLOCK_MS = 1

/** Monotonic milliseconds. */
export interface RequestTimes {
  /** When the last byte was handed to the kernel; Infinity until then. */
  sentAt: number
  /** When the response began; Infinity until then, and forever if none comes. */
  respondedAt: number
}

/** The last requests, one for each slot. */
export class RollingWindow {
  readonly #periodMs: number
  readonly #ring: RequestTimes[]
  #next = 0
  #responses = 0
  #fastestMs = Number.POSITIVE_INFINITY

  /** At most `requests` in any period. */
  constructor(requests: number, periodMs: number) {
    this.#periodMs = periodMs
    this.#ring = Array.from({ length: requests }, () => ({
      sentAt: Number.NEGATIVE_INFINITY,
      respondedAt: Number.NEGATIVE_INFINITY,
    }))
  }

  /**
   * The longest time after which another request may be sent, whatever happened to the earlier one.
   */
  get longestMs(): number {
    return this.#periodMs + MAX_JITTER_MS
  }

  /** The request whose slot the next one takes. */
  get #oldest(): RequestTimes {
    return this.#ring[this.#next] as RequestTimes
  }

  /**
   * When the next request may be sent; Infinity while the previous one of its slot is not sent yet.
   * A response can make it sooner.
   */
  freeAt(slowness = 1): number {
    const { sentAt, respondedAt } = this.#oldest
    const periodMs = this.#periodMs * slowness
    return Math.min(
      sentAt + periodMs + this.#marginMs(respondedAt - sentAt),
      respondedAt + periodMs + CLOCK_MS,
    )
  }

  /** Takes the next slot. Report its times with `markSent` and `markResponded`. */
  take(): RequestTimes {
    const times = { sentAt: Number.POSITIVE_INFINITY, respondedAt: Number.POSITIVE_INFINITY }
    this.#ring[this.#next] = times
    this.#next = (this.#next + 1) % this.#ring.length
    return times
  }

  /** Only the first call counts. */
  markSent(times: RequestTimes, now: number): void {
    if (times.sentAt === Number.POSITIVE_INFINITY) times.sentAt = now
  }

  /** Only the first call counts. */
  markResponded(times: RequestTimes, now: number): void {
    if (times.respondedAt !== Number.POSITIVE_INFINITY) return
    this.markSent(times, now)
    times.respondedAt = now
    this.#responses++
    this.#fastestMs = Math.min(this.#fastestMs, now - times.sentAt)
  }

  /** Never less than the assumed jitter; see the proof. */
  #marginMs(roundTripMs: number): number {
    if (this.#responses < MIN_RESPONSES || !Number.isFinite(roundTripMs)) return MAX_JITTER_MS
    const lateMs = roundTripMs - this.#fastestMs + FASTEST_SLACK_MS
    return Math.min(MAX_JITTER_MS, Math.max(JITTER_MS + SLACK_MS, lateMs))
  }
}
