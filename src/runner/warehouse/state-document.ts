/**
 * Pure: reads and edits the STATE of a connection: whole documents, the bookmark of one stream, and
 * the owner.
 */

import { AppError } from '../../errors.ts'
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../singer/json.ts'
import { bookmarkOf, parseState, type StateDocument } from '../../singer/state.ts'
import { STREAM_NAMES, STREAMS } from '../../streams/index.ts'

/**
 * Our own key in the document. The tap passes it through, so every commit says which connection it
 * belongs to.
 */
const OWNER_KEY = 'customerio_sync'

function objectAt(document: JsonObject, key: string): JsonObject {
  const value = Object.hasOwn(document, key) ? document[key] : undefined
  return isJsonObject(value) ? value : {}
}

/** Undefined for a stream that is only read completely, and for none of ours. */
function replicationKeyOf(stream: string): string | undefined {
  return STREAMS.find(({ id }) => id === stream)?.replicationKey
}

function tryParseJson(text: string): JsonValue | undefined {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** Parses a printed STATE; `{}` for none. Throws STATE_INVALID. */
export function readState(text: string): StateDocument {
  return text.trim() === '' ? {} : parseState(tryParseJson(text) ?? null)
}

/** Parses a printed STATE, valid or not; `{}` when it is not an object. */
export function readAnyState(text: string): StateDocument {
  const document = tryParseJson(text)
  return isJsonObject(document) ? document : {}
}

/** Throws STATE_INVALID for a bookmark of these streams that the tap cannot read. */
export function assertReadable(state: StateDocument, streams: readonly string[]): void {
  for (const stream of streams) bookmarkOf(state, stream, replicationKeyOf(stream))
}

/**
 * Validates a whole document to resume from. Throws STATE_INVALID when it has no bookmarks, or one
 * that the tap cannot read.
 */
export function parseWholeState(document: JsonValue): StateDocument {
  const state = parseState(document)
  if (!isJsonObject(state['bookmarks'])) {
    throw new AppError('STATE_INVALID', 'The state has no `bookmarks`.', {
      hint: 'To set the bookmark of one stream, name the stream. To read everything again: customerio-sync state reset.',
    })
  }
  assertReadable(state, STREAM_NAMES)
  return state
}

/** The connection that a document belongs to. */
export interface Owner {
  name: string
  id: string | undefined
}

/** The owner in the document, if it has one. */
export function ownerOf(state: StateDocument): Owner | undefined {
  const { connection: name, id } = objectAt(state, OWNER_KEY)
  if (typeof name !== 'string') return undefined
  return { name, id: typeof id === 'string' ? id : undefined }
}

export function withOwner(state: StateDocument, { name, id }: Owner): StateDocument {
  return { ...state, [OWNER_KEY]: { connection: name, ...(id !== undefined && { id }) } }
}

/** The time of the bookmark as written, or null. */
export function bookmarkText(state: StateDocument, stream: string): string | null {
  const bookmark = objectAt(objectAt(state, 'bookmarks'), stream)
  const value = bookmark['replication_key_value'] ?? bookmark[replicationKeyOf(stream) ?? 'updated']
  return typeof value === 'string' ? value : null
}

/**
 * The start of the stream's first sync as written: null when it read everything, undefined when it
 * is unknown.
 */
export function firstStartText(state: StateDocument, stream: string): string | null | undefined {
  const { start } = objectAt(objectAt(state, 'bookmarks'), stream)
  return typeof start === 'string' || start === null ? start : undefined
}

/** True when the bookmark says that any row is loaded. */
export function hasPosition(state: StateDocument, stream: string): boolean {
  const { progress, rows } = objectAt(objectAt(state, 'bookmarks'), stream)
  if (bookmarkText(state, stream) !== null || isJsonObject(progress)) return true
  return replicationKeyOf(stream) === undefined && typeof rows === 'number' && rows > 0
}

/** The bookmark of one stream; `{}` for none. */
export function readOneBookmark(state: StateDocument, stream: string): JsonObject {
  return objectAt(objectAt(state, 'bookmarks'), stream)
}

/**
 * Replaces the bookmark of one stream. Throws STATE_INVALID for an empty bookmark, or one that the
 * tap cannot read.
 */
export function withBookmarkOf(
  state: StateDocument,
  stream: string,
  bookmark: JsonObject,
): StateDocument {
  if (Object.hasOwn(bookmark, 'bookmarks')) {
    throw new AppError('STATE_INVALID', `This is a whole state, not the bookmark of ${stream}.`, {
      hint: 'To set a whole state, leave out the stream.',
    })
  }
  const next = { ...state, bookmarks: { ...objectAt(state, 'bookmarks'), [stream]: bookmark } }
  const replicationKey = replicationKeyOf(stream)
  if (Object.keys(bookmarkOf(next, stream, replicationKey)).length > 0) return next
  const missing = replicationKey === undefined ? 'rows' : 'replication_key_value'
  throw new AppError('STATE_INVALID', `The bookmark of ${stream} has no \`${missing}\`.`, {
    hint: `Add it. To read the stream again: customerio-sync state reset ${stream}.`,
  })
}

/** Streams of which rows are loaded now, and none according to the next state. */
export function droppedBookmarks(state: StateDocument, next: StateDocument): string[] {
  return Object.keys(objectAt(state, 'bookmarks')).filter(
    (stream) => hasPosition(state, stream) && !hasPosition(next, stream),
  )
}

/** Removes the bookmarks of the streams. */
export function withoutBookmarks(state: StateDocument, streams: readonly string[]): StateDocument {
  const bookmarks = Object.entries(objectAt(state, 'bookmarks'))
  return {
    ...state,
    bookmarks: Object.fromEntries(bookmarks.filter(([stream]) => !streams.includes(stream))),
  }
}

/** Removes the progress of interrupted reads, so that each stream is read from its bookmark. */
export function withoutProgress(state: StateDocument): StateDocument {
  const bookmarks = Object.entries(objectAt(state, 'bookmarks')).map(([stream, bookmark]) => {
    if (!isJsonObject(bookmark)) return [stream, bookmark]
    const { progress: _progress, ...rest } = bookmark
    return [stream, rest]
  })
  return { ...state, bookmarks: Object.fromEntries(bookmarks) as JsonObject }
}
