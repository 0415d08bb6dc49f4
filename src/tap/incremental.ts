/** Pure: where an incremental sync starts, and what passes. */

import { MIN_EPOCH_MS, parseEpochMs } from '../rfc3339.ts'
import type { TapConfig } from '../schemas.generated.ts'
import type { JsonObject } from '../singer/json.ts'
import { epochMsOf, updatedMsOf } from './record.ts'

const DAY_MS = 86_400_000
/** A bookmark of ours never lies beyond the server's clock; this much is forgiven to servers whose clocks differ. */
const FUTURE_TOLERANCE_MS = 300_000

export interface Start {
  /** Epoch milliseconds; undefined where everything is read. */
  sinceMs?: number
  /** The bookmark lay in the future and was not believed. */
  isBookmarkIgnored?: true
}

/** The later of `start_date` and `cutoff_days` before the sync; undefined where neither is set. */
export function configuredStart(config: TapConfig, startedAtMs: number): number | undefined {
  const starts = [
    config.start_date === undefined ? undefined : parseEpochMs(config.start_date),
    config.cutoff_days === undefined ? undefined : startedAtMs - config.cutoff_days * DAY_MS,
  ].filter((start) => start !== undefined)
  return starts.length === 0 ? undefined : Math.max(MIN_EPOCH_MS, ...starts)
}

/**
 * With a bookmark: bookmark less the lookback, and the cutoff never moves it. Without one: `start_date` or `cutoff_days`, else everything.
 * A bookmark from the future says nothing about what was read, so it counts as none.
 */
export function startOf(
  bookmarkMs: number | undefined,
  config: TapConfig,
  startedAtMs: number,
): Start {
  const isBookmarkIgnored =
    bookmarkMs !== undefined && bookmarkMs > startedAtMs + FUTURE_TOLERANCE_MS
  if (bookmarkMs !== undefined && !isBookmarkIgnored) {
    const lookbackMs = (config.lookback_seconds ?? 60) * 1000
    return { sinceMs: Math.max(MIN_EPOCH_MS, Math.min(bookmarkMs, startedAtMs) - lookbackMs) }
  }
  const sinceMs = configuredStart(config, startedAtMs)
  return {
    ...(sinceMs !== undefined && { sinceMs }),
    ...(isBookmarkIgnored && { isBookmarkIgnored }),
  }
}

/**
 * Whether a raw object belongs to an incremental sync. One without a usable `updated` always does, and so do all children of a parent
 * that was created since: a duplicated campaign keeps the old times of its actions.
 */
export function passes(raw: JsonObject, sinceMs: number | undefined, parent?: JsonObject): boolean {
  if (sinceMs === undefined) return true
  const updatedMs = updatedMsOf(raw)
  if (updatedMs === undefined || updatedMs >= sinceMs) return true
  const parentCreatedMs = parent && epochMsOf(parent['created'])
  return parentCreatedMs !== undefined && parentCreatedMs >= sinceMs
}
