/** Pure: whether a row that is read again can have changed since it was last written. */

import type { Ladder, Span } from './ages.ts'

/** A row can appear late, with older times, so younger rows are always written. */
const SETTLED_SECONDS = 86_400

export interface RowAges {
  /** Epoch seconds; undefined if the API sent no usable time. */
  createdSeconds: number | undefined
  /** When the row last changed, in epoch seconds; undefined if the API does not say. */
  changedSeconds: number | undefined
}

/**
 * True until a row was read when it was a day old, for the last read, and if the row changed after
 * it had the age of the rung before the one at which it was last read. That rung is the slack for a
 * change that is recorded late, with an earlier time.
 * @param ladder its marks before this read
 * @param readAtSeconds when the row was requested, or earlier
 */
export function canHaveChanged(
  { ages, marks }: Ladder,
  { createdSeconds, changedSeconds }: RowAges,
  readAtSeconds: number,
): boolean {
  if (createdSeconds === undefined || changedSeconds === undefined) return true
  const lastRead = marks.findLastIndex((mark) => mark >= createdSeconds)
  if (lastRead <= 0 || (ages[lastRead] ?? 0) < SETTLED_SECONDS) return true
  if (readAtSeconds - createdSeconds >= (ages.at(-1) ?? 0)) return true
  return changedSeconds >= createdSeconds + (ages[lastRead - 1] ?? 0)
}

/**
 * True if a window has rows that no sync has read yet and that are already too old to be written
 * again at the next ages.
 */
export function isFirstReadLate({ marks }: Ladder, window: Span, nowSeconds: number): boolean {
  const unreadFrom = Math.max(window.from, (marks[0] ?? -Infinity) + 1)
  return unreadFrom <= window.to && nowSeconds - unreadFrom >= SETTLED_SECONDS
}
