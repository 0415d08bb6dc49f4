/** How close two ticks of a cron expression can come, the days on which clocks are moved included. Pure. */

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../time.ts'
import { matchesDay, type Cron } from './cron.ts'
import { LEAST_GAP_MS, nextCronTick, type CronInZone } from './cron-ticks.ts'

const MINUTES_PER_DAY = 1440

/** After 28 years the weekdays of all dates come back. */
const CALENDAR_DAYS = 28 * 365.25

/** How far ahead changes of the clock are looked at: farther ones are not decided yet. */
const CHANGES_AHEAD_MS = 10 * 365 * DAY_MS

export interface Gap {
  minutes: number
  /** Instants of the two ticks where a change of the clock is the reason; else labels on any day. */
  from: number
  to: number
  isByClockChange: boolean
}

function hasNeighbouringDays(cron: Cron, firstDay: number): boolean {
  let isDayBefore = matchesDay(cron, firstDay)
  for (let day = 1; day <= CALENDAR_DAYS; day++) {
    const isDay = matchesDay(cron, firstDay + day * DAY_MS)
    if (isDay && isDayBefore) return true
    isDayBefore = isDay
  }
  return false
}

function leastOnTheWall(cron: Cron, now: number): Gap | undefined {
  const minutes = cron.minutesOfDay
  const pairs = minutes.slice(1).map((to, at) => ({ from: minutes[at] ?? 0, to }))
  const overMidnight = { from: minutes.at(-1) ?? 0, to: (minutes[0] ?? 0) + MINUTES_PER_DAY }
  const isClose = (overMidnight.to - overMidnight.from) * MINUTE_MS < LEAST_GAP_MS
  const today = Math.floor(now / DAY_MS) * DAY_MS
  if (isClose && hasNeighbouringDays(cron, today)) pairs.push(overMidnight)
  const [least] = pairs.toSorted((a, b) => a.to - a.from - (b.to - b.from))
  if (!least) return undefined
  const [from, to] = [least.from * MINUTE_MS, least.to * MINUTE_MS]
  return { minutes: least.to - least.from, from, to, isByClockChange: false }
}

/** The two ticks around a change, when they are closer than they should be. */
function closeAround(schedule: CronInZone, change: number): Gap | undefined {
  let from = nextCronTick(schedule, change - HOUR_MS)
  while (from !== undefined && from <= change) {
    const to = nextCronTick(schedule, from)
    if (to === undefined) return undefined
    if (to - from < LEAST_GAP_MS)
      return { minutes: (to - from) / MINUTE_MS, from, to, isByClockChange: true }
    from = to
  }
  return undefined
}

/** Two ticks that are less than the least gap apart, the closest on an ordinary day first; undefined when there are none. */
export function tooClose(schedule: CronInZone, now: number): Gap | undefined {
  const onTheWall = leastOnTheWall(schedule.cron, now)
  if (onTheWall && onTheWall.minutes * MINUTE_MS < LEAST_GAP_MS) return onTheWall
  for (const change of schedule.zone.changesIn(now, now + CHANGES_AHEAD_MS)) {
    const gap = closeAround(schedule, change.at)
    if (gap) return gap
  }
  return undefined
}
