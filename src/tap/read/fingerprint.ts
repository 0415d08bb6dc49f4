/**
 * The rows that one read of a list found, as a few bytes in the state. A row that is deleted during
 * a read moves the later ones forward, so one of them can slip between two pages. By the next sync
 * its `updated` is too old for the filter, and so is that of a campaign whose list of actions
 * changed. The next sync therefore compares fingerprints, and reads the list without the filter if
 * they differ.
 */

import { createHash } from 'node:crypto'
import { printJson, type JsonObject } from '../../singer/json.ts'
import { epochMsOf } from '../record/record.ts'

/**
 * A digest of the rows that were created before an instant, by some of their fields, in any order.
 */
export class FingerprintHash {
  readonly #createdBeforeMs: number
  readonly #fields: readonly string[]
  #sum = 0n

  /** @param fields identify a row and what can change in it while its `updated` stays. */
  constructor(createdBeforeMs: number, fields: readonly string[]) {
    this.#createdBeforeMs = createdBeforeMs
    this.#fields = fields
  }

  /** Adds a row if it is old enough. Call once for each id. */
  add(raw: JsonObject): void {
    const createdMs = epochMsOf(raw['created'])
    if (createdMs === undefined || createdMs >= this.#createdBeforeMs) return
    const text = this.#fields.map((field) => printJson(raw[field] ?? null)).join('\n')
    const hash = createHash('sha1').update(text).digest()
    this.#sum ^= hash.readBigUInt64BE()
  }

  get digest(): string {
    return this.#sum.toString(16)
  }
}
