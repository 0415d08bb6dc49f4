/** The state document: pure functions from one whole document to the next. What they do not understand goes through unchanged. */

import { AppError } from '../errors.ts'
import { formatEpochMs, parseEpochMs } from '../rfc3339.ts'
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from './json.ts'

/** A whole state document, as in a STATE message's `value`. */
export type StateDocument = JsonObject

/** How far an unfinished stream got, and the bounds that it keeps when it goes on. */
export interface Progress {
  /** When the sync began by the server's clock, in epoch milliseconds: the bookmark's upper bound. */
  startedAtMs: number
  /** Start of the incremental read, in epoch milliseconds; undefined where everything is read. */
  sinceMs?: number
  /** Every campaign up to this id is finished. */
  lastCampaignId: number | JsonNumber
  /** Greatest replication key seen so far, in epoch milliseconds. */
  greatestMs?: number
  /** Table version of a FULL_TABLE read. */
  version?: number
  /** What the read saw when it began; the mark for the next one. */
  seen?: Seen
}

/** Which rows a paged read saw: a digest of those created before an instant. */
export interface Seen {
  /** Epoch milliseconds. */
  beforeMs: number
  digest: string
  /** The rows came in one page, so that none of them can have hidden from the read. */
  isOnePage?: true
}

export interface Bookmark {
  /** Value of the replication key up to which everything is loaded, in epoch milliseconds. */
  valueMs?: number
  /** Start of the first sync, in epoch milliseconds: what is older stays out of scope. Null: everything is in scope. */
  startMs?: number | null
  /** Rows that a target should hold: those of the last complete read. Reads that retire nothing only raise it. */
  rows?: number
  /** A sample of them; see `RowCount`. */
  rowSample?: string
  /** Newest table version of a FULL_TABLE read. */
  version?: number
  progress?: Progress
  seen?: Seen
  /** Campaigns whose actions were not found: should they still be there at the next sync, all of their actions are new to us. */
  unread?: readonly (number | JsonNumber)[]
}

/** Keys that a new bookmark replaces: our own, singer-io's and the Meltano SDK's running marks. */
const REPLACED_KEYS = [
  'updated',
  'seen',
  'unread_campaigns',
  'progress',
  'progress_markers',
  'replication_key_signpost',
  'starting_replication_value',
  'partitions',
]

function unusable(stream: string, what: string): AppError {
  return new AppError('STATE_INVALID', `The state of ${stream} holds ${what}.`, {
    hint: 'Correct it, or remove the bookmark to read the stream from its start.',
  })
}

function timeIn(stream: string, value: JsonValue | undefined): number | undefined {
  if (value === undefined || value === null) return undefined
  const epochMs = typeof value === 'string' ? parseEpochMs(value) : undefined
  if (epochMs === undefined) throw unusable(stream, 'a time that is no RFC 3339 text')
  return epochMs
}

function integerIn(
  stream: string,
  what: 'a version' | 'a number of rows',
  value: JsonValue | undefined,
): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
    throw unusable(stream, `${what} that is no integer`)
  }
  return value
}

