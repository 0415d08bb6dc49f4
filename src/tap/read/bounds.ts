/** Pure: which rows one read of a stream writes, and which version it gives them. */

import type { TapConfig } from '../../schemas.generated.ts'
import type { Bookmark } from '../../singer/state.ts'
import type { StreamPlan } from '../plan.ts'
import { startOf } from '../record/incremental.ts'
import type { OutputBounds } from '../record/stream-output.ts'

export type Bounds = OutputBounds & { startedAtMs: number; isBookmarkIgnored?: boolean }

/**
 * What the bounds depend on besides the plan. `startedAtMs` is the start of the run by the server's
 * clock.
 */
export interface BoundsOptions {
  config: TapConfig
  startedAtMs: number
}

/** A version greater than the last one, whatever the clocks say. */
function nextVersion({ bookmark }: StreamPlan, startedAtMs: number): number {
  const last = Math.max(bookmark.version ?? 0, bookmark.progress?.version ?? 0)
  return Math.max(startedAtMs, last + 1)
}

/** The start of the first sync. The progress of an older version of the tap did not keep it. */
function keptStart({ startMs, valueMs, progress }: Bookmark): number | null {
  if (startMs !== undefined) return startMs
  return valueMs === undefined ? (progress?.sinceMs ?? null) : null
}

/**
 * An interrupted read keeps the bounds that it began with. With FULL_TABLE its rows get a new
 * version: all parents are read again, and rows that were deleted since it began are retired.
 */
export function boundsOf(plan: StreamPlan, { config, startedAtMs: nowMs }: BoundsOptions): Bounds {
  const { progress } = plan.bookmark
  const startedAtMs = progress?.startedAtMs ?? nowMs
  const greatest = progress?.greatestMs === undefined ? {} : { greatestMs: progress.greatestMs }
  if (plan.method === 'FULL_TABLE') {
    return { startedAtMs, startMs: null, version: nextVersion(plan, nowMs), ...greatest }
  }
  if (!progress) return { startedAtMs, ...startOf(plan.bookmark, config, startedAtMs) }
  const { sinceMs } = progress
  const startMs = keptStart(plan.bookmark)
  const bounds = { startedAtMs, startMs, ...greatest, ...(sinceMs !== undefined && { sinceMs }) }
  return sinceMs === startMs ? unfiltered(bounds) : bounds
}

/**
 * The bounds for the parents that an interrupted read had finished, after the run read the others.
 */
export function boundsOfRereading(
  plan: StreamPlan,
  { config, startedAtMs }: BoundsOptions,
  earlier: { version: number | undefined; greatestMs: number | undefined; records: number },
): Bounds {
  const { version, greatestMs, records } = earlier
  const start =
    version === undefined ? startOf(plan.bookmark, config, startedAtMs) : { startMs: null, version }
  return { startedAtMs, ...start, records, ...(greatestMs !== undefined && { greatestMs }) }
}

/** The same bounds for all rows in scope, without the filter on `updated`. */
export function unfiltered(bounds: Bounds): Bounds {
  if (bounds.version !== undefined) return bounds
  const { sinceMs: _sinceMs, ...others } = bounds
  const { startMs } = bounds
  return { ...others, isUnfiltered: true, ...(typeof startMs === 'number' && { sinceMs: startMs }) }
}

/** True for a first sync whose start is later than now: it reads nothing and saves no bookmark. */
export function startsInFuture(
  { bookmark }: StreamPlan,
  { sinceMs, startedAtMs }: Bounds,
): boolean {
  return bookmark.valueMs === undefined && sinceMs !== undefined && sinceMs > startedAtMs
}
