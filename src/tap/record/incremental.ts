/** Pure: where an incremental sync starts, and which objects it writes. */

import { configuredStart } from '../../config/configured-start.ts'
import { MIN_EPOCH_MS } from '../../rfc3339.ts'
import type { TapConfig } from '../../schemas.generated.ts'
import type { JsonObject } from '../../singer/json.ts'
import type { Bookmark } from '../../singer/state.ts'
import { epochMsOf, updatedMsOf } from './record.ts'

/**
 * Our bookmarks are never after the server's clock. This tolerance allows for servers whose clocks
 * differ.
 */
const FUTURE_TOLERANCE_MS = 300_000

export interface Start {
  /** Epoch milliseconds; undefined if everything is read. */
  sinceMs?: number
  /** Start of the first sync, for the state; null if everything is in scope. */
  startMs: number | null
  /** The bookmark is in the future. */
  isBookmarkIgnored?: true
}

/** The earlier of the two; undefined means no bound, which is the earliest. */
function earlier(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : Math.min(a, b)
}

function startAt(sinceMs: number | undefined, startMs = sinceMs): Start {
  return { ...(sinceMs !== undefined && { sinceMs }), startMs: startMs ?? null }
}

/**
 * Without a bookmark: `start_date` or `cutoff_days`, else everything. A first sync that was
 * interrupted does not begin later than before.
 *
 * With a bookmark: the bookmark minus the lookback, but not before the start of the first sync. A
 * bookmark that was manually set to an earlier time moves that start. The state of an older version
 * does not have it, so everything is in scope. A bookmark in the future proves nothing, so
 * everything in scope is read.
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
 * Whether a raw object is new since an instant: it was updated or created since, its `updated` is
 * not usable, or its parent was created since. A duplicated campaign keeps the old times of its
 * actions.
 */
export function isIncluded(
  raw: JsonObject,
  sinceMs: number | undefined,
  parent?: JsonObject,
): boolean {
  if (sinceMs === undefined) return true
  const updatedMs = updatedMsOf(raw)
  if (updatedMs === undefined || updatedMs >= sinceMs) return true
  return isCreatedSince(raw, sinceMs) || isCreatedSince(parent, sinceMs)
}

function isCreatedSince(raw: JsonObject | undefined, sinceMs: number): boolean {
  const createdMs = raw && epochMsOf(raw['created'])
  return createdMs !== undefined && createdMs >= sinceMs
}

/**
 * Whether a raw object is not older than the start of the first sync. The first sync writes exactly
 * these objects, so a later one never loads what the first one left out for its age.
 */
export function isInScope(raw: JsonObject, startMs: number | null, parent?: JsonObject): boolean {
  return isIncluded(raw, startMs ?? undefined, parent)
}
