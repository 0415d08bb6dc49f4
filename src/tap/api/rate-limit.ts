/**
 * The ceiling of requests in any rolling second, as the server sees it.
 *
 * Bottleneck keeps the queue: order, priority and concurrency. On top of it stand the least gap, by the monotonic clock, and the rolling
 * window of the last requests, because no Bottleneck setting holds one by itself. A request counts from when it was really sent, so a
 * connection that opens slowly or a process that was stopped cannot bunch requests up.
 */

import type Bottleneck from 'bottleneck'
import { setTimeout as sleep } from 'node:timers/promises'
import { DAY_MS } from '../../time.ts'
import { clocklessQueue } from './clockless-queue.ts'
import { RollingWindow, type RequestTimes } from './rolling-window.ts'

/** A loop that was away longer than this was stopped or starved; what it had sent last may arrive only now. */
const STALL_MS = 1000
const HEARTBEAT_MS = 100
/** After a 429 the pace is slower for this long: somebody else uses the same limit. */
const SLOW_MS = 60_000
const SLOW_FACTOR = 1.1
/** Slots that went unused, as before the first answers, are caught up at about so many times the pace instead of all at once. */
const CATCH_UP = 2
/** A ceiling near 0 waits for so long between two requests: ten years, which every sum below holds exactly. */
const MAX_PERIOD_MS = 10 * 365 * DAY_MS
/** In flight at once: enough for the full pace at two seconds of latency. */
const SECONDS_IN_FLIGHT = 2

/** Lower runs first. */
export const PRIORITY = { retry: 1, normal: 5, begun: 6, ahead: 7 } as const
export type Priority = (typeof PRIORITY)[keyof typeof PRIORITY]

export interface Slot {
  /** To be called as soon as the request is on the wire. */
  markSent: () => void
  /** To be called when its answer begins. */
  markAnswered: () => void
}

export interface RateLimiterOptions {
  requestsPerSecond: number
  signal: AbortSignal
  /** Monotonic milliseconds. @default performance.now */
  now?: () => number
}

/** Hands out slots so that no rolling second holds more than the ceiling. One per API key. */
export class RateLimiter {
  readonly #queue: Bottleneck
  readonly #gate: Bottleneck
  readonly #window: RollingWindow
  /** Least time between two slots. */
  readonly #gapMs: number
  #nextSlotAt = Number.NEGATIVE_INFINITY
  readonly #signal: AbortSignal
  readonly #now: () => number
  readonly #heartbeat: NodeJS.Timeout
  #lastBeat: number
  /** Requests that were let go and have not ended. */
  #underWay = 0
  #pausedUntil = 0
  #slowUntil = 0
  #wake: (() => void) | undefined

  constructor(options: RateLimiterOptions) {
    // A ceiling of 2.5 allows two in any rolling second; one of 0.5 allows one in two seconds.
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

  /** Runs one attempt in a slot of its own, and keeps its place in the queue until it ends. Throws the signal's reason. */
  async schedule<T>(priority: Priority, attempt: (slot: Slot) => Promise<T>): Promise<T> {
    return this.#queue.schedule({ priority }, async () => {
      const times = await this.#gate.schedule({ priority }, () => this.#takeSlot())
      const slot = this.#slotOf(times)
      this.#underWay++
      try {
        return await attempt(slot)
      } finally {
        this.#underWay--
        slot.markSent()
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

  /** After a stall, what was under way may arrive only now. */
  #beat(): void {
    const now = this.#now()
    if (now - this.#lastBeat > STALL_MS && this.#underWay > 0)
      this.#pausedUntil = Math.max(this.#pausedUntil, now + this.#window.longestMs)
    this.#lastBeat = now
  }

  #slotOf(times: RequestTimes): Slot {
    const markSent = () => {
      this.#window.markSent(times, this.#now())
      this.#wake?.()
    }
    const markAnswered = () => {
      this.#window.markAnswered(times, this.#now())
      this.#wake?.()
    }
    return { markSent, markAnswered }
  }

  #freeAt(now: number): number {
    const windowFreeAt = this.#window.freeAt(now < this.#slowUntil ? SLOW_FACTOR : 1)
    return Math.max(windowFreeAt, this.#nextSlotAt, this.#pausedUntil)
  }

  /** Only one caller at a time: the gate's concurrency is 1. */
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

  /** Ends early when a request was sent or answered, which may bring the next slot forward, and when the run is stopped. */
  async #waitUntil(ms: number): Promise<void> {
    const waiting = new AbortController()
    const stop = () => waiting.abort()
    this.#wake = stop
    this.#signal.addEventListener('abort', stop, { once: true })
    const bounded = Math.min(Math.ceil(ms), SLOW_MS) // Node's timers hold no more than 24 days
    await sleep(bounded, undefined, { signal: waiting.signal }).catch(() => undefined)
    this.#signal.removeEventListener('abort', stop)
    this.#wake = undefined
  }
}