function parseProgress(stream: string, value: JsonValue | undefined): Progress | undefined {
  if (value === undefined || value === null) return undefined
  const last = isJsonObject(value) ? value['last_campaign_id'] : undefined
  const startedAtMs = isJsonObject(value) ? timeIn(stream, value['started_at']) : undefined
  if (!isJsonObject(value) || startedAtMs === undefined || !isId(last)) {
    throw unusable(stream, 'a `progress` without started_at or last_campaign_id')
  }
  const sinceMs = timeIn(stream, value['since'])
  const greatestMs = timeIn(stream, value['greatest'])
  const version = integerIn(stream, 'a version', value['version'])
  const seen = parseSeen(stream, value['seen'])
  return {
    startedAtMs,
    lastCampaignId: last,
    ...(seen && { seen }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(greatestMs !== undefined && { greatestMs }),
    ...(version !== undefined && { version }),
  }
}

function parseSeen(stream: string, value: JsonValue | undefined): Seen | undefined {
  if (!isJsonObject(value) || typeof value['digest'] !== 'string') return undefined
  const beforeMs = timeIn(stream, value['before'])
  if (beforeMs === undefined) return undefined
  const isOnePage = value['one_page'] === true
  return { beforeMs, digest: value['digest'], ...(isOnePage && { isOnePage }) }
}

function isId(value: JsonValue | undefined): value is number | JsonNumber {
  return typeof value === 'number' || value instanceof JsonNumber
}

function bookmarksOf(state: StateDocument): JsonObject {
  const bookmarks = state['bookmarks']
  return isJsonObject(bookmarks) ? bookmarks : {}
}

/** True for a document that says something, but nothing of bookmarks: another program's state. */
export function isForeign(state: StateDocument): boolean {
  return Object.keys(state).length > 0 && !isJsonObject(state['bookmarks'])
}

/** Checks that a document is a state. Throws STATE_INVALID. */
export function parseState(document: JsonValue): StateDocument {
  const bookmarks = isJsonObject(document) ? document['bookmarks'] : undefined
  const isMessage =
    isJsonObject(document) && document['type'] === 'STATE' && isJsonObject(document['value'])
  if (
    !isJsonObject(document) ||
    isMessage ||
    !(bookmarks === undefined || bookmarks === null || isJsonObject(bookmarks))
  ) {
    throw new AppError(
      'STATE_INVALID',
      'The state must be an object whose `bookmarks` is an object.',
      {
        hint: 'Pass the value of a STATE message, not the message.',
      },
    )
  }
  return document
}

/**
 * The stream's bookmark, in our form, the Meltano SDK's or singer-io's (`{"updated": "..."}`).
 * A value of another replication key is no bookmark. Throws STATE_INVALID for what cannot be understood.
 */
export function bookmarkOf(state: StateDocument, stream: string, replicationKey: string): Bookmark {
  const bookmarks = bookmarksOf(state)
  const found = Object.hasOwn(bookmarks, stream) ? bookmarks[stream] : undefined
  if (found === undefined || found === null) return {}
  if (!isJsonObject(found)) throw unusable(stream, 'a bookmark that is no object')
  const key = found['replication_key'] ?? replicationKey
  const value = found['replication_key_value'] ?? found[replicationKey]
  const valueMs = key === replicationKey ? timeIn(stream, value) : undefined
  const startMs = found['start'] === null ? null : timeIn(stream, found['start'])
  const rows = integerIn(stream, 'a number of rows', found['rows'])
  const version = integerIn(stream, 'a version', found['version'])
  const progress = parseProgress(stream, found['progress'])
  const seen = parseSeen(stream, found['seen'])
  const { unread_campaigns: unread, row_sample: rowSample } = found
  return {
    ...(valueMs !== undefined && { valueMs }),
    ...(startMs !== undefined && { startMs }),
    ...(rows !== undefined && { rows }),
    ...(typeof rowSample === 'string' && { rowSample }),
    ...(version !== undefined && { version }),
    ...(progress && { progress }),
    ...(seen && { seen }),
    ...(Array.isArray(unread) && { unread: unread.filter(isId) }),
  }
}

function printProgress(progress: Progress): JsonObject {
  const { startedAtMs, sinceMs, greatestMs, version, seen } = progress
  return {
    started_at: formatEpochMs(startedAtMs),
    since: sinceMs === undefined ? null : formatEpochMs(sinceMs),
    last_campaign_id: progress.lastCampaignId,
    greatest: greatestMs === undefined ? null : formatEpochMs(greatestMs),
    version: version ?? null,
    seen: seen ? printSeen(seen) : null,
  }
}

function printSeen({ beforeMs, digest, isOnePage }: Seen): JsonObject {
  return { before: formatEpochMs(beforeMs), digest, ...(isOnePage && { one_page: true }) }
}

/** Our keys that a bookmark can lose, with what stands there when it has lost them. */
const LOSABLE: JsonObject = { progress: null, seen: null, unread_campaigns: [] }

/**
 * The document with the stream's bookmark replaced, and everything else as it was. A key of ours that stood there and has no value any
 * more says so instead of being left out: where Meltano merges states, as in a full refresh, what is left out stays as it was.
 */
export function withBookmark(
  state: StateDocument,
  at: { stream: string; replicationKey: string },
  bookmark: Bookmark,
): StateDocument {
  const bookmarks = bookmarksOf(state)
  const old = Object.hasOwn(bookmarks, at.stream) ? bookmarks[at.stream] : undefined
  const kept = Object.entries(isJsonObject(old) ? old : {}).filter(
    ([key]) => !REPLACED_KEYS.includes(key),
  )
  const lost = Object.entries(LOSABLE).filter(
    ([key]) => isJsonObject(old) && Object.hasOwn(old, key),
  )
  const { valueMs, startMs, rows, rowSample, version, progress, seen, unread = [] } = bookmark
  const next: JsonObject = {
    ...Object.fromEntries([...kept, ...lost]),
    replication_key: at.replicationKey,
    replication_key_value: valueMs === undefined ? null : formatEpochMs(valueMs),
    ...(startMs !== undefined && { start: startMs === null ? null : formatEpochMs(startMs) }),
    ...(rows !== undefined && { rows }),
    ...(rowSample !== undefined && { row_sample: rowSample }),
    ...(version !== undefined && { version }),
    ...(progress && { progress: printProgress(progress) }),
    ...(seen && { seen: printSeen(seen) }),
    ...(unread.length > 0 && { unread_campaigns: [...unread] }),
  }
  return { ...state, bookmarks: { ...bookmarks, [at.stream]: next } }
}

/**
 * Where a finished read leaves its bookmark: never beyond the sync's start, never back, and never before the start of a first read. A
 * first read whose start lies in the future has read nothing, so it leaves none.
 */
export function advanced(
  oldMs: number | undefined,
  seen: { greatestMs: number | undefined; startedAtMs: number; sinceMs: number | undefined },
): number | undefined {
  const { greatestMs, startedAtMs, sinceMs } = seen
  if (oldMs === undefined && sinceMs !== undefined && sinceMs > startedAtMs) return undefined
  const floorMs = oldMs ?? sinceMs
  if (greatestMs === undefined) return floorMs
  const reached = Math.min(greatestMs, startedAtMs)
  return floorMs === undefined ? reached : Math.max(floorMs, reached)
}
