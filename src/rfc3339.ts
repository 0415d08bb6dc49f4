/** RFC 3339 texts and instants, without `Date`'s guessing. Years 0001 to 9999, zone required unless said. */

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const SECONDS_PER_DAY = 86_400
/** 0001-01-01T00:00:00Z: nothing before can be written. */
export const MIN_EPOCH_MS = -62_135_596_800_000
/** The last millisecond of the year 9999. */
const MAX_EPOCH_MS = 253_402_300_799_999

/** An instant: whole seconds since 1970-01-01T00:00:00Z, and the nanoseconds within that second. */
export interface Instant {
  seconds: number
  nanos: number
}

function digit(text: string, at: number): number {
  const value = text.charCodeAt(at) - 48
  return value >= 0 && value <= 9 ? value : Number.NaN
}

function twoDigits(text: string, at: number): number {
  return digit(text, at) * 10 + digit(text, at + 1)
}

function isLeapYear(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
}

/** Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's civil-from-days arithmetic). */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/** Days since 1970-01-01, or undefined for a date that the calendar does not have, or not in the years 1 to 9999. */
export function daysOf(year: number, month: number, day: number): number | undefined {
  if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return undefined
  const last = month === 2 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0)
  return day <= last ? daysSinceEpoch(year, month, day) : undefined
}

/** Days since 1970-01-01 of the `YYYY-MM-DD` at the start of the text, or undefined. */
function parseDays(text: string): number | undefined {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  return daysOf(year, twoDigits(text, 5), twoDigits(text, 8))
}

/** Seconds east of UTC of the zone at `at`, which must end the text; undefined when there is none. */
function parseOffset(text: string, at: number): number | undefined {
  const sign = text[at]
  if (sign === 'Z' || sign === 'z') return text.length === at + 1 ? 0 : undefined
  if ((sign !== '+' && sign !== '-') || text.length !== at + 6 || text[at + 3] !== ':') {
    return undefined
  }
  const hours = twoDigits(text, at + 1)
  const minutes = twoDigits(text, at + 4)
  if (!(hours <= 23 && minutes <= 59)) return undefined
  return (sign === '-' ? -1 : 1) * (hours * 3600 + minutes * 60)
}

/**
 * The instant of an RFC 3339 date-time (`T`, `t` or a blank between date and time; a leap second counts as the second after).
 * Digits below the nanosecond are cut. Undefined for anything else; never throws.
 * @param options.zoneOptional a text without a zone is read as UTC.
 */
export function parseDateTime(
  text: string,
  options: { zoneOptional?: boolean } = {},
): Instant | undefined {
  const days = parseDays(text)
  const separator = text.charCodeAt(10)
  if (days === undefined || (separator !== 84 && separator !== 116 && separator !== 32)) {
    return undefined
  }
  const hours = twoDigits(text, 11)
  const minutes = twoDigits(text, 14)
  const seconds = twoDigits(text, 17)
  if (text.charCodeAt(13) !== 58 || text.charCodeAt(16) !== 58) return undefined
  if (!(hours <= 23 && minutes <= 59 && seconds <= 60)) return undefined
  let at = 19
  let nanos = 0
  if (text.charCodeAt(at) === 46) {
    const start = ++at
    for (let next = digit(text, at); next >= 0; next = digit(text, ++at)) {
      if (at - start < 9) nanos = nanos * 10 + next
    }
    if (at === start) return undefined
    nanos *= 10 ** Math.max(0, 9 - (at - start))
  }
  const offset = at === text.length && options.zoneOptional ? 0 : parseOffset(text, at)
  if (offset === undefined) return undefined
  return { seconds: days * SECONDS_PER_DAY + hours * 3600 + minutes * 60 + seconds - offset, nanos }
}

/** Days since 1970-01-01 of a `YYYY-MM-DD`, or undefined; never throws. */
export function parseDate(text: string): number | undefined {
  return text.length === 10 ? parseDays(text) : undefined
}

/** Whether the year in UTC is one of 0001 to 9999. */
export function isWritableEpochMs(epochMs: number): boolean {
  return epochMs >= MIN_EPOCH_MS && epochMs <= MAX_EPOCH_MS
}

/**
 * Milliseconds since the epoch of a date (its first instant in UTC) or a date-time (UTC without a zone), or undefined: also where the
 * zone takes it out of the years 0001 to 9999, for then no text says it in UTC.
 */
export function parseEpochMs(text: string): number | undefined {
  const day = parseDate(text)
  if (day !== undefined) return day * SECONDS_PER_DAY * 1000
  const instant = parseDateTime(text, { zoneOptional: true })
  const epochMs = instant && instant.seconds * 1000 + Math.floor(instant.nanos / 1e6)
  return epochMs !== undefined && isWritableEpochMs(epochMs) ? epochMs : undefined
}

/** RFC 3339 in UTC: whole seconds without a fraction, else milliseconds. Throws RangeError beyond years 0001 to 9999. */
export function formatEpochMs(epochMs: number): string {
  if (!isWritableEpochMs(epochMs)) {
    throw new RangeError(`${epochMs} ms lie beyond the years 0001 to 9999`)
  }
  const text = new Date(epochMs).toISOString()
  return text.endsWith('.000Z') ? `${text.slice(0, 19)}Z` : text
}

/** Whether a text is what a schema's `format` asks for: a date-time may lack its zone, and a date may have a time with one. */
export function hasFormat(text: string, format: 'date' | 'date-time'): boolean {
  if (format === 'date-time') return parseDateTime(text, { zoneOptional: true }) !== undefined
  return (parseDate(text) ?? parseDateTime(text)) !== undefined
}
