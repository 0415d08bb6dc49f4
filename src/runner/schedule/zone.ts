/**
 * Time zones: the offset from UTC at an instant, and when it changes, from the runtime's tz data
 * (ICU).
 *
 * Own code, because `Intl` does not list the changes, and a Temporal polyfill is large for this.
 */

import { AppError } from '../../errors.ts'
import { DAY_MS, MINUTE_MS } from '../../time.ts'

/** Changes are read and cached in periods of this length. */
const PERIOD_MS = 400 * DAY_MS

/** Bounds the cache, so memory stays constant over the years. A scheduler needs far fewer. */
const MAX_PERIODS = 64

export interface OffsetChange {
  /** The first instant of the new offset. */
  at: number
  /** Offsets in milliseconds, positive east of Greenwich. */
  before: number
  after: number
}

export interface Zone {
  name: string
  offsetAt: (instant: number) => number
  /** The changes with `from < at <= to`, ascending. */
  changesIn: (from: number, to: number) => OffsetChange[]
}

function offsetReader(name: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  return (instant) => {
    const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(format.format(instant))
    if (!match) return 0
    const [, sign, hours, minutes, seconds = '0'] = match
    const sizeMs = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
    return sign === '-' ? -sizeMs : sizeMs
  }
}

/** Bisects the time between two instants until it has the change to the minute. */
function changeBetween(
  offsetAt: (instant: number) => number,
  from: number,
  to: number,
): OffsetChange {
  const [before, after] = [offsetAt(from), offsetAt(to)]
  let [low, high] = [from, to]
  while (high - low > MINUTE_MS) {
    const middle = Math.floor((low + high) / 2 / MINUTE_MS) * MINUTE_MS
    if (offsetAt(middle) === before) low = middle
    else high = middle
  }
  return { at: high, before, after }
}

interface Period {
  /** At the start of the period. */
  offset: number
  changes: readonly OffsetChange[]
}

function readPeriod(offsetAt: (instant: number) => number, number: number): Period {
  const changes: OffsetChange[] = []
  const begin = number * PERIOD_MS
  const first = offsetAt(begin)
  let offset = first
  for (let day = begin; day < begin + PERIOD_MS; day += DAY_MS) {
    const next = offsetAt(day + DAY_MS)
    if (next !== offset) changes.push(changeBetween(offsetAt, day, day + DAY_MS))
    offset = next
  }
  return { offset: first, changes }
}

/** Zones that were opened. Their changes are read once, because that takes milliseconds. */
const zones = new Map<string, Zone>()
const MAX_ZONES = 64

/** The zone with this IANA name. Throws CONFIG_INVALID when the runtime does not know it. */
export function openZone(name: string): Zone {
  const known = zones.get(name)
  if (known) return known
  const zone = createZone(name)
  if (zones.size >= MAX_ZONES) zones.clear()
  zones.set(name, zone)
  return zone
}

function createZone(name: string): Zone {
  if (!isZoneName(name)) {
    throw new AppError('CONFIG_INVALID', `The time zone \`${name}\` is unknown.`, {
      hint: 'Use a name from the IANA time zone database, such as UTC, Europe/Berlin or America/New_York.',
    })
  }
  const read = offsetReader(name)
  const periods = new Map<number, Period>()
  const periodOf = (number: number) => {
    const known = periods.get(number)
    if (known) return known
    if (periods.size >= MAX_PERIODS) periods.clear()
    const period = readPeriod(read, number)
    periods.set(number, period)
    return period
  }
  return {
    name,
    offsetAt: (instant) => {
      const { offset, changes } = periodOf(Math.floor(instant / PERIOD_MS))
      return changes.findLast(({ at }) => at <= instant)?.after ?? offset
    },
    changesIn: (from, to) => {
      const found: OffsetChange[] = []
      const last = Math.floor(to / PERIOD_MS)
      for (let number = Math.floor(from / PERIOD_MS); number <= last; number++) {
        for (const change of periodOf(number).changes)
          if (change.at > from && change.at <= to) found.push(change)
      }
      return found
    },
  }
}

function isZoneName(name: string): boolean {
  if (!/^[A-Za-z][\w+/-]*$/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).format(0) !== ''
  } catch {
    return false
  }
}
