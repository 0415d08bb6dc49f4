/**
 * A clock that the test controls. It keeps running time and wall time apart: a jump or a suspended
 * machine moves only the wall time.
 */

import { setImmediate as settled } from 'node:timers/promises'
import type { Clock } from '../../src/runner/scheduler/clock.ts'

interface Sleeper {
  at: number
  wake: () => void
}

export class MovedClock implements Clock {
  /** The longest requested sleep. */
  longestSleepMs = 0
  #wall: number
  #elapsed = 0
  #sleepers: Sleeper[] = []

  constructor(start: string | number) {
    this.#wall = new Date(start).getTime()
  }

  now = (): number => this.#wall

  sleep = async (ms: number, signal: AbortSignal): Promise<void> => {
    this.longestSleepMs = Math.max(this.longestSleepMs, ms)
    if (signal.aborted) return undefined
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake)
        resolve()
      }
      this.#sleepers.push({ at: this.#elapsed + ms, wake })
      signal.addEventListener('abort', wake)
    })
  }

  /** Sets the wall clock, or simulates a suspended machine. No running time passes. */
  jump(ms: number): void {
    this.#wall += ms
  }

  /** Lets time pass. Sleepers wake in order. */
  async advance(ms: number): Promise<void> {
    const end = this.#elapsed + ms
    await settled()
    for (;;) {
      const next = this.#sleepers.toSorted((a, b) => a.at - b.at)[0]
      if (!next || next.at > end) break
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next)
      this.#run(Math.max(0, next.at - this.#elapsed))
      next.wake()
      await settled()
    }
    this.#run(end - this.#elapsed)
    await settled()
  }

  #run(ms: number): void {
    this.#elapsed += ms
    this.#wall += ms
  }
}
