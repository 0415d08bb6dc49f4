/**
 * Finds when cron expressions must fire by walking minute by minute over what a wall clock shows.
 * Shares no code with the schedules: expressions are hand-written predicates, zones are read from
 * `Intl`.
 *
 * The walk covers every minute from three hours before a clock change to 27 hours after it. Between
 * these windows the offset is constant, so one calendar, walked once, stands for all zones.
 */

import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../src/time.ts'

const MIN_GAP_MS = 15 * MINUTE_MS

export interface Expression {
  text: string
  /** The hour field matches every hour. */
  isEveryHour?: true
  matches: (wall: Wall) => boolean
}

interface Wall {
  minute: number
  hour: number
  day: number
  month: number
  /** 0 is Sunday. */
  weekday: number
}

const at = (hour: number, minute: number) => (wall: Wall) =>
  wall.hour === hour && wall.minute === minute
const between = (value: number, from: number, to: number) => value >= from && value <= to

export const EXPRESSIONS: readonly Expression[] = [
  { text: '*/15 * * * *', isEveryHour: true, matches: ({ minute }) => minute % 15 === 0 },
  { text: '0 * * * *', isEveryHour: true, matches: ({ minute }) => minute === 0 },
  { text: '30 0-23 * * *', isEveryHour: true, matches: ({ minute }) => minute === 30 },
  { text: '10,40 */1 * * *', isEveryHour: true, matches: ({ minute: m }) => m === 10 || m === 40 },
  { text: '*/30 0-3 * * *', matches: ({ hour, minute }) => hour <= 3 && minute % 30 === 0 },
  { text: '*/15 1-2 * * *', matches: ({ hour: h, minute: m }) => between(h, 1, 2) && m % 15 === 0 },
  { text: '30 2 * * *', matches: at(2, 30) },
  { text: '30 1 * * *', matches: at(1, 30) },
  { text: '0 0 * * *', matches: at(0, 0) },
  { text: '15 0 * * *', matches: at(0, 15) },
  { text: '0 2,3 * * *', matches: ({ hour, minute }) => between(hour, 2, 3) && minute === 0 },
  { text: '45 23 * * *', matches: at(23, 45) },
  { text: '0 */2 * * *', matches: ({ hour, minute }) => hour % 2 === 0 && minute === 0 },
  {
    text: '0 9-17 * * mon-fri',
    matches: ({ hour, minute, weekday }) =>
      between(hour, 9, 17) && minute === 0 && between(weekday, 1, 5),
  },
  { text: '30 2 * * sun', matches: (wall) => at(2, 30)(wall) && wall.weekday === 0 },
  { text: '0 0 1 * *', matches: (wall) => at(0, 0)(wall) && wall.day === 1 },
  { text: '0 3 29 2 *', matches: (wall) => at(3, 0)(wall) && wall.day === 29 && wall.month === 2 },
  {
    text: '15 2 1,15 * fri',
    matches: (wall) => at(2, 15)(wall) && (wall.day === 1 || wall.day === 15 || wall.weekday === 5),
  },
  { text: '5 1-5 * * *', matches: ({ hour, minute }) => between(hour, 1, 5) && minute === 5 },
  { text: '50 1-5 * * *', matches: ({ hour, minute }) => between(hour, 1, 5) && minute === 50 },
]

/** The wall time at an instant, as milliseconds since 1970 on the wall clock. */
function wallReader(zone: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  })
  // 31/12/2026, 23:59
  return (instant) => {
    const text = format.format(instant)
    const [day, month, year] = [text.slice(0, 2), text.slice(3, 5), text.slice(6, 10)]
    return Date.UTC(+year, +month - 1, +day, +text.slice(12, 14), +text.slice(15, 17))
  }
}

function wallOf(wallTime: number): Wall {
  const date = new Date(wallTime)
  return {
    minute: date.getUTCMinutes(),
    hour: date.getUTCHours(),
    day: date.getUTCDate(),
    month: date.getUTCMonth() + 1,
    weekday: date.getUTCDay(),
  }
}

/** Every matching minute of the calendar, ascending, for each expression. */
export function calendarTicks(from: number, to: number): Map<Expression, number[]> {
  const ticks = new Map(EXPRESSIONS.map((expression) => [expression, [] as number[]]))
  for (let wallTime = from; wallTime < to; wallTime += MINUTE_MS) {
    const wall = wallOf(wallTime)
    for (const [expression, found] of ticks) if (expression.matches(wall)) found.push(wallTime)
  }
  return ticks
}

