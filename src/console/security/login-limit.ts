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
/** Of the eight groups of an IPv6 address. */
const NETWORK_GROUPS = 4

/** The groups of a part of an IPv6 address, without leading zeros. */
function groupsOf(part: string): string[] {
  return part === '' ? [] : part.split(':').map((group) => group.replace(/^0+(?=.)/, ''))
}

/** What is limited: a client has a whole /64 network of IPv6 addresses, and one IPv4 address. */
export function limitedNetwork(address: string): string {
  const ipv4 = /^::ffff:([\d.]+)$/i.exec(address)?.[1]
  if (ipv4 !== undefined || !address.includes(':')) return ipv4 ?? address
  const [left = '', right] = address.toLowerCase().replace(/%.*/, '').split('::')
  const [before, after] = [groupsOf(left), groupsOf(right ?? '')]
  const zeros = right === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`
}

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
    const network = limitedNetwork(address)
    const isKnown = this.#failures.has(network) || this.#failures.size < MAX_ADDRESSES
    return isKnown ? network : OTHERS
  }

  #forgetOld(nowMs: number): void {
    for (const [address, { lastMs }] of this.#failures)
      if (nowMs - lastMs > MAX_WAIT_MS) this.#failures.delete(address)
  }
}
