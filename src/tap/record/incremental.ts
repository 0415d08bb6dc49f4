/** Pure: where an incremental sync starts, and what passes. */

import { configuredStart } from '../../configured-start.ts'
import { MIN_EPOCH_MS } from '../../rfc3339.ts'
import type { TapConfig } from '../../schemas.generated.ts'
import type { JsonObject } from '../../singer/json.ts'
import type { Bookmark } from '../../singer/state.ts'
import { epochMsOf, updatedMsOf } from './record.ts'

/** A bookmark of ours never lies beyond the server's clock; this much is forgiven to servers whose clocks differ. */
const FUTURE_TOLERANCE_MS = 300_000

export interface Start {
  /** Epoch milliseconds; undefined where everything is read. */
  sinceMs?: number
  /** Start of the first sync, for the state: a number, or null where everything is in scope. */
  startMs: number | null
  /** The bookmark lay in the future and was not believed. */
  isBookmarkIgnored?: true
}

/** The later of the two is left out; undefined, which is no bound, is the earliest of all. */
function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.min(a, b)
}

function startAt(sinceMs: number | undefined, startMs = sinceMs): Start {
  return { ...(sinceMs !== undefined && { sinceMs }), startMs: startMs ?? null }
}

/**
 * Without a bookmark: `start_date` or `cutoff_days`, else everything; a first sync that was interrupted begins no later than it did. With
 * a bookmark neither counts any more: the read starts at the bookmark less the lookback, but not before the start of the first sync. A
 * bookmark that was set to an earlier time moves that start. A state of an older version does not hold it: then everything is in scope.
 * A bookmark from the future says nothing about what was read, so everything in scope is read.
 */
export function startOf(
  bookmark: Pick<Bookmark, 'valueMs' | 'startMs'>,
  config: TapConfig,
  startedAtMs: number,
): Start {
  const { valueMs, startMs } = bookmark
  const firstMs = startMs ?? undefined
  if (valueMs === undefined) {
    const configuredMs = configuredStart(config, startedAtMs)
    return startAt(startMs === undefined ? configuredMs : earlier(firstMs, configuredMs))
  }
  if (valueMs > startedAtMs + FUTURE_TOLERANCE_MS)
    return { ...startAt(firstMs), isBookmarkIgnored: true }
  const lookbackMs = config.lookback_seconds * 1000
  const sinceMs = Math.max(MIN_EPOCH_MS, Math.min(valueMs, startedAtMs) - lookbackMs)
  if (firstMs === undefined) return { sinceMs, startMs: null }
  const scopeMs = Math.min(firstMs, valueMs)
  return startAt(Math.max(sinceMs, scopeMs), scopeMs)
}

/**
 * Whether a raw object belongs to an incremental sync. One without a usable `updated` always does, and so do all children of a parent
 * that was created since: a duplicated campaign keeps the old times of its actions.
 */
export function passes(raw: JsonObject, sinceMs: number | undefined, parent?: JsonObject): boolean {
  if (sinceMs === undefined) return true
  const updatedMs = updatedMsOf(raw)
  if (updatedMs === undefined || updatedMs >= sinceMs) return true
  return isCreatedSince(parent, sinceMs)
}

function isCreatedSince(raw: JsonObject | undefined, sinceMs: number): boolean {
  const createdMs = raw && epochMsOf(raw['created'])
  return createdMs !== undefined && createdMs >= sinceMs
}

/** Whether a raw object is in scope: an earlier sync may have loaded it, for it, or its parent, is not older than the first sync's start. */
export function isInScope(raw: JsonObject, startMs: number | null, parent?: JsonObject): boolean {
  return startMs === null || passes(raw, startMs, parent) || isCreatedSince(raw, startMs)
}