export interface Stretch {
  from: number
  to: number
  /** The wall time of each minute. Undefined when the offset does not change. */
  walls: number[] | undefined
  /** Wall time minus UTC at the start. */
  offset: number
}

export interface History {
  stretches: Stretch[]
  /** Instant of each change, with the offset before and after it. */
  changes: [at: number, before: number, after: number][]
}

function changeIn(read: (instant: number) => number, from: number, to: number): number {
  const before = read(from) - from
  let instant = from
  while (instant < to && read(instant) - instant === before) instant += MINUTE_MS
  return instant
}

/**
 * Splits the time of a zone into windows around changes and quiet stretches between them.
 * @param reachMs how far a window reaches after its change
 */
export function historyOf(
  zone: string,
  [from, to]: readonly [number, number],
  reachMs = 27 * HOUR_MS,
): History {
  const read = wallReader(zone)
  const changes: History['changes'] = []
  for (let probe = from; probe < to; probe += DAY_MS / 2) {
    const [before, after] = [read(probe) - probe, read(probe + DAY_MS / 2) - probe - DAY_MS / 2]
    if (before !== after) changes.push([changeIn(read, probe, probe + DAY_MS / 2), before, after])
  }
  const stretches: Stretch[] = []
  let begin = from
  const quiet = (end: number) => {
    if (end > begin)
      stretches.push({ from: begin, to: end, walls: undefined, offset: read(begin) - begin })
  }
  for (const [change] of changes) {
    const window = {
      from: Math.max(begin, change - 3 * HOUR_MS),
      to: Math.min(to, change + reachMs),
    }
    quiet(window.from)
    const minutes = Math.max(0, (window.to - window.from) / MINUTE_MS)
    const walls = Array.from({ length: minutes }, (_, i) => read(window.from + i * MINUTE_MS))
    stretches.push({ ...window, walls, offset: 0 })
    begin = Math.max(begin, window.to)
  }
  quiet(to)
  return { stretches, changes }
}

function isAnySkipped(expression: Expression, shown: number, next: number): boolean {
  for (let wallTime = shown + MINUTE_MS; wallTime < next; wallTime += MINUTE_MS)
    if (expression.matches(wallOf(wallTime))) return true
  return false
}

/** The walk: what a careful person with the crontab would start, minute by minute. */
export function walkedTicks(expression: Expression, { from, walls = [] }: Stretch): number[] {
  const own: number[] = []
  const owed: number[] = []
  let latestShown = Number.NEGATIVE_INFINITY
  for (const [minute, wallTime] of walls.entries()) {
    const instant = from + minute * MINUTE_MS
    const shown = walls[minute - 1] ?? wallTime
    const gap = wallTime - shown - MINUTE_MS
    const isOwed = gap > 0 && (!expression.isEveryHour || gap > 3 * HOUR_MS)
    if (isOwed && isAnySkipped(expression, shown, wallTime)) {
      const last = own.at(-1) ?? Number.NEGATIVE_INFINITY
      owed.push(Math.max(instant, last + MIN_GAP_MS))
    }
    const isNew = wallTime > latestShown
    latestShown = Math.max(latestShown, wallTime)
    if ((isNew || expression.isEveryHour) && expression.matches(wallOf(wallTime))) own.push(instant)
  }
  const made = owed.filter(
    (tick) => !own.some((other) => other > tick - MIN_GAP_MS && other < tick + MIN_GAP_MS),
  )
  return [...own, ...made].toSorted((a, b) => a - b)
}

export interface Difference {
  missed: number[]
  /** Fired twice or without a match. */
  extra: number[]
}

/** Compares two ascending lists. */
export function differenceOf(expected: readonly number[], actual: readonly number[]): Difference {
  const difference: Difference = { missed: [], extra: [] }
  let [e, a] = [0, 0]
  while (e < expected.length || a < actual.length) {
    const [wanted, fired] = [expected[e] ?? Infinity, actual[a] ?? Infinity]
    if (wanted === fired) [e, a] = [e + 1, a + 1]
    else if (wanted < fired) difference.missed.push(expected[e++] ?? 0)
    else difference.extra.push(actual[a++] ?? 0)
  }
  return difference
}
