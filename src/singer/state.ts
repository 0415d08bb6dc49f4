/**
 * The state document: pure functions from one document to the next. Unknown parts are kept
 * unchanged.
 */

import { AppError } from '../errors.ts'
import { formatEpochMs } from '../rfc3339.ts'
import { parseAgeMarks, printAgeMarks, type AgeMarks } from './age-marks.ts'
import { isJsonObject, JsonNumber, type JsonObject, type JsonValue } from './json.ts'
import { integerIn, timeIn, unusable } from './state-values.ts'

/** A complete state document, as in the `value` of a STATE message. */
export type StateDocument = JsonObject

/** Id of a row that a child stream is read for. */
export type ParentId = number | JsonNumber

/** How far an unfinished read is, and the bounds that it keeps when it is resumed. */
export interface Progress {
  /**
   * When the sync began by the server's clock, in epoch milliseconds: the bookmark's upper bound.
   */
  startedAtMs: number
  /** Start of the incremental read, in epoch milliseconds; undefined where everything is read. */
  sinceMs?: number
  /** Every parent up to this id is complete. */
  lastParentId: ParentId
  /** Greatest replication key value so far, in epoch milliseconds. */
  greatestMs?: number
  /** Table version of a FULL_TABLE read. */
  version?: number
  /** Of the list with which the read began. */
  fingerprint?: Fingerprint
}

/** The rows that a read of a list found: a digest of those that were created before an instant. */
export interface Fingerprint {
  /** Epoch milliseconds. */
  createdBeforeMs: number
  digest: string
  /** The list had one page, so no row can have been hidden between two pages. */
  isOnePage?: true
}

export interface Bookmark {
  /** Value of the replication key up to which everything is loaded, in epoch milliseconds. */
  valueMs?: number
  /**
   * Start of the first sync, in epoch milliseconds; older rows are out of scope. Null: no row is.
   */
  startMs?: number | null
  /**
   * Rows that a target should hold, from the last complete read. Reads that retire none only raise
   * it.
   */
  rows?: number
  /** A sample of these rows; see `RowCount`. */
  rowSample?: string
  /** Newest table version of a FULL_TABLE read. */
  version?: number
  progress?: Progress
  /** Of the list of the last complete read. */
  fingerprint?: Fingerprint
  /**
   * Parents whose children were not found. If the next sync finds them, it writes all of their
   * children.
   */
  unreadParents?: readonly ParentId[]
  /** Of a stream whose rows are read again at certain ages. */
  ages?: AgeMarks
}

/** The stream of a bookmark, and the names of its keys. */
export interface BookmarkPlace {
  stream: string
  /** Absent for a stream that is only read completely. */
  replicationKey?: string
  /** Word for a parent in the keys. Each of these words is read. @default 'parent' */
  parentWord?: 'parent' | 'campaign'
}

/**
 * Keys that a new bookmark replaces: our own, singer-io's and the Meltano SDK's progress markers.
 */
const REPLACED_KEYS = [
  'updated',
  'seen',
  'unread_campaigns',
  'unread_parents',
  'progress',
  'progress_markers',
  'replication_key_signpost',
  'starting_replication_value',
  'partitions',
]

function parseProgress(stream: string, value: JsonValue | undefined): Progress | undefined {
  if (value === undefined || value === null) return undefined
  const found = isJsonObject(value) ? value : {}
  const last = found['last_parent_id'] ?? found['last_campaign_id']
  const startedAtMs = timeIn(stream, found['started_at'])
  if (!isJsonObject(value) || startedAtMs === undefined || !isId(last)) {
    throw unusable(stream, 'a `progress` without started_at or last_parent_id')
  }
  const sinceMs = timeIn(stream, value['since'])
  const greatestMs = timeIn(stream, value['greatest'])
  const version = integerIn(stream, 'a version', value['version'])
  const fingerprint = parseFingerprint(stream, value['seen'])
  return {
    startedAtMs,
    lastParentId: last,
    ...(fingerprint && { fingerprint }),
    ...(sinceMs !== undefined && { sinceMs }),
    ...(greatestMs !== undefined && { greatestMs }),
    ...(version !== undefined && { version }),
  }
}

function parseFingerprint(stream: string, value: JsonValue | undefined): Fingerprint | undefined {
  if (!isJsonObject(value) || typeof value['digest'] !== 'string') return undefined
  const createdBeforeMs = timeIn(stream, value['before'])
  if (createdBeforeMs === undefined) return undefined
  const isOnePage = value['one_page'] === true
  return { createdBeforeMs, digest: value['digest'], ...(isOnePage && { isOnePage }) }
}

function isId(value: JsonValue | undefined): value is ParentId {
  return typeof value === 'number' || value instanceof JsonNumber
}

function bookmarksOf(state: StateDocument): JsonObject {
  const bookmarks = state['bookmarks']
  return isJsonObject(bookmarks) ? bookmarks : {}
}

/** True for a state without bookmarks that is not empty: the state of another program. */
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
        hint: 'Pass the `value` of a STATE message, not the whole message.',
      },
    )
  }
  return document
}

/** A value of another replication key is ignored. */
function valueIn(stream: string, found: JsonObject, replicationKey: string): number | undefined {
  const key = found['replication_key'] ?? replicationKey
  const value = found['replication_key_value'] ?? found[replicationKey]
  return key === replicationKey ? timeIn(stream, value) : undefined
}

