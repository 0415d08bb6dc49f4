/** Pure: the marks of the rungs in the state, and where they start. */

import { configuredStart } from '../../config/configured-start.ts'
import type { TapConfig } from '../../schemas.generated.ts'
import type { Bookmark } from '../../singer/state.ts'
import { ageSeconds, type Ladder } from './ages.ts'

/** For how long Customer.io keeps deliveries: 6 months. */
export const KEPT_DAYS = 183
const DAY_SECONDS = 86_400
/** For servers whose clocks differ. */
const FUTURE_TOLERANCE_SECONDS = 300

function secondsOf(epochMs: number): number {
  return Math.floor(epochMs / 1000)
}

export interface LadderStart {
  ladder: Ladder
  /** Start of the first sync, in epoch seconds: no older row is read. */
  startSeconds: number
  /** Nothing was read before. */
  isFirst: boolean
  /** A mark was in the future, so everything since the start is read again. */
  isBookmarkIgnored: boolean
}

/** `start_date` or `cutoff_days`, else 183 days ago. An interrupted first sync starts no later. */
function firstStart({ startMs }: Bookmark, config: TapConfig, nowSeconds: number): number {
  const configuredMs = configuredStart(config, nowSeconds * 1000)
  const wanted = configuredMs === undefined ? keptSince(nowSeconds) : secondsOf(configuredMs)
  const start = typeof startMs === 'number' ? Math.min(secondsOf(startMs), wanted) : wanted
  return Math.max(0, start)
}

/** The instant before which Customer.io may hold nothing, in epoch seconds. */
export function keptSince(nowSeconds: number): number {
  return nowSeconds - KEPT_DAYS * DAY_SECONDS
}

/** The start of the first sync. A state that does not have it says nothing about older rows. */
function knownStart({ startMs }: Bookmark, value: number): number {
  return typeof startMs === 'number'
    ? Math.min(secondsOf(startMs), value + 1)
    : Math.max(0, keptSince(value))
}

/**
 * A rung that the state does not have starts at the mark of the next older one: those rows were
 * read at a greater age. Without an older one it starts where the first sync did.
 */
function marksIn(
  { ages: known = {}, valueMs = 0 }: Bookmark,
  ages: readonly string[],
  startSeconds: number,
): number[] {
  const value = secondsOf(valueMs)
  let older = startSeconds - 1
  const marks = ages.toReversed().map((age) => {
    const knownMs = known[age]
    const mark = knownMs === undefined ? older : secondsOf(knownMs)
    older = Math.max(older, mark)
    return Math.min(mark, value)
  })
  return marks.toReversed()
}

/**
 * Where the rungs continue. A bookmark that was manually set to an earlier time moves them all back
 * to it, and to a later time, the first one. One without ages reads all kept rows again.
 * `lookback_seconds` has no effect: the rungs are the lookback.
 */
export function ladderStart(
  bookmark: Bookmark,
  ages: readonly string[],
  { config, nowSeconds }: { config: TapConfig; nowSeconds: number },
): LadderStart {
  const seconds = ages.map(ageSeconds)
  const { valueMs } = bookmark
  if (valueMs === undefined) {
    const startSeconds = firstStart(bookmark, config, nowSeconds)
    const marks = ages.map(() => startSeconds - 1)
    return {
      ladder: { ages: seconds, marks },
      startSeconds,
      isFirst: true,
      isBookmarkIgnored: false,
    }
  }
  const value = secondsOf(valueMs)
  const known = ages.map((age) => secondsOf(bookmark.ages?.[age] ?? 0))
  const isBookmarkIgnored = Math.max(value, ...known) > nowSeconds + FUTURE_TOLERANCE_SECONDS
  if (isBookmarkIgnored) {
    const startSeconds = knownStart(bookmark, nowSeconds)
    const marks = ages.map(() => startSeconds - 1)
    return { ladder: { ages: seconds, marks }, startSeconds, isFirst: false, isBookmarkIgnored }
  }
  const startSeconds = knownStart(bookmark, value)
  const [, ...olderMarks] = marksIn(bookmark, ages, startSeconds)
  const marks = [value, ...olderMarks]
  return { ladder: { ages: seconds, marks }, startSeconds, isFirst: false, isBookmarkIgnored }
}

/** The bookmark with these marks. Marks of ages that are not read stay. */
export function bookmarkWith(
  bookmark: Bookmark,
  {
    ages,
    marks,
    startSeconds,
  }: { ages: readonly string[]; marks: readonly number[] } & Pick<LadderStart, 'startSeconds'>,
): Bookmark {
  const [first = startSeconds] = marks
  const printed = Object.fromEntries(ages.map((age, at) => [age, (marks[at] ?? first) * 1000]))
  return {
    ...bookmark,
    valueMs: first * 1000,
    startMs: startSeconds * 1000,
    ages: { ...bookmark.ages, ...printed },
  }
}
