/**
 * Which rows a sync may load, and must: worked out from the settings, the clock and the start that
 * the state keeps.
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../../src/singer/json.ts'
import { DAY_MS } from '../../src/time.ts'
import type { StreamName } from '../e2e/support/connection.ts'

export interface StartSettings {
  cutoffDays: number | null
  startDate: number | null
}

/** Where a first sync begins at an instant; undefined: everything is read. */
export function configuredStart(settings: StartSettings, nowMs: number): number | undefined {
  const { cutoffDays, startDate } = settings
  const starts = [
    ...(cutoffDays === null ? [] : [nowMs - cutoffDays * DAY_MS]),
    ...(startDate === null ? [] : [startDate * 1000]),
  ]
  return starts.length === 0 ? undefined : Math.max(...starts)
}

/** A number or a text of digits; undefined for "none". */
function instantOf(value: JsonValue | undefined): number | undefined {
  const seconds = typeof value === 'string' ? Number(value) : value
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined
}

/** A row of the API, with its campaign where it is an action. */
export interface Sourced {
  raw: JsonObject
  parent: JsonObject | undefined
}

/** True for a row that every complete sync must have loaded. */
export function mustBeLoaded({ raw, parent }: Sourced, startMs: number | undefined): boolean {
  if (startMs === undefined) return true
  const updatedMs = instantOf(raw['updated'])
  if (updatedMs === undefined || updatedMs >= startMs) return true
  return (instantOf(parent?.['created']) ?? 0) >= startMs
}

/** True for a row that a sync may load. */
export function mayBeLoaded(row: Sourced, startMs: number | undefined): boolean {
  return mustBeLoaded(row, startMs) || (instantOf(row.raw['created']) ?? 0) >= (startMs ?? 0)
}

/**
 * True for a row whose last edit bears a time before the start although it was made after it,
 * because the clock was set back.
 */
export function isBackdated({ raw }: Sourced, startMs: number, lagMs: number): boolean {
  const updatedMs = instantOf(raw['updated'])
  return updatedMs !== undefined && updatedMs < startMs && updatedMs >= startMs - lagMs
}

function bookmarkIn(state: JsonObject, stream: StreamName): JsonObject {
  const bookmarks = isJsonObject(state['bookmarks']) ? state['bookmarks'] : {}
  const bookmark = bookmarks[stream]
  return isJsonObject(bookmark) ? bookmark : {}
}

/** True where the state says how far the stream was read to its end. */
export function hasBookmark(state: JsonObject, stream: StreamName): boolean {
  return typeof bookmarkIn(state, stream)['replication_key_value'] === 'string'
}

/**
 * The first sync's start as the state has it: milliseconds, null for everything, undefined where
 * there was none.
 */
export function startIn(state: JsonObject, stream: StreamName): number | null | undefined {
  const { start } = bookmarkIn(state, stream)
  return typeof start === 'string' ? Date.parse(start) : start === null ? null : undefined
}

export interface StartCheck {
  stream: StreamName
  before: JsonObject
  after: JsonObject
  settings: StartSettings
  isFull: boolean
  /** Between which times of the servers the run was. */
  clock: { lowMs: number; highMs: number }
}

/** One sentence where the start of a stream became another one than the settings say, or moved. */
export function faultInStart(check: StartCheck): string | undefined {
  const { stream, before, after, settings, isFull, clock } = check
  const was = startIn(before, stream)
  const is = startIn(after, stream)
  if (was === is) return undefined
  const what = `state: the start of ${stream} went from ${was} to ${is}`
  if (isFull) return is === null ? undefined : what
  const bookmark = bookmarkIn(before, stream)['replication_key_value']
  // Of servers whose clocks differ the earliest counts, so the bookmark of a first sync may lie
  // before its start.
  if (typeof bookmark === 'string') return is === Date.parse(bookmark) ? undefined : what
  if (was === null || is === undefined) return what
  const low = configuredStart(settings, Math.floor(clock.lowMs / 1000) * 1000)
  const high = configuredStart(settings, clock.highMs)
  if (is === null || low === undefined || high === undefined)
    return is === null && low === undefined ? undefined : what
  return is >= low && is <= high && is <= (was ?? is) ? undefined : what
}
