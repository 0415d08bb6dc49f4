/** What makes a read count: ACTIVATE_VERSION, where the deletion guard lets it pass, then the STATE with the new bookmark. */

import { AppError } from '../../errors.ts'
import { advanced, type Bookmark } from '../../singer/state.ts'
import type { StreamPlan } from '../plan.ts'
import { isInFuture, type StreamRead } from './stream-read.ts'
import { mergedSamples } from './row-count.ts'
import type { SyncContext } from '../context.ts'

const DEFAULT_MAX_DELETED_PERCENT = 50

/** True where the read retires rows. */
function isRetiring(run: SyncContext, { bounds }: StreamRead): boolean {
  return bounds.version !== undefined && run.config.emit_activate_version_messages
}

/** The error of a read that would retire too many of the rows that there were, else undefined. */
function deletionsRefused(
  run: SyncContext,
  plan: StreamPlan,
  { rows }: StreamRead,
): AppError | undefined {
  const maxPercent = run.config.max_deleted_percent ?? DEFAULT_MAX_DELETED_PERCENT
  const { rows: earlier, valueMs } = plan.bookmark
  // A state of an older version does not say how many rows there were, only that there were some.
  const isUnknown = earlier === undefined && valueMs !== undefined
  const lostPercent = isUnknown && rows.rows === 0 ? 100 : rows.lostPercent(earlier ?? 0)
  if (lostPercent <= maxPercent) return undefined
  const stream = plan.definition.id
  const had = isUnknown ? 'rows' : `${earlier} rows`
  const lost = Math.floor(lostPercent * 10) / 10
  return new AppError(
    'DELETIONS_REFUSED',
    `${stream} had ${had} at the last complete read and has ${rows.rows} now. At least ${lost} % of them would be retired, \`max_deleted_percent\` allows ${maxPercent}: none was.`,
    {
      hint: `If the rows were deleted on purpose, run customerio-sync resync ${stream} --allow-deletes once, or set \`max_deleted_percent\` to 100 for one sync.`,
      facts: { stream, rows: rows.rows },
    },
  )
}

/** Where the read leaves the value of the bookmark. */
function reached(
  run: SyncContext,
  plan: StreamPlan,
  { bounds, output }: StreamRead,
): number | undefined {
  const oldMs = bounds.isBookmarkIgnored ? undefined : plan.bookmark.valueMs
  if (isInFuture(plan, bounds)) return undefined
  const startedAtMs = Math.floor(Math.min(bounds.startedAtMs, run.client.startedAtMs) / 1000) * 1000
  const { sinceMs } = bounds
  return advanced(oldMs, {
    greatestMs: output.greatestMs,
    startedAtMs,
    sinceMs: sinceMs === undefined ? undefined : Math.min(sinceMs, startedAtMs),
  })
}

/** The rows that a target should hold now. A read that retires none never lowers their number: an empty answer is not believed later. */
function rowsAfter(
  run: SyncContext,
  plan: StreamPlan,
  read: StreamRead,
): Pick<Bookmark, 'rows' | 'rowSample'> {
  const { rows, sample } = read.rows
  if (isRetiring(run, read)) return { rows, rowSample: sample }
  const { rows: earlier, rowSample, valueMs } = plan.bookmark
  if (earlier === undefined && valueMs !== undefined && rows === 0) return {}
  return { rows: Math.max(earlier ?? 0, rows), rowSample: mergedSamples(rowSample, sample) }
}

function bookmarkAfter(run: SyncContext, plan: StreamPlan, read: StreamRead): Bookmark {
  const { bounds, seen, unread } = read
  const { version = bounds.version, startMs: oldStartMs } = plan.bookmark
  const valueMs = reached(run, plan, read)
  const startMs = isInFuture(plan, bounds) ? oldStartMs : bounds.startMs
  return {
    ...(valueMs !== undefined && { valueMs }),
    ...(startMs !== undefined && { startMs }),
    ...(version !== undefined && { version }),
    ...(seen && { seen }),
    ...(unread && { unread }),
  }
}

/** Throws DELETIONS_REFUSED, after a STATE from which the next read begins anew. */
async function retire(run: SyncContext, plan: StreamPlan, read: StreamRead): Promise<void> {
  const error = deletionsRefused(run, plan, read)
  if (error) {
    const { progress: _progress, ...bookmark } = plan.bookmark
    await run.writeBookmark(plan, bookmark)
    throw error
  }
  const stream = plan.definition.id
  const { version = 0 } = read.bounds
  await run.writer.writeMessage({ type: 'ACTIVATE_VERSION', stream, version })
}

/** Writes what makes a complete read count. Throws DELETIONS_REFUSED where it would retire too many rows. */
export async function finish(run: SyncContext, plan: StreamPlan, read: StreamRead): Promise<void> {
  if (isRetiring(run, read)) await retire(run, plan, read)
  if (read.bounds.isBookmarkIgnored) {
    run.logger.warn(
      'bookmark_in_future',
      'The bookmark lay in the future and was replaced; everything since the start of the first sync was read.',
      { stream: plan.definition.id },
    )
  }
  const bookmark = { ...bookmarkAfter(run, plan, read), ...rowsAfter(run, plan, read) }
  await run.writeBookmark(plan, bookmark)
}

/**
 * Completes an interrupted read, whose finished campaigns are read once more after it. Until that is done nothing is retired, and the
 * next read compares with the mark of the interrupted one. Returns the new bookmark.
 */
export async function finishInterrupted(
  run: SyncContext,
  plan: StreamPlan,
  { unfinishedSeen, ...read }: StreamRead,
): Promise<Bookmark> {
  const seen = unfinishedSeen && { seen: unfinishedSeen }
  const { rows, rowSample } = plan.bookmark
  const bookmark = {
    ...bookmarkAfter(run, plan, { ...read, ...seen }),
    ...(rows !== undefined && { rows }),
    ...(rowSample !== undefined && { rowSample }),
  }
  await run.writeBookmark(plan, bookmark)
  return bookmark
}
