/** Links that log in once. They are known to this process only. */

import { HOUR_MS } from '../../time.ts'
import { createSecret, hashOf, hasHash } from './secret-hash.ts'

const LIFETIME_MS = 24 * HOUR_MS
/** More unused links than this are forgotten, the oldest first. */
const MAX_LINKS = 20

export interface Link {
  token: string
  expiresAtMs: number
}

/** When a link is created or used. */
export interface LinkTime {
  nowMs: number
  /** Of the sessions: a new password ends the links too. */
  epoch: string
}

export class LoginLinks {
  #links: { hash: string; expiresAtMs: number; epoch: string }[] = []

  create({ nowMs, epoch }: LinkTime): Link {
    const token = createSecret()
    const expiresAtMs = nowMs + LIFETIME_MS
    const link = { hash: hashOf(token), expiresAtMs, epoch }
    this.#links = [...this.#links.slice(1 - MAX_LINKS), link]
    return { token, expiresAtMs }
  }

  /** True the first time for a token that has not expired. */
  use(token: string, { nowMs, epoch }: LinkTime): boolean {
    const used = this.#links.find(({ hash }) => hasHash(token, hash))
    if (!used) return false
    this.#links = this.#links.filter((link) => link !== used)
    return nowMs < used.expiresAtMs && used.epoch === epoch
  }
}
