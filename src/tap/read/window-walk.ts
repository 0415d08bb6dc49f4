/** Reads the pages of one window of creation time. */

import { AppError } from '../../errors.ts'
import type { JsonObject } from '../../singer/json.ts'
import type { WindowsDefinition } from '../../streams/definition.ts'
import { pagesOf } from '../api/pages.ts'
import type { SyncContext } from '../context.ts'
import type { Span } from '../windows/ages.ts'
import { isTooWide, narrowed, type WidthRule } from '../windows/window-width.ts'

/** How often a window is read if its pages start over. */
const MAX_WALKS = 2
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
 * at the next age.
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

  constructor(context: SyncContext, definition: WindowsDefinition, window: Span) {
    this.#context = context
    this.#definition = definition
    this.window = window
  }

  /** The pages. Rows are repeated when the window is read again. Throws the errors of `pagesOf`. */
  async *read(): AsyncGenerator<JsonObject[]> {
    this.readAtSeconds = Math.floor(this.#context.client.serverNowMs / 1000)
    for (let walks = 1; !(yield* this.#walk(walks === MAX_WALKS)); walks++) {
      if (this.mustNarrow) return
    }
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
