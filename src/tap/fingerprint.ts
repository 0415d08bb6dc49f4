/**
 * What one read of a paged list has seen, in a few bytes of the state. A row that is deleted while pages are read moves the later ones
 * forward, and one slips through between two pages. Its `updated` is old by the next sync, so a filter on `updated` would never let
 * it pass. The next sync therefore compares: where the rows that existed then are not the same, it reads the list without the filter.
 */

import { createHash } from 'node:crypto'
import { printJson, type JsonObject } from '../singer/json.ts'
import { epochMsOf } from './record.ts'

/** Digest of the set of rows that were created before an instant; their order does not matter. */
export class Fingerprint {
  readonly #beforeMs: number
  #sum = 0n

  constructor(beforeMs: number) {
    this.#beforeMs = beforeMs
  }

  /** Takes a row into account, if it is old enough. To be called once for each id. */
  add(raw: JsonObject): void {
    const createdMs = epochMsOf(raw['created'])
    if (createdMs === undefined || createdMs >= this.#beforeMs) return
    const digest = createHash('sha1')
      .update(printJson(raw['id'] ?? null))
      .digest()
    this.#sum ^= digest.readBigUInt64BE()
  }

  get text(): string {
    return this.#sum.toString(16)
  }
}
