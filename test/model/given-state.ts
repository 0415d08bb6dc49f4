/** The state that the tap is given, which need not be the last one. */

import { isJsonObject, type JsonObject, type JsonValue } from '../../src/singer/json.ts'

/**
 * Which state the tap is given: the last one, none at all, as in a full refresh of Meltano, or the
 * last one as versions before the deletion guard wrote it.
 */
export type GivenState = 'last' | 'none' | 'older'

/** Keys that versions before the deletion guard did not write. */
const YOUNG_KEYS = ['start', 'rows', 'row_sample']

/** What the tap is given of the last state. */
export function givenState(state: JsonObject, given: GivenState): JsonObject {
  if (given === 'last') return state
  if (given === 'none') return {}
  const bookmarks = isJsonObject(state['bookmarks']) ? state['bookmarks'] : {}
  const older = Object.entries(bookmarks).map(([stream, bookmark]): [string, JsonValue] => [
    stream,
    isJsonObject(bookmark)
      ? Object.fromEntries(Object.entries(bookmark).filter(([key]) => !YOUNG_KEYS.includes(key)))
      : bookmark,
  ])
  return { ...state, bookmarks: Object.fromEntries(older) }
}
