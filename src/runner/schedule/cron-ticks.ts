/**
 * When a cron expression fires in a zone. Where clocks are moved, the rules are those of cron(8):
 *
 * - Skipped times (spring) are made up by one tick, at the first minute after the gap. It moves on where the tick before it is less than
 *   15 minutes old, and a tick of the expression's own that stands less than 15 minutes behind it takes its place.
 * - Repeated times (autumn) fire the first time only.
 * - An expression whose hour field holds every hour follows elapsed time: it fires at each minute that the clock on the wall shows, so its
 *   ticks of a repeated hour are all meant, and a gap takes no time. Only a gap of more than three hours (a country that crosses the date line) is
 *   made up all the same.
 *
 * Pure: the same instants for the same expression, zone and tz data.
 */

import { HOUR_MS, MINUTE_MS } from '../../time.ts'
import { nextLabel, type Cron } from './cron.ts'
import type { OffsetChange, Zone } from './zone.ts'

/** Ticks closer than this are refused, and never made where clocks are moved. */
export const LEAST_GAP_MS = 15 * MINUTE_MS

/** cron(8): larger moves of the clock are no daylight saving. */
const LARGEST_SAVING_MS = 3 * HOUR_MS

/** The longest that a repeated stretch has ever been: a day, at the date line. */
const LONGEST_REPEAT_MS = 26 * HOUR_MS

export interface CronInZone {
  cron: Cron
  zone: Zone
}

/** True when the clock on the wall has shown this time before. */
function isRepeated(zone: Zone, instant: number): boolean {
  return zone
    .changesIn(instant - LONGEST_REPEAT_MS, instant)
    .some(({ at, before, after }) => instant + after < at + before)
}

/** The first tick after the instant at which the wall shows a matching time, made-up ones aside. */
function nextShown({ cron, zone }: CronInZone, after: number): number | undefined {
  let instant = Math.floor(after / MINUTE_MS) * MINUTE_MS + MINUTE_MS
  for (;;) {
    const offset = zone.offsetAt(instant)
    const label = nextLabel(cron, instant + offset)
    if (label === undefined) return undefined
    const tick = label - offset
    const [change] = zone.changesIn(instant, tick)
    if (change) instant = change.at
    else if (cron.isEveryHour || !isRepeated(zone, tick)) return tick
    else instant = tick + MINUTE_MS
  }
}

/** The tick that makes up for the times which this change skips, if it skips any. */
function madeUp(schedule: CronInZone, { at, before, after }: OffsetChange): number | undefined {
  const gap = after - before
  if (gap <= 0 || (schedule.cron.isEveryHour && gap <= LARGEST_SAVING_MS)) return undefined
  const skipped = nextLabel(schedule.cron, at + before)
  if (skipped === undefined || skipped >= at + after) return undefined
  const previous = nextShown(schedule, at - LEAST_GAP_MS)
  const tick = previous !== undefined && previous < at ? previous + LEAST_GAP_MS : at
  const own = nextShown(schedule, at - MINUTE_MS)
  return own !== undefined && own < tick + LEAST_GAP_MS ? undefined : tick
}

/** The first tick after the instant; undefined only where no year has one. */
export function nextCronTick(schedule: CronInZone, after: number): number | undefined {
  const shown = nextShown(schedule, after)
  // A made-up tick may stand up to the least gap behind its change.
  for (const change of schedule.zone.changesIn(after - LEAST_GAP_MS, shown ?? after)) {
    const tick = madeUp(schedule, change)
    if (tick !== undefined && tick > after) return tick
  }
  return shown
}
