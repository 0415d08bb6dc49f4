/** Which rows a sync may and must load, by its settings, its clock and the state's start. */

import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/singer/json.ts'
import { DAY_MS } from '../../../src/time.ts'
import type { StreamName } from '../../e2e/support/connection.ts'

export interface StartSettings {
  cutoffDays: number | null
  /** Epoch seconds. */
  startDate: number | null
}

/** Where a first sync at an instant begins. Undefined: it reads everything. */
export function configuredStart(settings: StartSettings, nowMs: number): number | undefined {
  const { cutoffDays, startDate } = settings
  const starts = [
    ...(cutoffDays === null ? [] : [nowMs - cutoffDays * DAY_MS]),
    ...(startDate === null ? [] : [startDate * 1000]),
  ]
  return starts.length === 0 ? undefined : Math.max(...starts)
}

/** Epoch milliseconds of seconds as a number or a string of digits. Undefined for no time. */
function instantOf(value: JsonValue | undefined): number | undefined {
  const seconds = typeof value === 'string' ? Number(value) : value
  return typeof seconds === 'number' && seconds > 0 ? seconds * 1000 : undefined
}

export interface SourceRow {
  /** As in the API's response. */
  raw: JsonObject
  /** The campaign of an action. */
  parent: JsonObject | undefined
}

/** Whether every complete sync must have loaded the row. */
export function mustBeLoaded({ raw, parent }: SourceRow, startMs: number | undefined): boolean {
  if (startMs === undefined) return true
  const updatedMs = instantOf(raw['updated'])
  if (updatedMs === undefined || updatedMs >= startMs) return true
  return (instantOf(parent?.['created']) ?? 0) >= startMs
}

/** Whether a sync may load the row. */
export function mayBeLoaded(row: SourceRow, startMs: number | undefined): boolean {
  return mustBeLoaded(row, startMs) || (instantOf(row.raw['created']) ?? 0) >= (startMs ?? 0)
}

/** Whether the last edit may have a time before the start because the clock was set back. */
export function isBackdated({ raw }: SourceRow, startMs: number, lagMs: number): boolean {
  const updatedMs = instantOf(raw['updated'])
  return updatedMs !== undefined && updatedMs < startMs && updatedMs >= startMs - lagMs
}

function bookmarkIn(state: JsonObject, stream: StreamName): JsonObject {
  const bookmarks = isJsonObject(state['bookmarks']) ? state['bookmarks'] : {}
  const bookmark = bookmarks[stream]
  return isJsonObject(bookmark) ? bookmark : {}
}

/** Whether the stream was read completely before. */
export function hasBookmark(state: JsonObject, stream: StreamName): boolean {
  return typeof bookmarkIn(state, stream)['replication_key_value'] === 'string'
}

/** The first sync's start in epoch milliseconds: null for everything, undefined for none. */
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
  /** Earliest and latest time of the servers during the run. */
  clock: { lowMs: number; highMs: number }
}

/** One sentence when the start of a stream moved, or does not match the settings. */
export function startViolation(check: StartCheck): string | undefined {
  const { stream, before, after, settings, isFull, clock } = check
  const was = startIn(before, stream)
  const is = startIn(after, stream)
  if (was === is) return undefined
  const violation = `state: the start of ${stream} changed from ${was} to ${is}`
  if (isFull) return is === null ? undefined : violation
  const bookmark = bookmarkIn(before, stream)['replication_key_value']
  // The earliest clock of several servers counts, so a first bookmark may be before its start.
  if (typeof bookmark === 'string') return is === Date.parse(bookmark) ? undefined : violation
  if (was === null || is === undefined) return violation
  const low = configuredStart(settings, Math.floor(clock.lowMs / 1000) * 1000)
  const high = configuredStart(settings, clock.highMs)
  if (is === null || low === undefined || high === undefined)
    return is === null && low === undefined ? undefined : violation
  return is >= low && is <= high && is <= (was ?? is) ? undefined : violation
}
