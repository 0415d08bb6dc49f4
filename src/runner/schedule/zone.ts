/** Time zones: the offset from UTC at an instant, and when it changes. The facts are those of the runtime's own tz data (ICU). */

import { AppError } from '../../errors.ts'
import { DAY_MS, MINUTE_MS } from '../../time.ts'

/** Changes are found and remembered by stretches of this length. */
const STRETCH_MS = 400 * DAY_MS

/** Far more than a scheduler looks at; a bound, so that memory stays flat over the years. */
const MAX_STRETCHES = 64

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
  /** All changes in `from < at <= to`, ascending. */
  changesIn: (from: number, to: number) => OffsetChange[]
}

function offsetReader(name: string): (instant: number) => number {
  const format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset' })
  return (instant) => {
    const match = /GMT([+-])(\d\d):(\d\d)(?::(\d\d))?$/.exec(format.format(instant))
    if (!match) return 0
    const [, sign, hours, minutes, seconds = '0'] = match
    const size = (Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)) * 1000
    return sign === '-' ? -size : size
  }
}

/** Halves the stretch until the change is known to the minute. */
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

interface Stretch {
  /** At its beginning. */
  offset: number
  changes: readonly OffsetChange[]
}

function readStretch(offsetAt: (instant: number) => number, number: number): Stretch {
  const found: OffsetChange[] = []
  const begin = number * STRETCH_MS
  const first = offsetAt(begin)
  let offset = first
  for (let day = begin; day < begin + STRETCH_MS; day += DAY_MS) {
    const next = offsetAt(day + DAY_MS)
    if (next !== offset) found.push(changeBetween(offsetAt, day, day + DAY_MS))
    offset = next
  }
  return { offset: first, changes: found }
}

/** Opens a zone by its IANA name. Throws CONFIG_INVALID when the runtime does not know it. */
export function openZone(name: string): Zone {
  if (!isZoneName(name)) {
    throw new AppError('CONFIG_INVALID', `The time zone \`${name}\` is not known.`, {
      hint: 'Use a name of the IANA time zone database, such as UTC, Europe/Berlin or America/New_York.',
    })
  }
  const read = offsetReader(name)
  const stretches = new Map<number, Stretch>()
  const stretchOf = (number: number) => {
    const known = stretches.get(number)
    if (known) return known
    if (stretches.size >= MAX_STRETCHES) stretches.clear()
    const stretch = readStretch(read, number)
    stretches.set(number, stretch)
    return stretch
  }
  return {
    name,
    offsetAt: (instant) => {
      const { offset, changes } = stretchOf(Math.floor(instant / STRETCH_MS))
      return changes.findLast(({ at }) => at <= instant)?.after ?? offset
    },
    changesIn: (from, to) => {
      const found: OffsetChange[] = []
      const last = Math.floor(to / STRETCH_MS)
      for (let number = Math.floor(from / STRETCH_MS); number <= last; number++) {
        for (const change of stretchOf(number).changes)
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
