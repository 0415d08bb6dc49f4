/** The rows that a run has written, so that a second read of a list does not write them again. */

import { createHash } from 'node:crypto'
import { printJson, type JsonObject } from '../../singer/json.ts'
import { RecentKeys } from '../api/known-keys.ts'

/**
 * Remembers the latest rows, in bounded memory. A row that was written long before counts as new
 * and is written twice, which does no harm in the warehouse.
 */
export class WrittenRows {
  readonly #digests = new RecentKeys()

  /** Adds a row. False if the same row was added before and has not changed since. */
  add(raw: JsonObject): boolean {
    return this.#digests.add(createHash('sha1').update(printJson(raw)).digest('base64'))
  }
}
