/**
 * The ceiling of requests in any rolling second, as the server sees it.
 *
 * Bottleneck keeps the queue: order, priority, concurrency and the least gap. On top of it stands a ring of the last requests'
 * send times, because no Bottleneck setting holds a rolling window by itself: a slot is free again one window after the request
 * before it was *sent*, so a connection that opens slowly or a process that was stopped cannot bunch requests up.
 */

import Bottleneck from 'bottleneck'
import { setTimeout as sleep } from 'node:timers/promises'

/** How much later than its send time a request may arrive, against the next ones, without breaking the window. */
const JITTER_MS = 75
/** A loop that was away longer than this was stopped or starved; what it had sent last may arrive only now. */
const STALL_MS = 400
const HEARTBEAT_MS = 100
/** After a 429 the pace is slower for this long: somebody else uses the same limit. */
const SLOW_MS = 60_000
const SLOW_FACTOR = 1.1
/** In flight at once: enough for the full pace at two seconds of latency. */
const SECONDS_IN_FLIGHT = 2

/** Lower runs first. */
export const PRIORITY = { retry: 1, normal: 5, ahead: 7 } as const
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY]

export interface Slot {
  /** To be called when the request goes onto the wire. */
  markSent: () => void
}

export interface RateLimiterOptions {
  requestsPerSecond: number
  signal: AbortSignal
  /** Monotonic milliseconds. @default performance.now */
  now?: () => number
}

/** Times of one request in the ring: Infinity from the grant until it is sent. */
interface Ring {
  sentAt: number[]
  next: number
}

/** Hands out slots so that no rolling second holds more than the ceiling. One per API key. */
export class RateLimiter {
  readonly #queue: Bottleneck
  readonly #gate: Bottleneck
  readonly #ring: Ring
  readonly #windowMs: number
  readonly #signal: AbortSignal
  readonly #now: () => number
  readonly #heartbeat: NodeJS.Timeout
  #lastBeat: number
  #pausedUntil = 0
  #slowUntil = 0
  #wake: (() => void) | undefined

  constructor(options: RateLimiterOptions) {
    const slots = Math.max(1, Math.floor(options.requestsPerSecond))
    const periodMs = (slots / options.requestsPerSecond) * 1000
    this.#windowMs = periodMs + JITTER_MS
    this.#ring = { sentAt: Array.from({ length: slots }, () => Number.NEGATIVE_INFINITY), next: 0 }
    this.#queue = new Bottleneck({ maxConcurrent: Math.ceil(slots * SECONDS_IN_FLIGHT) })
    this.#gate = new Bottleneck({ maxConcurrent: 1, minTime: Math.floor(periodMs / slots) })
    this.#signal = options.signal
    this.#now = options.now ?? (() => performance.now())
    this.#lastBeat = this.#now()
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  /** Runs one attempt in a slot of its own, and keeps its place in the queue until it ends. Throws the signal's reason. */
  async schedule<T>(priority: Priority, attempt: (slot: Slot) => Promise<T>): Promise<T> {
    return this.#queue.schedule({ priority }, async () => {
      const at = await this.#gate.schedule({ priority }, () => this.#takeSlot())
      const markSent = () => this.#markSent(at)
      try {
        return await attempt({ markSent })
      } finally {
        markSent()
      }
    })
  }

  /** Nothing starts for so long; afterwards the pace is slower for a minute. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + ms)
    this.#slowUntil = this.#pausedUntil + SLOW_MS
  }

  /** Whoever still waits for a slot gets an error. */
  close(): void {
    clearInterval(this.#heartbeat)
    for (const limiter of [this.#queue, this.#gate]) {
      limiter.stop({ dropWaitingJobs: true }).catch(() => undefined) // it says only that it was stopped before
    }
  }

  #beat(): void {
    const now = this.#now()
    if (now - this.#lastBeat > STALL_MS)
      this.#pausedUntil = Math.max(this.#pausedUntil, now + this.#windowMs)
    this.#lastBeat = now
  }

  #markSent(at: number): void {
    if (this.#ring.sentAt[at] !== Number.POSITIVE_INFINITY) return
    this.#ring.sentAt[at] = this.#now()
    this.#wake?.()
  }

  /** When the next slot is free: the ring's oldest request left the window, and no pause is on. */
  #freeAt(now: number): number {
    const windowMs = now < this.#slowUntil ? this.#windowMs * SLOW_FACTOR : this.#windowMs
    const oldest = this.#ring.sentAt[this.#ring.next] ?? Number.NEGATIVE_INFINITY
    return Math.max(oldest + windowMs, this.#pausedUntil)
  }

  /** Only one caller at a time: the gate's concurrency is 1. */
  async #takeSlot(): Promise<number> {
    for (;;) {
      this.#signal.throwIfAborted()
      this.#beat()
      const now = this.#now()
      const freeAt = this.#freeAt(now)
      if (freeAt <= now) break
      await this.#waitUntil(freeAt - now)
    }
    const at = this.#ring.next
    this.#ring.sentAt[at] = Number.POSITIVE_INFINITY
    this.#ring.next = (at + 1) % this.#ring.sentAt.length
    return at
  }

  /** Ends early when a request was sent, whose slot had no time yet, and when the run is stopped. */
  async #waitUntil(ms: number): Promise<void> {
    const waiting = new AbortController()
    const stop = () => waiting.abort()
    this.#wake = stop
    this.#signal.addEventListener('abort', stop, { once: true })
    const bounded = Number.isFinite(ms) ? Math.ceil(ms) : SLOW_MS
    await sleep(bounded, undefined, { signal: waiting.signal }).catch(() => undefined)
    this.#signal.removeEventListener('abort', stop)
    this.#wake = undefined
  }
}
