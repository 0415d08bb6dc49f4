/**
 * What one read of a list has seen, in a few bytes of the state. A row that is deleted while pages are read moves the later ones
 * forward, and one slips through between two pages. Its `updated` is old by the next sync, so a filter on `updated` would never let
 * it pass; neither would it a campaign whose list of actions became another one, which leaves `updated` alone. The next sync
 * therefore compares: where what existed then is not the same, it reads the list without the filter.
 */

import { createHash } from 'node:crypto'
import { printJson, type JsonObject } from '../../singer/json.ts'
import { epochMsOf } from '../record/record.ts'

/** Digest of the set of rows that were created before an instant, by some of their fields; their order does not matter. */
export class Fingerprint {
  readonly #beforeMs: number
  readonly #fields: readonly string[]
  #sum = 0n

  /** @param fields what tells one row from another, and one state of a row from another. */
  constructor(beforeMs: number, fields: readonly string[]) {
    this.#beforeMs = beforeMs
    this.#fields = fields
  }

  /** Takes a row into account, if it is old enough. To be called once for each id. */
  add(raw: JsonObject): void {
    const createdMs = epochMsOf(raw['created'])
    if (createdMs === undefined || createdMs >= this.#beforeMs) return
    const text = this.#fields.map((field) => printJson(raw[field] ?? null)).join('\n')
    const digest = createHash('sha1').update(text).digest()
    this.#sum ^= digest.readBigUInt64BE()
  }

  get text(): string {
    return this.#sum.toString(16)
  }
}
