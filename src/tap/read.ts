/** One read of a stream: the bounds that it begins with, and what it came to. */

import type { TapConfig } from '../schemas.generated.ts'
import type { Bookmark, Seen } from '../singer/state.ts'
import { configuredStart, startOf } from './incremental.ts'
import type { StreamPlan } from './plan.ts'
import type { TapRun } from './run.ts'
import type { OutputBounds, StreamOutput } from './stream-output.ts'

export type Bounds = OutputBounds & { startedAtMs: number; isBookmarkIgnored?: boolean }

/** What reading a stream came to. */
export interface Read {
  output: StreamOutput
  bounds: Bounds
  seen?: Seen
  unread?: Bookmark['unread']
  /** Nothing of what was left of an interrupted read was found: the read counts for nothing. */
  isDoubtful?: boolean
}

/** A version greater than the last one, whatever the clocks did. */
function nextVersion(plan: StreamPlan, startedAtMs: number): number {
  return Math.max(startedAtMs, (plan.bookmark.version ?? 0) + 1)
}

/** For once the server has answered: its clock counts. An interrupted read goes on with the bounds that it began with. */
function boundsOf(run: TapRun, plan: StreamPlan): Bounds {
  const { progress, valueMs } = plan.bookmark
  if (progress) return progress
  const { startedAtMs } = run.client
  if (plan.method === 'FULL_TABLE') return { startedAtMs, version: nextVersion(plan, startedAtMs) }
  return { startedAtMs, ...startOf(valueMs, run.config, startedAtMs) }
}

/**
 * The bounds of a read, known once the server has answered. A new table version goes into the state before any record carries it: a
 * read that is killed and begun again later never uses the same or a smaller one, and so retires what the killed one left.
 */
export async function begin(run: TapRun, plan: StreamPlan): Promise<Bounds> {
  const bounds = boundsOf(run, plan)
  const { version } = bounds
  if (bounds.sinceMs !== undefined && bounds.sinceMs > bounds.startedAtMs) {
    const stream = plan.definition.id
    run.logger.warn('`start_date` lies in the future, so nothing passes.', { stream })
  }
  if (version !== undefined && plan.bookmark.progress === undefined) {
    plan.bookmark = { ...plan.bookmark, version }
    await run.writeBookmark(plan, plan.bookmark)
  }
  return bounds
}

/** The bounds of the same read for all rows: without its filter, but for the configured start as it was at an instant. */
export function unfiltered(bounds: Bounds, config: TapConfig, atMs: number): Bounds {
  if (bounds.version !== undefined) return bounds
  const { sinceMs: _sinceMs, ...others } = bounds
  const sinceMs = configuredStart(config, atMs)
  return { ...others, ...(sinceMs !== undefined && { sinceMs }) }
}
