/** Pure: where an incremental sync starts, and which objects it writes. */

import { configuredStart } from '../../config/configured-start.ts'
import { MIN_EPOCH_MS } from '../../rfc3339.ts'
import type { TapConfig } from '../../schemas.generated.ts'
import type { JsonObject } from '../../singer/json.ts'
import type { Bookmark } from '../../singer/state.ts'
import type { Changes } from '../../streams/definition.ts'
import { epochMsOf, positionMsOf } from './record.ts'

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

/** The times of a raw object, in epoch milliseconds; undefined if they are not usable. */
export interface RowTimes {
  /** Replication key value. */
  positionMs: number | undefined
  createdMs: number | undefined
  parentCreatedMs: number | undefined
}

export function timesOf(
  raw: JsonObject,
  { replicationKey, createdField }: Pick<Changes, 'replicationKey' | 'createdField'>,
  parentCreatedMs?: number,
): RowTimes {
  return {
    positionMs: positionMsOf(raw, replicationKey),
    createdMs: createdMsOf(raw, createdField),
    parentCreatedMs,
  }
}

/** When the object was created; undefined if the API does not say. */
export function createdMsOf(raw: JsonObject, createdField: string | undefined): number | undefined {
  return createdField === undefined ? undefined : epochMsOf(raw[createdField])
}

/**
 * Whether a raw object is new since an instant: it was updated or created since, its replication
 * key is not usable, or its parent was created since. A duplicated campaign keeps the old times of
 * its actions.
 */
export function isIncluded(times: RowTimes, sinceMs: number | undefined): boolean {
  const { positionMs, createdMs = -Infinity, parentCreatedMs = -Infinity } = times
  if (sinceMs === undefined || positionMs === undefined) return true
  return Math.max(positionMs, createdMs, parentCreatedMs) >= sinceMs
}

/**
 * Whether a raw object is not older than the start of the first sync. The first sync writes exactly
 * these objects, so a later one never loads what the first one left out for its age.
 */
export function isInScope(times: RowTimes, startMs: number | null): boolean {
  return isIncluded(times, startMs ?? undefined)
}
