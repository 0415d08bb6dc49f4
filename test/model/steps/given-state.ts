/** The state that a run of the tap starts from, which need not be the last one. */

import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/singer/json.ts'

/**
 * `none` is a full refresh by Meltano. `older` is the last state as versions without the deletion
 * guard wrote it.
 */
export type GivenState = 'last' | 'none' | 'older'

/** Bookmark keys that came with the deletion guard. */
const GUARD_KEYS = ['start', 'rows', 'row_sample']

/** Derives the state to start from. */
export function givenState(state: JsonObject, given: GivenState): JsonObject {
  if (given === 'last') return state
  if (given === 'none') return {}
  const bookmarks = isJsonObject(state['bookmarks']) ? state['bookmarks'] : {}
  const older = Object.entries(bookmarks).map(([stream, bookmark]): [string, JsonValue] => [
    stream,
    isJsonObject(bookmark)
      ? Object.fromEntries(Object.entries(bookmark).filter(([key]) => !GUARD_KEYS.includes(key)))
      : bookmark,
  ])
  return { ...state, bookmarks: Object.fromEntries(older) }
}
