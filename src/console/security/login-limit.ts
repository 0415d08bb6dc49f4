/**
 * Limits failed logins by address. Own code: plugins limit requests, and here only failures count.
 */

import { MINUTE_MS, SECOND_MS } from '../../time.ts'
import { plainAddress, type Client } from './client-address.ts'

/** This many failures are free. */
const FREE_FAILURES = 5
/** Of all clients of a proxy together, because a client may claim any address. */
const FREE_FAILURES_OF_PROXY = 100
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
  const plain = plainAddress(address)
  if (!plain.includes(':')) return plain
  const [left = '', right] = plain.toLowerCase().replace(/%.*/, '').split('::')
  const [before, after] = [groupsOf(left), groupsOf(right ?? '')]
  const zeros = right === undefined ? 0 : Math.max(0, 8 - before.length - after.length)
  const groups = [...before, ...Array.from({ length: zeros }, () => '0'), ...after]
  return `${groups.slice(0, NETWORK_GROUPS).join(':')}::/64`
}

class FailureCounts {
  readonly #free: number
  readonly #failures = new Map<string, { count: number; lastMs: number }>()

  constructor(free: number) {
    this.#free = free
  }

  waitMs(name: string, nowMs: number): number {
    const { count, lastMs } = this.#failures.get(this.#keyOf(name)) ?? { count: 0, lastMs: 0 }
    if (count < this.#free) return 0
    const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - this.#free))
    return Math.max(0, lastMs + waitMs - nowMs)
  }

  add(name: string, nowMs: number): void {
    for (const [known, { lastMs }] of this.#failures)
      if (nowMs - lastMs > MAX_WAIT_MS) this.#failures.delete(known)
    const key = this.#keyOf(name)
    const count = (this.#failures.get(key)?.count ?? 0) + 1
    this.#failures.set(key, { count, lastMs: nowMs })
  }

  forget(name: string): void {
    this.#failures.delete(this.#keyOf(name))
  }

  takeBack(name: string): void {
    const key = this.#keyOf(name)
    const failures = this.#failures.get(key)
    if (!failures) return
    failures.count--
    if (failures.count === 0) this.#failures.delete(key)
  }

  #keyOf(name: string): string {
    const isKnown = this.#failures.has(name) || this.#failures.size < MAX_ADDRESSES
    return isKnown ? name : OTHERS
  }
}

export class LoginLimit {
  readonly #addresses = new FailureCounts(FREE_FAILURES)
  readonly #proxies = new FailureCounts(FREE_FAILURES_OF_PROXY)

  /** How long the client must wait; 0 when it may try now. */
  waitMs({ address, proxy }: Client, nowMs: number): number {
    const waitMs = this.#addresses.waitMs(limitedNetwork(address), nowMs)
    return proxy === undefined ? waitMs : Math.max(waitMs, this.#proxies.waitMs(proxy, nowMs))
  }

  /** Counts an attempt as failed. Call it before the check, so that attempts at once count too. */
  fail({ address, proxy }: Client, nowMs: number): void {
    this.#addresses.add(limitedNetwork(address), nowMs)
    if (proxy !== undefined) this.#proxies.add(proxy, nowMs)
  }

  /** Call it after `fail`. A success ends the wait of the address, and none of others. */
  succeed({ address, proxy }: Client): void {
    this.#addresses.forget(limitedNetwork(address))
    if (proxy !== undefined) this.#proxies.takeBack(proxy)
  }
}
