/** Times as people read them. Pure: the current time and the zone are passed in. */

const SECOND_MS = 1000
const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MONTH = 30 * DAY
const YEAR = 365 * DAY

/** Shorter than this is now. */
const NOW_SECONDS = 45

/** Largest first: seconds of a unit, from how many on it is used, its name. */
const UNITS = [
  { size: YEAR, from: 1.5 * YEAR, one: 'year', many: 'years' },
  { size: MONTH, from: 60 * DAY, one: 'month', many: 'months' },
  { size: DAY, from: 36 * HOUR, one: 'day', many: 'days' },
  { size: HOUR, from: 90 * MINUTE, one: 'h', many: 'h' },
] as const

function amountText(seconds: number): string {
  const unit = UNITS.find(({ from }) => seconds >= from)
  const { size, one, many } = unit ?? { size: MINUTE, one: 'min', many: 'min' }
  const amount = Math.max(1, Math.round(seconds / size))
  return `${amount} ${amount === 1 ? one : many}`
}

/** `just now`, `5 min ago`, `in 3 h`, `12 days ago`. What is no time stays as it is. */
export function relativeText(at: string, nowMs: number): string {
  if (!isInstant(at)) return at
  const seconds = Math.round((Date.parse(at) - nowMs) / SECOND_MS)
  if (Math.abs(seconds) < NOW_SECONDS) return seconds <= 0 ? 'just now' : 'in a moment'
  const amount = amountText(Math.abs(seconds))
  return seconds < 0 ? `${amount} ago` : `in ${amount}`
}

/** Browsers take other texts for times, too, such as `page-7`. */
const RFC_3339 = /^\d{4}-\d{2}-\d{2}T/

/** Whether the text is a time in RFC 3339, so that the rest of this file can write it. */
export function isInstant(text: string): boolean {
  return RFC_3339.test(text) && !Number.isNaN(Date.parse(text))
}

const FORMATS = new Map<string, Intl.DateTimeFormat>()

function formatIn(timeZone: string): Intl.DateTimeFormat {
  try {
    return new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hourCycle: 'h23',
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
  } catch {
    return formatIn('UTC') // a zone that the console knows and this browser does not
  }
}

function knownFormat(timeZone: string): Intl.DateTimeFormat {
  const known = FORMATS.get(timeZone) ?? formatIn(timeZone)
  FORMATS.set(timeZone, known)
  return known
}

/** The zone, or UTC when the browser does not know it. All times in it are written in UTC then. */
export function shownZone(timeZone: string): string {
  const { timeZone: used } = knownFormat(timeZone).resolvedOptions()
  return used === 'UTC' ? used : timeZone
}

function partsIn(at: string, timeZone: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    knownFormat(timeZone)
      .formatToParts(new Date(at))
      .map(({ type, value }) => [type, value]),
  )
}

/** `2026-11-25 02:30:15 Europe/Berlin` */
export function exactText(at: string, timeZone: string): string {
  if (!isInstant(at)) return at
  const { year, month, day, hour, minute, second } = partsIn(at, timeZone)
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${shownZone(timeZone)}`
}

/** `Wed 2026-11-25 02:30 Europe/Berlin` */
export function minuteText(at: string, timeZone: string): string {
  if (!isInstant(at)) return at
  const { weekday, year, month, day, hour, minute } = partsIn(at, timeZone)
  return `${weekday} ${year}-${month}-${day} ${hour}:${minute} ${shownZone(timeZone)}`
}

/** `02:30:15`, for lines of a log. */
export function clockText(at: string, timeZone: string): string {
  if (!isInstant(at)) return at
  const { hour, minute, second } = partsIn(at, timeZone)
  return `${hour}:${minute}:${second}`
}

/** `Wed 02:30`; with the date when the day is not within a week. */
export function shortText(at: string, timeZone: string, nowMs: number): string {
  if (!isInstant(at)) return at
  const { weekday, month, day, hour, minute } = partsIn(at, timeZone)
  const isNear = Math.abs(Date.parse(at) - nowMs) < 6 * DAY * SECOND_MS
  return `${isNear ? weekday : `${month}-${day}`} ${hour}:${minute}`
}

/** Whether clocks in both zones show the same at this instant. */
export function isSameClock(at: string, zone: string, other: string): boolean {
  if (!isInstant(at)) return true
  const [here, there] = [partsIn(at, zone), partsIn(at, other)]
  return Object.keys(here).every((part) => here[part] === there[part])
}

/** `0.8 s`, `12 s`, `3 min 5 s`, `2 h 4 min` */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${Math.round(seconds * 10) / 10} s`
  const whole = Math.round(seconds)
  if (whole < MINUTE) return `${whole} s`
  if (whole < HOUR) return joined([Math.floor(whole / MINUTE), 'min'], [whole % MINUTE, 's'])
  const minutes = Math.round(whole / MINUTE)
  return joined([Math.floor(minutes / 60), 'h'], [minutes % 60, 'min'])
}

function joined(large: readonly [number, string], small: readonly [number, string]): string {
  return (small[0] === 0 ? [large] : [large, small]).map((pair) => pair.join(' ')).join(' ')
}
