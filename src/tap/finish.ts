/** What makes a read count: ACTIVATE_VERSION, then the STATE with the new bookmark. */

import { advanced, type Bookmark } from '../singer/state.ts'
import type { StreamPlan } from './plan.ts'
import { isInFuture, type Read } from './read.ts'
import type { TapRun } from './run.ts'

/** Where the read leaves the value of the bookmark. */
function reached(run: TapRun, plan: StreamPlan, { bounds, output }: Read): number | undefined {
  const oldMs = bounds.isBookmarkIgnored ? undefined : plan.bookmark.valueMs
  if (oldMs === undefined && isInFuture(bounds)) return undefined
  const startedAtMs = Math.floor(Math.min(bounds.startedAtMs, run.client.startedAtMs) / 1000) * 1000
  const { sinceMs } = bounds
  return advanced(oldMs, {
    greatestMs: output.greatestMs,
    startedAtMs,
    sinceMs: sinceMs === undefined ? undefined : Math.min(sinceMs, startedAtMs),
  })
}

function bookmarkAfter(run: TapRun, plan: StreamPlan, read: Read): Bookmark {
  const { bounds, seen, unread } = read
  const { version = bounds.version, startMs: oldStartMs } = plan.bookmark
  const valueMs = reached(run, plan, read)
  const startMs = isInFuture(bounds) ? oldStartMs : bounds.startMs
  return {
    ...(valueMs !== undefined && { valueMs }),
    ...(startMs !== undefined && { startMs }),
    ...(version !== undefined && { version }),
    ...(seen && { seen }),
    ...(unread && { unread }),
  }
}

/** Writes what makes a complete read count. */
export async function finish(run: TapRun, plan: StreamPlan, read: Read): Promise<void> {
  const { version } = read.bounds
  if (version !== undefined && run.config.emit_activate_version_messages !== false) {
    const stream = plan.definition.id
    await run.writer.writeMessage({ type: 'ACTIVATE_VERSION', stream, version })
  }
  if (read.bounds.isBookmarkIgnored) {
    run.logger.warn(
      'The bookmark lay in the future and was replaced; everything since the start of the first sync was read.',
      { stream: plan.definition.id },
    )
  }
  await run.writeBookmark(plan, bookmarkAfter(run, plan, read))
}

/**
 * Completes an interrupted read, whose finished campaigns are read once more after it. Until that is done nothing is retired, and the
 * next read compares with the mark of the interrupted one. Returns the new bookmark.
 */
export async function finishInterrupted(
  run: TapRun,
  plan: StreamPlan,
  { unfinishedSeen, ...read }: Read,
): Promise<Bookmark> {
  const seen = unfinishedSeen && { seen: unfinishedSeen }
  const bookmark = bookmarkAfter(run, plan, { ...read, ...seen })
  await run.writeBookmark(plan, bookmark)
  return bookmark
}
