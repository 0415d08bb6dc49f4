/** Pages of a list and the opaque cursors between them. A cursor names a position: rows shift when the list changes meanwhile. */

import type { JsonObject, JsonValue } from '../singer/json.ts'

export interface PagingSettings {
  /** Newsletters on a page when the request does not say. @default 100 */
  newsletterLimit: number
  /** Newsletters on a page at most, whatever the request says. @default 1000 */
  newsletterMaxLimit: number
  /** Actions on a page. @default 10 */
  actionLimit: number
  /** Order of newsletters by `created` when the request does not say. @default 'asc' */
  newsletterSort: 'asc' | 'desc'
  /** What `next` is on the last page. @default 'empty' */
  lastNext: 'empty' | 'null' | 'absent'
  /** Whether the page with the last row has a cursor too, to a page without rows. @default false */
  hasTrailingPage: boolean
  /** What a list without any row is. @default 'array' */
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

/** The two groups encode to `+` and `/`; the end is filled up so that `=` follows. */
const CURSOR = /^00>00\?(\d+)~*$/

/** Text of a cursor: base64 that holds `+`, `/` and `=`, all of which a query must encode. */
export function encodeCursor(position: number): string {
  const text = `00>00?${position}`
  return Buffer.from(text.length % 3 === 0 ? `${text}~` : text).toString('base64')
}

/** Position of a cursor; undefined for anything that was not given out, a cursor in another case included. */
function decodeCursor(cursor: string): number | undefined {
  const position = CURSOR.exec(Buffer.from(cursor, 'base64').toString('latin1'))?.[1]
  if (position === undefined || encodeCursor(Number(position)) !== cursor) return undefined
  return Number(position)
}

export interface PageRequest {
  /** Wire name of the list. */
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

/** The list under its key, in the shape that a workspace without rows sends. */
export function listBody(
  key: string,
  rows: readonly JsonObject[],
  settings: PagingSettings,
): JsonObject {
  if (rows.length > 0 || settings.emptyList === 'array') return { [key]: [...rows] }
  return settings.emptyList === 'null' ? { [key]: null } : {}
}

/** Body of one page. A cursor that was never given out is answered with an empty last page, as the vendor does. */
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
