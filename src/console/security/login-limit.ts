/**
 * Limits failed logins by address. Own code: plugins limit requests, and here only failures count.
 */

import { MINUTE_MS, SECOND_MS } from '../../time.ts'

/** This many failures are free. */
const FREE_FAILURES = 5
const FIRST_WAIT_MS = SECOND_MS
const MAX_WAIT_MS = 15 * MINUTE_MS
/** More addresses than this share one count, so that memory is bounded. */
const MAX_ADDRESSES = 1000
const OTHERS = 'others'

interface Failures {
  count: number
  lastMs: number
}

export class LoginLimit {
  readonly #failures = new Map<string, Failures>()

  /** How long the address must wait; 0 when it may try now. */
  waitMs(address: string, nowMs: number): number {
    const { count, lastMs } = this.#failures.get(this.#keyOf(address)) ?? { count: 0, lastMs: 0 }
    if (count < FREE_FAILURES) return 0
    const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - FREE_FAILURES))
    return Math.max(0, lastMs + waitMs - nowMs)
  }

  /** Counts an attempt as failed. Call it before the check, so that attempts at once count too. */
  fail(address: string, nowMs: number): void {
    this.#forgetOld(nowMs)
    const key = this.#keyOf(address)
    const count = (this.#failures.get(key)?.count ?? 0) + 1
    this.#failures.set(key, { count, lastMs: nowMs })
  }

  /** A success ends the wait of the address. */
  succeed(address: string): void {
    this.#failures.delete(this.#keyOf(address))
  }

  #keyOf(address: string): string {
    const isKnown = this.#failures.has(address) || this.#failures.size < MAX_ADDRESSES
    return isKnown ? address : OTHERS
  }

  #forgetOld(nowMs: number): void {
    for (const [address, { lastMs }] of this.#failures)
      if (nowMs - lastMs > MAX_WAIT_MS) this.#failures.delete(address)
  }
}
