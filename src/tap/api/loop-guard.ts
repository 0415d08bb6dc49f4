/** Detects, in bounded memory, a list whose cursors form a loop. */

import { AppError } from '../../errors.ts'
import type { JsonObject } from '../../singer/json.ts'
import { keyOf, KeySample, RecentKeys, rowKey } from './known-keys.ts'

const MAX_KNOWN_PAGES = 20
const MAX_EMPTY_PAGES = 100
/** A list whose rows are repeated more often than this on average is a loop. */
const MAX_TIMES_EACH = 3
/** In shorter lists only whole pages are compared. */
const MIN_SAMPLED_ROWS = 65_536

export interface Page {
  records: JsonObject[]
  /** Undefined on the last page. */
  next: string | undefined
}

/**
 * A loop is a token that is repeated, too many empty pages in the whole list, or too many pages in
 * a row without a new row.
 *
 * Rows that are created or edited during the read move to the front and push known rows to later
 * pages, so one page may repeat rows. MAX_KNOWN_PAGES such pages in a row would take a page's worth
 * of changes between every two requests, so they are a loop.
 *
 * Only the latest rows and tokens are known exactly. A longer loop shows in a sample of all rows,
 * once they were repeated MAX_TIMES_EACH times on average. No decision depends on a hash alone: a
 * list that still returns new rows is never called a loop.
 */
export class LoopGuard {
  readonly #path: string
  readonly #tokens = new RecentKeys()
  readonly #keys = new RecentKeys()
  readonly #sample = new KeySample()
  #rows = 0
  /** Of the whole list: a page with rows does not reset it. */
  #emptyPages = 0
  /** Since the last page that had a new row. */
  #knownPages = 0

  /** @param path of the list, for the error. */
  constructor(path: string) {
    this.#path = path
  }

  /** Call with each page. Throws CURSOR_LOOP. */
  check(page: Page): void {
    if (page.next === undefined) return
    if (!this.#tokens.add(keyOf(page.next))) throw this.#loop('a cursor was repeated')
    if (page.records.length === 0) {
      if (++this.#emptyPages > MAX_EMPTY_PAGES) throw this.#loop('too many pages were empty')
      return
    }
    this.#knownPages = this.#addRows(page.records) ? 0 : this.#knownPages + 1
    const isLongLoop = this.#rows >= MIN_SAMPLED_ROWS && this.#sample.timesEach > MAX_TIMES_EACH
    if (isLongLoop || this.#knownPages > MAX_KNOWN_PAGES)
      throw this.#loop('the same rows were repeated')
  }

  /** True if at least one row is new. */
  #addRows(rows: readonly JsonObject[]): boolean {
    let hasNew = false
    for (const row of rows) {
      const key = rowKey(row)
      this.#sample.add(key)
      if (this.#keys.add(key)) hasNew = true
    }
    this.#rows += rows.length
    return hasNew
  }

  #loop(reason: string): AppError {
    return new AppError('CURSOR_LOOP', `The pages of GET ${this.#path} form a loop: ${reason}.`, {
      hint: "Retry the sync. If it fails again, contact Customer.io's support.",
    })
  }
}