/**
 * The stream's bookmark, in our format, the Meltano SDK's or singer-io's (`{"updated": "..."}`).
 * Throws STATE_INVALID for an invalid value.
 */
export function bookmarkOf(
  state: StateDocument,
  stream: string,
  replicationKey: string | undefined,
): Bookmark {
  const bookmarks = bookmarksOf(state)
  const found = Object.hasOwn(bookmarks, stream) ? bookmarks[stream] : undefined
  if (found === undefined || found === null) return {}
  if (!isJsonObject(found)) throw unusable(stream, 'a bookmark that is not an object')
  const valueMs = replicationKey && valueIn(stream, found, replicationKey)
  const startMs = found['start'] === null ? null : timeIn(stream, found['start'])
  const rows = integerIn(stream, 'a number of rows', found['rows'])
  const version = integerIn(stream, 'a version', found['version'])
  const progress = parseProgress(stream, found['progress'])
  const fingerprint = parseFingerprint(stream, found['seen'])
  const ages = parseAgeMarks(stream, found['ages'])
  const { row_sample: rowSample } = found
  const unreadParents = found['unread_parents'] ?? found['unread_campaigns']
  return {
    ...(typeof valueMs === 'number' && { valueMs }),
    ...(startMs !== undefined && { startMs }),
    ...(rows !== undefined && { rows }),
    ...(typeof rowSample === 'string' && { rowSample }),
    ...(version !== undefined && { version }),
    ...(progress && { progress }),
    ...(fingerprint && { fingerprint }),
    ...(Array.isArray(unreadParents) && { unreadParents: unreadParents.filter(isId) }),
    ...(ages && { ages }),
  }
}

function printProgress(progress: Progress, parentWord: string): JsonObject {
  const { startedAtMs, sinceMs, greatestMs, version, fingerprint } = progress
  return {
    started_at: formatEpochMs(startedAtMs),
    since: sinceMs === undefined ? null : formatEpochMs(sinceMs),
    [`last_${parentWord}_id`]: progress.lastParentId,
    greatest: greatestMs === undefined ? null : formatEpochMs(greatestMs),
    version: version ?? null,
    seen: fingerprint ? printFingerprint(fingerprint) : null,
  }
}

function printFingerprint({ createdBeforeMs, digest, isOnePage }: Fingerprint): JsonObject {
  return { before: formatEpochMs(createdBeforeMs), digest, ...(isOnePage && { one_page: true }) }
}

/** Our keys that a bookmark can lose, with the value that stands for none. */
const EMPTY_VALUES: JsonObject = {
  progress: null,
  seen: null,
  unread_campaigns: [],
  unread_parents: [],
}

/**
 * The document with the stream's bookmark replaced and everything else unchanged. A key of ours
 * that loses its value gets an empty one instead of being left out, because Meltano merges states
 * during a full refresh and would keep the old value.
 */
export function withBookmark(
  state: StateDocument,
  at: BookmarkPlace,
  bookmark: Bookmark,
): StateDocument {
  const bookmarks = bookmarksOf(state)
  const old = Object.hasOwn(bookmarks, at.stream) ? bookmarks[at.stream] : undefined
  const kept = Object.entries(isJsonObject(old) ? old : {}).filter(
    ([key]) => !REPLACED_KEYS.includes(key) && key !== at.replicationKey,
  )
  const emptied = Object.entries(EMPTY_VALUES).filter(
    ([key]) => isJsonObject(old) && Object.hasOwn(old, key),
  )
  const { valueMs, startMs, rows, rowSample, version, progress } = bookmark
  const { fingerprint, unreadParents = [], ages } = bookmark
  const { replicationKey, parentWord = 'parent' } = at
  const next: JsonObject = {
    ...Object.fromEntries([...kept, ...emptied]),
    ...(replicationKey !== undefined && {
      replication_key: replicationKey,
      replication_key_value: valueMs === undefined ? null : formatEpochMs(valueMs),
    }),
    ...(startMs !== undefined && { start: startMs === null ? null : formatEpochMs(startMs) }),
    ...(rows !== undefined && { rows }),
    ...(rowSample !== undefined && { row_sample: rowSample }),
    ...(version !== undefined && { version }),
    ...(progress && { progress: printProgress(progress, parentWord) }),
    ...(fingerprint && { seen: printFingerprint(fingerprint) }),
    ...(unreadParents.length > 0 && { [`unread_${parentWord}s`]: [...unreadParents] }),
    ...(ages && { ages: printAgeMarks(ages) }),
  }
  return { ...state, bookmarks: { ...bookmarks, [at.stream]: next } }
}

/**
 * The bookmark value after a complete read: never after the start of the sync, never before the old
 * value, and never before the start of a first read. Undefined for a first read whose start is in
 * the future.
 */
export function advanced(
  oldMs: number | undefined,
  read: { greatestMs: number | undefined; startedAtMs: number; sinceMs: number | undefined },
): number | undefined {
  const { greatestMs, startedAtMs, sinceMs } = read
  if (oldMs === undefined && sinceMs !== undefined && sinceMs > startedAtMs) return undefined
  const floorMs = oldMs ?? sinceMs
  if (greatestMs === undefined) return floorMs
  const reachedMs = Math.min(greatestMs, startedAtMs)
  return floorMs === undefined ? reachedMs : Math.max(floorMs, reachedMs)
}
