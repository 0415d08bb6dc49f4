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
  /** Senders per page without `limit`. @default 100 */
  senderLimit: number
  /** Most senders per page, whatever `limit` says. @default 1000 */
  senderMaxLimit: number
  /**
   * What `hidden=true` lists: only the hidden senders, as observed, or the others as well, as
   * documented. @default 'only'
   */
  hiddenSenders: 'only' | 'also'
  /** Whether the last page of senders has a cursor when it is full, as observed. @default true */
  hasTrailingSenders: boolean
  /** Messages per page without `limit`. @default 50 */
  messageLimit: number
  /** Most messages per page, whatever `limit` says. @default 1000 */
  messageMaxLimit: number
  /** Order of messages by `created`. @default 'desc' */
  messageSort: 'asc' | 'desc'
  /**
   * Longest range of messages, counted back from its end. A longer one is cut, as documented for
   * 6 months. @default 183
   */
  messageRangeDays: number
  /**
   * Whether a cursor past the last message gives the first page with its `next`, as observed.
   * Otherwise an empty last page. @default true
   */
  isPastMessageFirst: boolean
  /** Order of newsletters by `created` without `sort`. @default 'asc' */
  newsletterSort: 'asc' | 'desc'
  /** Form of `next` on the last page. @default 'empty' */
  lastNext: 'empty' | 'null' | 'absent'
  /** Whether the page with the last row has a cursor to an empty page. @default false */
  hasTrailingPage: boolean
  /** Form of a list without rows. @default 'observed': null for collections, otherwise an array */
  emptyList: 'observed' | 'array' | 'null' | 'absent'
}

export const DEFAULT_PAGING: PagingSettings = {
  newsletterLimit: 100,
  newsletterMaxLimit: 1000,
  actionLimit: 10,
  senderLimit: 100,
  senderMaxLimit: 1000,
  hiddenSenders: 'only',
  hasTrailingSenders: true,
  messageLimit: 50,
  messageMaxLimit: 1000,
  messageSort: 'desc',
  messageRangeDays: 183,
  isPastMessageFirst: true,
  newsletterSort: 'asc',
  lastNext: 'empty',
  hasTrailingPage: false,
  emptyList: 'observed',
}

/** Keys of the lists that were observed to be null without rows. */
const NULL_WHEN_EMPTY: readonly string[] = ['collections']

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
export function decodeCursor(cursor: string): number | undefined {
  const position = CURSOR.exec(Buffer.from(cursor, 'base64').toString('latin1'))?.[1]
  if (position === undefined || encodeCursor(Number(position)) !== cursor) return undefined
  return Number(position)
}

export interface PageRequest {
  /** Key of the list in the body. */
  key: string
  start: string | null
  limit: number
  /** Whether a full last page has a cursor. @default false */
  isFullPageFollowed?: boolean
}

/** Rows per page. A `limit` that is no positive integer is ignored. */
export function limitOf(query: URLSearchParams, fallback: number, most: number): number {
  const asked = Number(query.get('limit') ?? Number.NaN)
  return Math.min(Number.isSafeInteger(asked) && asked > 0 ? asked : fallback, most)
}

/** How the last page says that no other follows. */
export function lastNext(settings: PagingSettings): Record<string, JsonValue> {
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
  if (rows.length > 0) return { [key]: [...rows] }
  switch (settings.emptyList) {
    case 'observed':
      return { [key]: NULL_WHEN_EMPTY.includes(key) ? null : [] }
    case 'array':
      return { [key]: [] }
    case 'null':
      return { [key]: null }
    case 'absent':
      return {}
  }
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
  const hasTrailing =
    (settings.hasTrailingPage && page.length > 0) ||
    (request.isFullPageFollowed === true && page.length === request.limit)
  const hasNext = end < rows.length || hasTrailing
  const next = hasNext ? { next: encodeCursor(end) } : lastNext(settings)
  if (position > 0) return { [request.key]: page, ...next }
  return { ...listBody(request.key, page, settings), ...next }
}
