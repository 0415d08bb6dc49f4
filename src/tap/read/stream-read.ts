/** One read of a stream: the bounds that it begins with, and what it came to. */

import type { Bookmark, Seen } from '../../singer/state.ts'
import { startOf } from '../record/incremental.ts'
import type { StreamPlan } from '../plan.ts'
import type { RowCount } from './row-count.ts'
import type { SyncContext } from '../context.ts'
import type { OutputBounds, StreamOutput } from '../record/stream-output.ts'

export type Bounds = OutputBounds & { startedAtMs: number; isBookmarkIgnored?: boolean }

/** What reading a stream came to. */
export interface StreamRead {
  output: StreamOutput
  bounds: Bounds
  /** The rows that the source has, whether they passed or not. */
  rows: RowCount
  /** The mark for the next read. */
  seen?: Seen
  /** The mark for it where the read is only a part of one. */
  unfinishedSeen?: Seen
  unread?: Bookmark['unread']
  /** Some campaign was found. */
  hasRead?: boolean
  /** Nothing of what was left of an interrupted read was found: the read counts for nothing. */
  isDoubtful?: boolean
}

/** A version greater than the last one, whatever the clocks did. */
function nextVersion({ bookmark }: StreamPlan, startedAtMs: number): number {
  const last = Math.max(bookmark.version ?? 0, bookmark.progress?.version ?? 0)
  return Math.max(startedAtMs, last + 1)
}

/** The first sync's start in a state whose interrupted read may be of an older version, which did not keep it. */
function keptStart({ startMs, valueMs, progress }: Bookmark): number | null {
  if (startMs !== undefined) return startMs
  return valueMs === undefined ? (progress?.sinceMs ?? null) : null
}

/**
 * For once the server has answered: its clock counts. An interrupted read goes on with the bounds that it began with. Of FULL_TABLE
 * its rows get a new version: all campaigns are read once more, and what was deleted since it began is retired.
 */
function boundsOf(run: SyncContext, plan: StreamPlan): Bounds {
  const { startedAtMs: nowMs } = run.client
  const { progress } = plan.bookmark
  const startedAtMs = progress?.startedAtMs ?? nowMs
  const greatest = progress?.greatestMs === undefined ? {} : { greatestMs: progress.greatestMs }
  if (plan.method === 'FULL_TABLE') {
    return { startedAtMs, startMs: null, version: nextVersion(plan, nowMs), ...greatest }
  }
  if (!progress) return { startedAtMs, ...startOf(plan.bookmark, run.config, startedAtMs) }
  const { sinceMs } = progress
  const startMs = keptStart(plan.bookmark)
  const bounds = { startedAtMs, startMs, ...greatest, ...(sinceMs !== undefined && { sinceMs }) }
  return sinceMs === startMs ? unfiltered(bounds) : bounds
}

/**
 * The bounds of a read, known once the server has answered. Two things go into the state before any record is written, so that a read
 * that is killed and begun again later leaves no row stale: a new table version, and the start of a first sync, which the settings
 * would place later by then.
 */
export async function beginRead(run: SyncContext, plan: StreamPlan): Promise<Bounds> {
  const bounds = boundsOf(run, plan)
  const { version, startMs } = bounds
  if (isInFuture(plan, bounds)) {
    const stream = plan.definition.id
    run.logger.warn('start_date_in_future', '`start_date` lies in the future, so nothing passes.', {
      stream,
    })
  }
  const { bookmark } = plan
  if (version !== undefined) {
    plan.bookmark = { ...bookmark, version, startMs: null }
    await run.writeBookmark(plan, plan.bookmark)
  } else if (isFirst(bookmark) && typeof startMs === 'number' && startMs !== bookmark.startMs) {
    if (isInFuture(plan, bounds)) return bounds
    plan.bookmark = { ...bookmark, startMs }
    await run.writeBookmark(plan, plan.bookmark)
  }
  return bounds
}

/** The bounds for the campaigns that an interrupted read had finished, in the run that has read the rest. */
export function beginReadAgain(
  run: SyncContext,
  plan: StreamPlan,
  { bounds, output }: StreamRead,
): Bounds {
  const { startedAtMs } = run.client
  const { greatestMs, records } = output
  const { version } = bounds
  const own =
    version === undefined
      ? startOf(plan.bookmark, run.config, startedAtMs)
      : { startMs: null, version }
  return { startedAtMs, ...own, records, ...(greatestMs !== undefined && { greatestMs }) }
}

function isFirst({ valueMs, progress }: Bookmark): boolean {
  return valueMs === undefined && progress === undefined
}

/** True for a first sync that is to begin later than now: it reads nothing, and leaves no bookmark. */
export function isInFuture({ bookmark }: StreamPlan, { sinceMs, startedAtMs }: Bounds): boolean {
  return bookmark.valueMs === undefined && sinceMs !== undefined && sinceMs > startedAtMs
}

/** The bounds of the same read for all rows in scope, whatever their `updated` says of the time since the bookmark. */
export function unfiltered(bounds: Bounds): Bounds {
  if (bounds.version !== undefined) return bounds
  const { sinceMs: _sinceMs, ...others } = bounds
  const { startMs } = bounds
  return { ...others, isUnfiltered: true, ...(typeof startMs === 'number' && { sinceMs: startMs }) }
}
