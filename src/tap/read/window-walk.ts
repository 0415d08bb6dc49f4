/** Reads the pages of one window of creation time. */

import { AppError } from '../../errors.ts'
import type { JsonObject } from '../../singer/json.ts'
import type { WindowsDefinition } from '../../streams/definition.ts'
import { rowKey, type Key } from '../api/known-keys.ts'
import { pagesOf } from '../api/pages.ts'
import type { SyncContext } from '../context.ts'
import type { Span } from '../windows/ages.ts'
import { isTooWide, narrowed, type WidthRule } from '../windows/window-width.ts'

/** How often a window is read if its pages start over. */
const MAX_WALKS = 2
/** How often a window is read to be certain, if rows vanish all the time. */
const MAX_CERTAIN_WALKS = 3
const DAY_SECONDS = 86_400

export function widthRuleOf({ window }: WindowsDefinition): WidthRule {
  return { pages: window.pages, greatestSeconds: window.greatestDays * DAY_SECONDS }
}

/** The request for a window. */
export function windowQuery(
  { query, window }: WindowsDefinition,
  { from, to }: Span,
): Record<string, string> {
  return { ...query, [window.from]: String(from), [window.to]: String(to) }
}

function isLoop(error: unknown): boolean {
  return error instanceof AppError && error.code === 'CURSOR_LOOP'
}

/**
 * One window, and what reading it showed.
 *
 * Pages are positions in the list. When rows vanish during the read, the next position can be after
 * the end, where the API returns the first page again (seen live). Then some rows may have moved to
 * a page that was already read, so the window is read again, once. If that happens again, or if the
 * window has too many pages, it must be read in narrower parts.
 *
 * Fewer vanished rows than that show in nothing that the API returns. A row that they hide is read
 * at the next age. Rows that are already old when they are first read would wait long for it, and
 * the oldest have none, so their windows are read until nothing new is found.
 */
export class WindowWalk {
  readonly window: Span
  /** When the first page was requested, by the server's clock, in epoch seconds. */
  readAtSeconds = 0
  /** Of the last walk. */
  pages = 0
  /** Set instead of an end: the window must be read in narrower parts. */
  mustNarrow = false
  readonly #context: SyncContext
  readonly #definition: WindowsDefinition
  readonly #isCertain: boolean
  readonly #seen = new Set<Key>()

  /** @param isCertain reads a window with several pages until a walk finds no new row */
  constructor(
    context: SyncContext,
    definition: WindowsDefinition,
    { window, isCertain }: { window: Span; isCertain: boolean },
  ) {
    this.#context = context
    this.#definition = definition
    this.window = window
    this.#isCertain = isCertain
  }

  /** The pages. Rows are repeated when the window is read again. Throws the errors of `pagesOf`. */
  async *read(): AsyncGenerator<JsonObject[]> {
    this.readAtSeconds = Math.floor(this.#context.client.serverNowMs / 1000)
    for (let walks = 1; !(yield* this.#walk(walks === MAX_WALKS)); walks++) {
      if (this.mustNarrow) return
    }
    if (this.#isCertain && this.pages > 1) yield* this.#newRows()
  }

  /** The rows that another walk finds. A walk that starts over proves nothing, and is the last. */
  async *#newRows(): AsyncGenerator<JsonObject[]> {
    for (let walks = 0, found = Infinity; walks < MAX_CERTAIN_WALKS && found > 0; walks++) {
      found = 0
      try {
        for await (const page of this.#pages()) {
          const rows = page.filter((raw) => this.#isNew(raw))
          found += rows.length
          if (rows.length > 0) yield rows
        }
      } catch (error) {
        if (!isLoop(error)) throw error
        return
      }
    }
  }

  #isNew(raw: JsonObject): boolean {
    const key = rowKey(raw)
    if (this.#seen.has(key)) return false
    this.#seen.add(key)
    return true
  }

  /** True if the walk came to the end of the window. */
  async *#walk(isLast: boolean): AsyncGenerator<JsonObject[], boolean> {
    const rule = widthRuleOf(this.#definition)
    const canNarrow = narrowed(this.window, rule) !== undefined
    let firstId: JsonObject[string] | undefined
    this.pages = 0
    try {
      for await (const page of this.#pages()) {
        const id = page[0]?.['id']
        if (this.pages > 0 && id !== undefined && id === firstId) throw this.#startedOver()
        this.pages++
        if (this.pages === 1) firstId = id
        if (this.#isCertain) for (const raw of page) this.#isNew(raw)
        yield page
        this.mustNarrow = isTooWide(this.window, this.pages, rule)
        if (this.mustNarrow) return false
      }
      return true
    } catch (error) {
      if (!isLoop(error) || (isLast && !canNarrow)) throw error
      this.mustNarrow = isLast
      return false
    }
  }

  #pages(): AsyncGenerator<JsonObject[]> {
    const query = windowQuery(this.#definition, this.window)
    return pagesOf(this.#context.client, { ...this.#definition, query, isPrefetch: true })
  }

  #startedOver(): AppError {
    const { path } = this.#definition
    return new AppError('CURSOR_LOOP', `The pages of GET ${path} started over.`, {
      hint: "Retry the sync. If it fails again, contact Customer.io's support.",
    })
  }
}
