/** The STATE of a connection as the runner handles it: whole documents, one stream's bookmark at a time, and whose it is. */

import { isJsonObject, parseJson, type JsonObject } from '../singer/json.ts'
import { bookmarkOf, parseState, type StateDocument } from '../singer/state.ts'

/** Our own key in the document. The tap hands it through, so every commit in the warehouse says to which connection it belongs. */
const OWNER_KEY = 'customerio_sync'

function objectAt(document: JsonObject, key: string): JsonObject {
  const value = Object.hasOwn(document, key) ? document[key] : undefined
  return isJsonObject(value) ? value : {}
}

/** The document of a printed STATE; empty for none. Throws STATE_INVALID. */
export function readState(text: string): StateDocument {
  return text.trim() === '' ? {} : parseState(parseJson(text))
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

/** True when the bookmark says of any row that it is loaded. */
export function hasPosition(state: StateDocument, stream: string): boolean {
  const { progress } = objectAt(objectAt(state, 'bookmarks'), stream)
  return bookmarkText(state, stream) !== null || isJsonObject(progress)
}

/** The bookmark of one stream, `{}` where it has none. */
export function readOneBookmark(state: StateDocument, stream: string): JsonObject {
  return objectAt(objectAt(state, 'bookmarks'), stream)
}

/** The document with the bookmark of one stream replaced; all else as it was. Throws STATE_INVALID for one that no tap can read. */
export function withBookmarkOf(
  state: StateDocument,
  stream: string,
  bookmark: JsonObject,
): StateDocument {
  const next = { ...state, bookmarks: { ...objectAt(state, 'bookmarks'), [stream]: bookmark } }
  bookmarkOf(next, stream, 'updated')
  return next
}

/** The document without the bookmarks of the streams; all else as it was. */
export function withoutBookmarks(state: StateDocument, streams: readonly string[]): StateDocument {
  const bookmarks = Object.entries(objectAt(state, 'bookmarks'))
  return {
    ...state,
    bookmarks: Object.fromEntries(bookmarks.filter(([stream]) => !streams.includes(stream))),
  }
}
