/**
 * The instants at which a cron expression fires in a zone. Clock changes follow cron(8):
 *
 * - Times that the clock skips (spring) get one replacement tick, at the first minute after the
 *   change. It moves to 15 minutes after the previous tick if that is later. It is left out when
 *   the expression has a regular tick less than 15 minutes later.
 * - Times that the clock shows twice (autumn) fire the first time only.
 * - An expression that matches every hour follows elapsed time: it fires in both passes of a
 *   repeated hour, and a skipped hour takes no time. Only a skip of more than three hours (a
 *   country that crosses the date line) gets a replacement tick.
 *
 * cron(8) exempts every expression with `*` in its hour or minute field. Here only expressions that
 * match every hour are exempt: one for every quarter of hour 2 would otherwise skip a whole day.
 *
 * Pure: the same instants for the same expression, zone and tz data.
 */

import { HOUR_MS, MINUTE_MS } from '../../time.ts'
import { nextWallTime, type Cron } from './cron.ts'
import type { OffsetChange, Zone } from './zone.ts'

/** Expressions with closer ticks are refused, and replacement ticks keep this distance. */
export const MIN_GAP_MS = 15 * MINUTE_MS

/** cron(8) treats a larger step of the clock as a correction, not as daylight saving time. */
const MAX_DST_STEP_MS = 3 * HOUR_MS

/** The longest stretch that a clock has ever repeated: a day, at the date line. */
const MAX_REPEAT_MS = 26 * HOUR_MS

export interface CronInZone {
  cron: Cron
  zone: Zone
}

/** True when the clock has shown the wall time of this instant before. */
function isRepeated(zone: Zone, instant: number): boolean {
  return zone
    .changesIn(instant - MAX_REPEAT_MS, instant)
    .some(({ at, before, after }) => instant + after < at + before)
}

/** The first instant after this one whose wall time matches. */
function nextRegularTick({ cron, zone }: CronInZone, after: number): number | undefined {
  let instant = Math.floor(after / MINUTE_MS) * MINUTE_MS + MINUTE_MS
  for (;;) {
    const offset = zone.offsetAt(instant)
    const wallTime = nextWallTime(cron, instant + offset)
    if (wallTime === undefined) return undefined
    const tick = wallTime - offset
    const [change] = zone.changesIn(instant, tick)
    if (change) instant = change.at
    else if (cron.isEveryHour || !isRepeated(zone, tick)) return tick
    else instant = tick + MINUTE_MS
  }
}

/** The tick that replaces the times which this change skips, if it skips any. */
function replacementTick(
  schedule: CronInZone,
  { at, before, after }: OffsetChange,
): number | undefined {
  const skippedMs = after - before
  if (skippedMs <= 0) return undefined
  if (schedule.cron.isEveryHour && skippedMs <= MAX_DST_STEP_MS) return undefined
  const skipped = nextWallTime(schedule.cron, at + before)
  if (skipped === undefined || skipped >= at + after) return undefined
  const previous = nextRegularTick(schedule, at - MIN_GAP_MS)
  const tick = previous !== undefined && previous < at ? previous + MIN_GAP_MS : at
  const next = nextRegularTick(schedule, at - MINUTE_MS)
  return next !== undefined && next < tick + MIN_GAP_MS ? undefined : tick
}

/** The first tick after the instant. Undefined only when no year has one. */
export function nextCronTick(schedule: CronInZone, after: number): number | undefined {
  const regular = nextRegularTick(schedule, after)
  // A replacement tick can be up to the minimum gap later than its change.
  for (const change of schedule.zone.changesIn(after - MIN_GAP_MS, regular ?? after)) {
    const tick = replacementTick(schedule, change)
    if (tick !== undefined && tick > after) return tick
  }
  return regular
}
