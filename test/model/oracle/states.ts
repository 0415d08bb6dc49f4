/** What must hold for the STATE messages of one run. */

import type { JsonObject } from '../../../src/singer/json.ts'

function bookmarksIn(state: JsonObject): Record<string, JsonObject> {
  return (state['bookmarks'] ?? {}) as Record<string, JsonObject>
}

function valueMs(bookmark: JsonObject | undefined): number | undefined {
  const value = bookmark?.['replication_key_value']
  return typeof value === 'string' ? Date.parse(value) : undefined
}

/**
 * One sentence for each STATE that drops a key, moves a bookmark back, or moves one past the start
 * of the run.
 */
export function stateViolations(
  first: JsonObject,
  states: readonly JsonObject[],
  latestStartMs: number,
): string[] {
  const violations: string[] = []
  const latest = Math.floor(latestStartMs / 1000) * 1000
  let last = first
  for (const state of states) {
    for (const name of Object.keys(last)) {
      if (!Object.hasOwn(state, name)) violations.push(`state: ${name} was dropped`)
    }
    const bookmarks = bookmarksIn(state)
    for (const [stream, old] of Object.entries(bookmarksIn(last))) {
      const was = valueMs(old)
      const is = valueMs(bookmarks[stream])
      if (!bookmarks[stream]) violations.push(`state: the bookmark of ${stream} was dropped`)
      if (was !== undefined && (is === undefined || is < was))
        violations.push(`state: the bookmark of ${stream} moved back`)
    }
    for (const [stream, bookmark] of Object.entries(bookmarks)) {
      if ((valueMs(bookmark) ?? 0) > latest)
        violations.push(`state: the bookmark of ${stream} passed the start of the run`)
    }
    last = state
  }
  return violations
}
