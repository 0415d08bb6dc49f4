/**
 * Every bookmark that a read saves, in the order in which it saves them:
 *
 * 1. `saveStart`, before the first record, only if a later read depends on it;
 * 2. `saveProgress`, after each parent;
 * 3. `saveResumed`, when the rest of an interrupted read is complete;
 * 4. `saveFinished`, when the read is complete, or `saveRefused`, when the deletion guard refuses
 * it.
 */

import { advanced, type Bookmark, type Progress } from '../../singer/state.ts'
import type { SyncContext } from '../context.ts'
import type { StreamPlan } from '../plan.ts'
import { startsInFuture, type Bounds } from './bounds.ts'
import { retiresRows } from './deletion-guard.ts'
import { mergedSamples } from './row-count.ts'
import type { StreamRead } from './stream-read.ts'

async function save(
  context: SyncContext,
  plan: StreamPlan,
  bookmark: Bookmark,
): Promise<StreamPlan> {
  await context.writeBookmark(plan, bookmark)
  return { ...plan, bookmark }
}

/** What a later read must know if this one is killed; undefined if it needs nothing. */
function bookmarkAtStart(plan: StreamPlan, bounds: Bounds): Bookmark | undefined {
  const { bookmark } = plan
  const { version, startMs } = bounds
  if (version !== undefined) return { ...bookmark, version, startMs: null }
  const isFirst = bookmark.valueMs === undefined && bookmark.progress === undefined
  const isNewStart = isFirst && typeof startMs === 'number' && startMs !== bookmark.startMs
  return isNewStart && !startsInFuture(plan, bounds) ? { ...bookmark, startMs } : undefined
}

/**
 * Saves a new table version, and the start of a first sync, which the settings would make later by
 * the next run. A read that is killed and begun again then leaves no stale row.
 */
export async function saveStart(
  context: SyncContext,
  plan: StreamPlan,
  bounds: Bounds,
): Promise<StreamPlan> {
  const bookmark = bookmarkAtStart(plan, bounds)
  return bookmark ? save(context, plan, bookmark) : plan
}

/** Saves how far an unfinished read is. */
export async function saveProgress(
  context: SyncContext,
  plan: StreamPlan,
  { progress, unreadParents }: { progress: Progress } & Pick<Bookmark, 'unreadParents'>,
): Promise<void> {
  await save(context, plan, {
    ...plan.bookmark,
    progress,
    ...(unreadParents && { unreadParents }),
  })
}

/** The replication key value up to which everything is read. */
function valueAfter(
  context: SyncContext,
  { plan, bounds, output }: StreamRead,
): number | undefined {
  if (startsInFuture(plan, bounds)) return undefined
  const oldMs = bounds.isBookmarkIgnored ? undefined : plan.bookmark.valueMs
  const earliestMs = Math.min(bounds.startedAtMs, context.client.startedAtMs)
  const startedAtMs = Math.floor(earliestMs / 1000) * 1000
  const { sinceMs } = bounds
  return advanced(oldMs, {
    greatestMs: output.greatestMs,
    startedAtMs,
    sinceMs: sinceMs === undefined ? undefined : Math.min(sinceMs, startedAtMs),
  })
}

function bookmarkAfter(context: SyncContext, read: StreamRead): Bookmark {
  const { plan, bounds, fingerprint, unreadParents } = read
  const { version = bounds.version, startMs: oldStartMs } = plan.bookmark
  const valueMs = valueAfter(context, read)
  const startMs = startsInFuture(plan, bounds) ? oldStartMs : bounds.startMs
  return {
    ...(valueMs !== undefined && { valueMs }),
    ...(startMs !== undefined && { startMs }),
    ...(version !== undefined && { version }),
    ...(fingerprint && { fingerprint }),
    ...(unreadParents && { unreadParents }),
  }
}

/**
 * The rows that a target should hold now. A read that retires none never lowers their number, so
 * that an empty response does not blind the deletion guard.
 */
function rowsAfter(context: SyncContext, read: StreamRead): Pick<Bookmark, 'rows' | 'rowSample'> {
  const { rows, sample } = read.rows
  if (retiresRows(context.config, read.bounds)) return { rows, rowSample: sample }
  const { rows: earlierRows, rowSample, valueMs } = read.plan.bookmark
  if (earlierRows === undefined && valueMs !== undefined && rows === 0) return {}
  return { rows: Math.max(earlierRows ?? 0, rows), rowSample: mergedSamples(rowSample, sample) }
}

/**
 * Saves that the rest of an interrupted read is complete. The parents that it had finished are
 * read again next; until then nothing is retired, so the number of rows stays.
 */
export async function saveResumed(context: SyncContext, read: StreamRead): Promise<StreamPlan> {
  const { rows, rowSample } = read.plan.bookmark
  return save(context, read.plan, {
    ...bookmarkAfter(context, read),
    ...(rows !== undefined && { rows }),
    ...(rowSample !== undefined && { rowSample }),
  })
}

/** Saves the bookmark of a complete read. */
export async function saveFinished(context: SyncContext, read: StreamRead): Promise<void> {
  await save(context, read.plan, { ...bookmarkAfter(context, read), ...rowsAfter(context, read) })
}

/** Saves a bookmark without progress, so that the next read starts from the beginning. */
export async function saveRefused(context: SyncContext, { plan }: StreamRead): Promise<void> {
  const { progress: _progress, ...bookmark } = plan.bookmark
  await save(context, plan, bookmark)
}
