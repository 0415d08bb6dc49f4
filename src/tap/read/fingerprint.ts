/**
 * The rows that one read of a list found, as a few bytes in the state. A row that is deleted during
 * a read moves the later ones forward, so one of them can slip between two pages. By the next sync
 * its `updated` is too old for the filter, and so is that of a campaign whose list of actions
 * changed. The next sync therefore compares fingerprints, and reads the list without the filter if
 * they differ.
 */

import { createHash } from 'node:crypto'
import { printJson, type JsonObject } from '../../singer/json.ts'
import type { Changes } from '../../streams/definition.ts'
import { createdMsOf } from '../record/incremental.ts'

/**
 * A digest of the rows that were created before an instant, by some of their fields, in any order.
 * Rows of a stream that has no time of creation count as old.
 */
export class FingerprintHash {
  readonly #createdBeforeMs: number
  readonly #fields: readonly string[]
  readonly #createdField: string | undefined
  #sum = 0n

  constructor(
    createdBeforeMs: number,
    { fingerprintFields, createdField }: Pick<Changes, 'fingerprintFields' | 'createdField'>,
  ) {
    this.#createdBeforeMs = createdBeforeMs
    this.#fields = fingerprintFields
    this.#createdField = createdField
  }

  /** Adds a row if it is old enough. Call once for each id. */
  add(raw: JsonObject): void {
    if (!this.#isOld(raw)) return
    const text = this.#fields.map((field) => printJson(raw[field] ?? null)).join('\n')
    const hash = createHash('sha1').update(text).digest()
    this.#sum ^= hash.readBigUInt64BE()
  }

  #isOld(raw: JsonObject): boolean {
    if (this.#createdField === undefined) return true
    const createdMs = createdMsOf(raw, this.#createdField)
    return createdMs !== undefined && createdMs < this.#createdBeforeMs
  }

  get digest(): string {
    return this.#sum.toString(16)
  }
}
