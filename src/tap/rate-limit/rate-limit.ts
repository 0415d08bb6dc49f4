/**
 * Limits the requests in any rolling second, as the server sees them.
 *
 * Bottleneck keeps the queue: order, priority and concurrency. The minimum gap and the rolling
 * window of the last requests are our own, because no Bottleneck setting guarantees a limit in a
 * rolling window. A request counts from when it was really sent, so a slow connection or a
 * suspended process cannot cause a burst.
 */

import type Bottleneck from 'bottleneck'
import { setTimeout as sleep } from 'node:timers/promises'
import { clocklessQueue } from './clockless-queue.ts'
import { RollingWindow, type RequestTimes } from './rolling-window.ts'

/**
 * An event loop that was blocked longer than this was suspended; its last requests may arrive only
 * now.
 */
const STALL_MS = 1000
const HEARTBEAT_MS = 100
/** After a 429 the pace is slower for this long, because another client uses the same limit. */
const SLOW_MS = 60_000
const SLOW_FACTOR = 1.1
/** Unused slots are caught up at this multiple of the pace instead of all at once. */
const CATCH_UP = 2
/**
 * The longest wait between two requests, for a limit near 0: ten years, exact in every sum below.
 */
const MAX_PERIOD_MS = 10 * 365 * 86_400_000
/** Enough requests in flight for the full pace at two seconds of latency. */
const SECONDS_IN_FLIGHT = 2

/** A lower number runs first. `begunPrefetch`: the next pages of a list that is prefetched. */
export const PRIORITY = { retry: 1, normal: 5, begunPrefetch: 6, prefetch: 7 } as const
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY]

export interface Slot {
  /** Call as soon as the request is on the wire. */
  markSent: () => void
  /** Call when the response begins. */
  markResponded: () => void
}

export interface RateLimiterOptions {
  requestsPerSecond: number
  signal: AbortSignal
  /** Monotonic milliseconds. @default performance.now */
  now?: () => number
}

/** Hands out slots so that no rolling second exceeds the limit. Use one for each API key. */
export class RateLimiter {
  readonly #queue: Bottleneck
  readonly #gate: Bottleneck
  readonly #window: RollingWindow
  /** Minimum time between two slots. */
  readonly #gapMs: number
  #nextSlotAt = Number.NEGATIVE_INFINITY
  readonly #signal: AbortSignal
  readonly #now: () => number
  readonly #heartbeat: NodeJS.Timeout
  #lastBeat: number
  /** Requests that have a slot and have not ended. */
  #inFlight = 0
  #pausedUntil = 0
  #slowUntil = 0
  #wake: (() => void) | undefined

  constructor(options: RateLimiterOptions) {
    // A limit of 2.5 allows two requests in any rolling second; one of 0.5 allows one in two
    // seconds.
    const slots = Math.max(1, Math.floor(options.requestsPerSecond))
    const periodMs = Math.min(MAX_PERIOD_MS, Math.max(1, 1 / options.requestsPerSecond) * 1000)
    this.#window = new RollingWindow(slots, periodMs)
    this.#queue = clocklessQueue(Math.ceil(slots * SECONDS_IN_FLIGHT))
    this.#gate = clocklessQueue(1)
    this.#gapMs = Math.floor(periodMs / slots / CATCH_UP)
    this.#signal = options.signal
    this.#now = options.now ?? (() => performance.now())
    this.#lastBeat = this.#now()
    this.#heartbeat = setInterval(() => this.#beat(), HEARTBEAT_MS)
    this.#heartbeat.unref()
  }

  /** Runs one attempt in its own slot. Throws the signal's reason. */
  async schedule<T>(priority: Priority, attempt: (slot: Slot) => Promise<T>): Promise<T> {
    return this.#queue.schedule({ priority }, async () => {
      const times = await this.#gate.schedule({ priority }, () => this.#takeSlot())
      const slot = this.#slotOf(times)
      this.#inFlight++
      try {
        return await attempt(slot)
      } finally {
        this.#inFlight--
        slot.markSent()
      }
    })
  }

  /** Starts nothing for this long; then the pace is slower for a minute. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + ms)
    this.#slowUntil = this.#pausedUntil + SLOW_MS
  }

  /** Rejects every call that still waits for a slot. */
  close(): void {
    clearInterval(this.#heartbeat)
    for (const limiter of [this.#queue, this.#gate]) {
      // Rejects only if it is already stopped.
      limiter.stop({ dropWaitingJobs: true }).catch(() => undefined)
    }
  }

  /** After a stall, requests in flight may arrive only now. */
  #beat(): void {
    const now = this.#now()
    if (now - this.#lastBeat > STALL_MS && this.#inFlight > 0)
      this.#pausedUntil = Math.max(this.#pausedUntil, now + this.#window.longestMs)
    this.#lastBeat = now
  }

  #slotOf(times: RequestTimes): Slot {
    const markSent = () => {
      this.#window.markSent(times, this.#now())
      this.#wake?.()
    }
    const markResponded = () => {
      this.#window.markResponded(times, this.#now())
      this.#wake?.()
    }
    return { markSent, markResponded }
  }

  #freeAt(now: number): number {
    const windowFreeAt = this.#window.freeAt(now < this.#slowUntil ? SLOW_FACTOR : 1)
    return Math.max(windowFreeAt, this.#nextSlotAt, this.#pausedUntil)
  }

  /** Has one caller at a time, because the gate's concurrency is 1. */
  async #takeSlot(): Promise<RequestTimes> {
    for (;;) {
      this.#signal.throwIfAborted()
      this.#beat()
      const now = this.#now()
      const freeAt = this.#freeAt(now)
      if (freeAt <= now) break
      await this.#waitUntil(freeAt - now)
    }
    this.#nextSlotAt = this.#now() + this.#gapMs
    return this.#window.take()
  }

  /**
   * Ends early when a request was sent or got its response, which may free a slot, and on a stop.
   */
  async #waitUntil(ms: number): Promise<void> {
    const waiting = new AbortController()
    const stop = () => waiting.abort()
    this.#wake = stop
    this.#signal.addEventListener('abort', stop, { once: true })
    const bounded = Math.min(Math.ceil(ms), SLOW_MS) // Node's timers are limited to 24 days
    await sleep(bounded, undefined, { signal: waiting.signal }).catch(() => undefined)
    this.#signal.removeEventListener('abort', stop)
    this.#wake = undefined
  }
}
