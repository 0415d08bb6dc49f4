/** Finds ticks of a cron expression that are too close together, also at clock changes. Pure. */

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../time.ts'
import { matchesDay, type Cron } from './cron.ts'
import { MIN_GAP_MS, nextCronTick, type CronInZone } from './cron-ticks.ts'

const MINUTES_PER_DAY = 1440

/** Dates fall on the same weekdays again after 28 years. */
const CALENDAR_DAYS = 28 * 365.25

/** Clock changes farther ahead are ignored: governments have not decided them yet. */
const CHANGES_AHEAD_MS = 10 * 365 * DAY_MS

export interface Gap {
  minutes: number
  /** The two ticks: instants at a clock change, otherwise wall times of any day. */
  from: number
  to: number
  isAtClockChange: boolean
}

function hasConsecutiveDays(cron: Cron, firstDay: number): boolean {
  let isDayBefore = matchesDay(cron, firstDay)
  for (let day = 1; day <= CALENDAR_DAYS; day++) {
    const isDay = matchesDay(cron, firstDay + day * DAY_MS)
    if (isDay && isDayBefore) return true
    isDayBefore = isDay
  }
  return false
}

/** The smallest gap on days without a clock change. */
function smallestDailyGap(cron: Cron, now: number): Gap | undefined {
  const minutes = cron.minutesOfDay
  const pairs = minutes.slice(1).map((to, at) => ({ from: minutes[at] ?? 0, to }))
  const midnight = { from: minutes.at(-1) ?? 0, to: (minutes[0] ?? 0) + MINUTES_PER_DAY }
  const isClose = (midnight.to - midnight.from) * MINUTE_MS < MIN_GAP_MS
  const today = Math.floor(now / DAY_MS) * DAY_MS
  if (isClose && hasConsecutiveDays(cron, today)) pairs.push(midnight)
  const [smallest] = pairs.toSorted((a, b) => a.to - a.from - (b.to - b.from))
  if (!smallest) return undefined
  const [from, to] = [smallest.from * MINUTE_MS, smallest.to * MINUTE_MS]
  return { minutes: smallest.to - smallest.from, from, to, isAtClockChange: false }
}

/** The first gap around a clock change that is below the minimum. */
function shortGapAround(schedule: CronInZone, change: number): Gap | undefined {
  let from = nextCronTick(schedule, change - HOUR_MS)
  while (from !== undefined && from <= change) {
    const to = nextCronTick(schedule, from)
    if (to === undefined) return undefined
    if (to - from < MIN_GAP_MS)
      return { minutes: (to - from) / MINUTE_MS, from, to, isAtClockChange: true }
    from = to
  }
  return undefined
}

/** A gap below the minimum, preferably one of an ordinary day. Undefined when there is none. */
export function findShortGap(schedule: CronInZone, now: number): Gap | undefined {
  const daily = smallestDailyGap(schedule.cron, now)
  if (daily && daily.minutes * MINUTE_MS < MIN_GAP_MS) return daily
  for (const change of schedule.zone.changesIn(now, now + CHANGES_AHEAD_MS)) {
    const gap = shortGapAround(schedule, change.at)
    if (gap) return gap
  }
  return undefined
}
