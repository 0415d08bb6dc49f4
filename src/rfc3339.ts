/**
 * Parses and formats RFC 3339 dates and times, years 0001 to 9999. Our own, because `Date` guesses
 * at invalid input and drops nanoseconds, and because the target parses millions of values.
 */

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const SECONDS_PER_DAY = 86_400
/** 0001-01-01T00:00:00Z, the earliest instant that RFC 3339 can express. */
export const MIN_EPOCH_MS = -62_135_596_800_000
/** The last millisecond of year 9999. */
const MAX_EPOCH_MS = 253_402_300_799_999

/** Whole seconds since 1970-01-01T00:00:00Z, and nanoseconds within that second. */
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

/**
 * Days since 1970-01-01 of a proleptic Gregorian date (Howard Hinnant's civil-from-days
 * arithmetic).
 */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year
  const era = Math.floor(shifted / 400)
  const yearOfEra = shifted - era * 400
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1
  const dayOfEra =
    yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear
  return era * 146_097 + dayOfEra - 719_468
}

/**
 * Days since 1970-01-01. Undefined for a date that does not exist or is outside years 1 to 9999.
 */
export function daysOf(year: number, month: number, day: number): number | undefined {
  if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return undefined
  const last = month === 2 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0)
  return day <= last ? daysSinceEpoch(year, month, day) : undefined
}

/** Days since 1970-01-01 of the `YYYY-MM-DD` at the start of the string, or undefined. */
function parseDays(text: string): number | undefined {
  if (text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2)
  return daysOf(year, twoDigits(text, 5), twoDigits(text, 8))
}

/** Seconds east of UTC of the offset that ends the string at `at`. Undefined when there is none. */
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
 * Parses an RFC 3339 date-time. Date and time are separated by `T`, `t` or a blank. A leap second
 * counts as the second after it, and digits below the nanosecond are cut. Undefined for anything
 * else; never throws.
 * @param options.zoneOptional a string without an offset is UTC
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

/** Days since 1970-01-01 of a `YYYY-MM-DD`, or undefined. Never throws. */
export function parseDate(text: string): number | undefined {
  return text.length === 10 ? parseDays(text) : undefined
}

/** Whether RFC 3339 in UTC can express the instant: years 0001 to 9999. */
export function isWritableEpochMs(epochMs: number): boolean {
  return epochMs >= MIN_EPOCH_MS && epochMs <= MAX_EPOCH_MS
}

/**
 * Epoch milliseconds of a date (its start in UTC) or a date-time (UTC without an offset). Undefined
 * for anything else, and for an instant outside years 0001 to 9999 in UTC.
 */
export function parseEpochMs(text: string): number | undefined {
  const day = parseDate(text)
  if (day !== undefined) return day * SECONDS_PER_DAY * 1000
  const instant = parseDateTime(text, { zoneOptional: true })
  const epochMs = instant && instant.seconds * 1000 + Math.floor(instant.nanos / 1e6)
  return epochMs !== undefined && isWritableEpochMs(epochMs) ? epochMs : undefined
}

/**
 * RFC 3339 in UTC, with milliseconds only when they are not zero. Throws RangeError outside years
 * 0001 to 9999.
 */
export function formatEpochMs(epochMs: number): string {
  if (!isWritableEpochMs(epochMs)) {
    throw new RangeError(`${epochMs} ms is outside the years 0001 to 9999`)
  }
  const text = new Date(epochMs).toISOString()
  return text.endsWith('.000Z') ? `${text.slice(0, 19)}Z` : text
}

/**
 * Whether a string has the `format` of a schema. A date-time may lack its offset, and a date may
 * have a time with an offset.
 */
export function hasFormat(text: string, format: 'date' | 'date-time'): boolean {
  if (format === 'date-time') return parseDateTime(text, { zoneOptional: true }) !== undefined
  return (parseDate(text) ?? parseDateTime(text)) !== undefined
}
