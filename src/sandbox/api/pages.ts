/**
 * Pages of a list and their opaque cursors. A cursor is a position, so rows shift when the list
 * changes.
 */

import type { JsonObject, JsonValue } from '../../singer/json.ts'

export interface PagingSettings {
  /** Newsletters per page without `limit`. @default 100 */
  newsletterLimit: number
  /** Most newsletters per page, whatever `limit` says. @default 1000 */
  newsletterMaxLimit: number
  /** Actions per page. @default 10 */
  actionLimit: number
  /** Order of newsletters by `created` without `sort`. @default 'asc' */
  newsletterSort: 'asc' | 'desc'
  /** Form of `next` on the last page. @default 'empty' */
  lastNext: 'empty' | 'null' | 'absent'
  /** Whether the page with the last row has a cursor to an empty page. @default false */
  hasTrailingPage: boolean
  /** Form of a list without rows. @default 'array' */
  emptyList: 'array' | 'null' | 'absent'
}

export const DEFAULT_PAGING: PagingSettings = {
  newsletterLimit: 100,
  newsletterMaxLimit: 1000,
  actionLimit: 10,
  newsletterSort: 'asc',
  lastNext: 'empty',
  hasTrailingPage: false,
  emptyList: 'array',
}

/** The two groups encode to `+` and `/`. The padding adds `=`. */
const CURSOR = /^00>00\?(\d+)~*$/

/** A cursor in base64 with `+`, `/` and `=`, which a query must encode. */
export function encodeCursor(position: number): string {
  const text = `00>00?${position}`
  return Buffer.from(text.length % 3 === 0 ? `${text}~` : text).toString('base64')
}

/**
 * The position of a cursor. Undefined for a string that is not a cursor, also in another letter
 * case.
 */
function decodeCursor(cursor: string): number | undefined {
  const position = CURSOR.exec(Buffer.from(cursor, 'base64').toString('latin1'))?.[1]
  if (position === undefined || encodeCursor(Number(position)) !== cursor) return undefined
  return Number(position)
}

export interface PageRequest {
  /** Key of the list in the body. */
  key: 'newsletters' | 'actions'
  start: string | null
  limit: number
}

function lastNext(settings: PagingSettings): Record<string, JsonValue> {
  switch (settings.lastNext) {
    case 'empty':
      return { next: '' }
    case 'null':
      return { next: null }
    case 'absent':
      return {}
  }
}

/** The list under its key, in the configured form when it is empty. */
export function listBody(
  key: string,
  rows: readonly JsonObject[],
  settings: PagingSettings,
): JsonObject {
  if (rows.length > 0 || settings.emptyList === 'array') return { [key]: [...rows] }
  return settings.emptyList === 'null' ? { [key]: null } : {}
}

/** The body of one page. An unknown cursor gives an empty last page, as at Customer.io. */
export function pageBody(
  rows: readonly JsonObject[],
  request: PageRequest,
  settings: PagingSettings,
): JsonObject {
  const position = request.start ? decodeCursor(request.start) : 0
  if (position === undefined) return { [request.key]: [], ...lastNext(settings) }
  const end = position + request.limit
  const page = rows.slice(position, end)
  const hasNext =
    end < rows.length || (settings.hasTrailingPage && page.length > 0 && end >= rows.length)
  const next = hasNext ? { next: encodeCursor(end) } : lastNext(settings)
  if (position > 0) return { [request.key]: page, ...next }
  return { ...listBody(request.key, page, settings), ...next }
}
