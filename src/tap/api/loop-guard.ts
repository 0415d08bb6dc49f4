/** Notices a list that goes in circles, in bounded memory. */

import { AppError } from '../../errors.ts'
import type { JsonObject } from '../../singer/json.ts'
import { keyOf, KeySample, RecentKeys, rowKey } from './known-keys.ts'

const MAX_KNOWN_PAGES = 20
const MAX_EMPTY_PAGES = 100
/** A list whose rows come more often than this on average goes in circles. */
const MAX_TIMES_EACH = 3
/** Shorter lists are judged by their pages only. */
const MIN_SAMPLED_ROWS = 65_536

export interface Page {
  records: JsonObject[]
  /** Undefined on the last page. */
  next: string | undefined
}

/**
 * Notices a list that goes in circles: by a token that comes back, by pages without end that are empty, or whose rows are all known.
 * Rows that are made or edited while the list is read move to its front and push known ones to later pages, so a page may well repeat
 * rows, and a short one hold nothing else. It takes as many changes as a page has rows between each two requests, though, for page
 * after page without one new row: MAX_KNOWN_PAGES in a row are no list that moves but a cursor that leads nowhere.
 *
 * Only the latest rows and tokens are known exactly. A circle that is longer shows in a sample of all rows, once its rows have come
 * MAX_TIMES_EACH times on average. No decision rests on a hash: a list that has new rows to give is never taken for a circle.
 */
export class LoopGuard {
  readonly #path: string
  readonly #tokens = new RecentKeys()
  readonly #keys = new RecentKeys()
  readonly #sample = new KeySample()
  #rows = 0
  #emptyPages = 0
  /** Since the last page that had a new row. */
  #knownPages = 0

  /** @param path of the list, for the message. */
  constructor(path: string) {
    this.#path = path
  }

  /** To be called with each page. Throws CURSOR_LOOP. */
  check(page: Page): void {
    if (page.next === undefined) return
    if (!this.#tokens.add(keyOf(page.next))) throw this.#loop('a cursor came back')
    if (page.records.length === 0) {
      if (++this.#emptyPages > MAX_EMPTY_PAGES) throw this.#loop('too many pages were empty')
      return
    }
    this.#knownPages = this.#addRows(page.records) ? 0 : this.#knownPages + 1
    const isCircle = this.#rows >= MIN_SAMPLED_ROWS && this.#sample.timesEach > MAX_TIMES_EACH
    if (isCircle || this.#knownPages > MAX_KNOWN_PAGES) throw this.#loop('the same rows came back')
  }

  /** True where one of them is new. */
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
    return new AppError('CURSOR_LOOP', `The pages of GET ${this.#path} go in circles: ${reason}.`, {
      hint: "Try again; if it stays so, tell Customer.io's support.",
    })
  }
}
