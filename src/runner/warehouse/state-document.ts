/** The STATE of a connection as the runner handles it: whole documents, one stream's bookmark at a time, and whose it is. */

import { AppError } from '../../errors.ts'
import { isJsonObject, parseJson, type JsonObject, type JsonValue } from '../../singer/json.ts'
import { bookmarkOf, parseState, type StateDocument } from '../../singer/state.ts'
import { STREAM_NAMES } from '../../streams/index.ts'

/** Our own key in the document. The tap hands it through, so every commit in the warehouse says to which connection it belongs. */
const OWNER_KEY = 'customerio_sync'
const REPLICATION_KEY = 'updated'

function objectAt(document: JsonObject, key: string): JsonObject {
  const value = Object.hasOwn(document, key) ? document[key] : undefined
  return isJsonObject(value) ? value : {}
}

function jsonOf(text: string): JsonValue | undefined {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** The document of a printed STATE; empty for none. Throws STATE_INVALID. */
export function readState(text: string): StateDocument {
  return text.trim() === '' ? {} : parseState(jsonOf(text) ?? null)
}

/** What a printed STATE says, usable or not; empty where it is no object. */
export function readAnyState(text: string): StateDocument {
  const document = jsonOf(text)
  return isJsonObject(document) ? document : {}
}

/** A whole document that is to be gone on from. Throws STATE_INVALID for one that says nothing of bookmarks, or what no tap can read. */
export function parseWholeState(document: JsonValue): StateDocument {
  const state = parseState(document)
  if (!isJsonObject(state['bookmarks'])) {
    throw new AppError('STATE_INVALID', 'The state has no `bookmarks`.', {
      hint: 'Name the stream to set its bookmark alone. To read all again: customerio-sync state reset.',
    })
  }
  for (const stream of STREAM_NAMES) bookmarkOf(state, stream, REPLICATION_KEY)
  return state
}

/** The connection that a document belongs to. */
export interface Owner {
  name: string
  id: string | undefined
}

/** Whose the document is, if it says so. */
export function ownerOf(state: StateDocument): Owner | undefined {
  const { connection: name, id } = objectAt(state, OWNER_KEY)
  if (typeof name !== 'string') return undefined
  return { name, id: typeof id === 'string' ? id : undefined }
}

export function withOwner(state: StateDocument, { name, id }: Owner): StateDocument {
  return { ...state, [OWNER_KEY]: { connection: name, ...(id !== undefined && { id }) } }
}

/** The bookmark's time as it stands there, or null. */
export function bookmarkText(state: StateDocument, stream: string): string | null {
  const bookmark = objectAt(objectAt(state, 'bookmarks'), stream)
  const value = bookmark['replication_key_value'] ?? bookmark['updated']
  return typeof value === 'string' ? value : null
}

/** The start of the stream's first sync as it stands there; null where everything was read, undefined where it is not known. */
export function firstStartText(state: StateDocument, stream: string): string | null | undefined {
  const { start } = objectAt(objectAt(state, 'bookmarks'), stream)
  return typeof start === 'string' || start === null ? start : undefined
}

/** True when the bookmark says of any row that it is loaded. */
export function hasPosition(state: StateDocument, stream: string): boolean {
  const { progress } = objectAt(objectAt(state, 'bookmarks'), stream)
  return bookmarkText(state, stream) !== null || isJsonObject(progress)
}

/** The bookmark of one stream, `{}` where it has none. */
export function readOneBookmark(state: StateDocument, stream: string): JsonObject {
  return objectAt(objectAt(state, 'bookmarks'), stream)
}

/** The document with the bookmark of one stream replaced; all else as it was. Throws STATE_INVALID for what says nothing, or no tap can read. */
export function withBookmarkOf(
  state: StateDocument,
  stream: string,
  bookmark: JsonObject,
): StateDocument {
  if (Object.hasOwn(bookmark, 'bookmarks')) {
    throw new AppError('STATE_INVALID', `This is a whole state, not the bookmark of ${stream}.`, {
      hint: 'Leave out the stream to set it.',
    })
  }
  const next = { ...state, bookmarks: { ...objectAt(state, 'bookmarks'), [stream]: bookmark } }
  if (Object.keys(bookmarkOf(next, stream, REPLICATION_KEY)).length > 0) return next
  throw new AppError('STATE_INVALID', `The bookmark does not say how far ${stream} is.`, {
    hint: `It holds \`replication_key_value\`. To read the stream again: customerio-sync state reset ${stream}.`,
  })
}

/** The document without the bookmarks of the streams; all else as it was. */
export function withoutBookmarks(state: StateDocument, streams: readonly string[]): StateDocument {
  const bookmarks = Object.entries(objectAt(state, 'bookmarks'))
  return {
    ...state,
    bookmarks: Object.fromEntries(bookmarks.filter(([stream]) => !streams.includes(stream))),
  }
}

/** The document without what it says of unfinished reads, so that each stream is read whole again; all else as it was. */
export function withoutProgress(state: StateDocument): StateDocument {
  const bookmarks = Object.entries(objectAt(state, 'bookmarks')).map(([stream, bookmark]) => {
    if (!isJsonObject(bookmark)) return [stream, bookmark]
    const { progress: _progress, ...rest } = bookmark
    return [stream, rest]
  })
  return { ...state, bookmarks: Object.fromEntries(bookmarks) as JsonObject }
}
