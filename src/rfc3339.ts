/**
 * RFC 3339 strings and instants, for years 0001 to 9999. Our own parser, because `Date` accepts
 * other formats and drops digits after the millisecond, and because the loader reads from bytes.
 */

const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
const SECONDS_PER_DAY = 86_400
const DATE_CHARS = 10
const NANO_DIGITS = 9
const POWERS_OF_TEN = Array.from({ length: NANO_DIGITS }, (_, power) => 10 ** power)
const [PLUS, MINUS, POINT, COLON, CAPITAL_Z, SMALL_Z] = [43, 45, 46, 58, 90, 122]
/** 0001-01-01T00:00:00Z, the earliest instant that RFC 3339 can express. */
export const MIN_EPOCH_MS = -62_135_596_800_000
/** The last millisecond of year 9999. */
const MAX_EPOCH_MS = 253_402_300_799_999

/** Whole seconds since 1970-01-01T00:00:00Z, and nanoseconds within that second. */
export interface Instant {
  seconds: number
  nanos: number
}

/** Smaller than every sum that it can become part of. */
const NO_DIGIT = -1e9

function digitAt(source: Uint8Array, at: number): number {
  const digit = (source[at] ?? 0) - 48
  return digit >= 0 && digit <= 9 ? digit : NO_DIGIT
}

function twoDigitsAt(source: Uint8Array, at: number): number {
  return digitAt(source, at) * 10 + digitAt(source, at + 1)
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
function daysOf(year: number, month: number, day: number): number | undefined {
  if (!(year >= 1 && year <= 9999 && month >= 1 && month <= 12 && day >= 1)) return undefined
  const last = month === 2 && isLeapYear(year) ? 29 : (DAYS_IN_MONTH[month - 1] ?? 0)
  return day <= last ? daysSinceEpoch(year, month, day) : undefined
}

/**
 * Reads dates and date-times from ASCII bytes. Each method returns whether the bytes at `at` begin
 * with one; then the fields have its parts, and `end` says where it ends. The caller must check
 * what follows. Allocates nothing, because the loader reads several times per record.
 */
export class DateTimeReader {
  /** Days since 1970-01-01 of a date. */
  days = 0
  /** Of a date-time, as in `Instant`. */
  seconds = 0
  nanos = 0
  hasZone = false
  end = 0

  /** Reads `YYYY-MM-DD`. */
  readDate(source: Uint8Array, at: number): boolean {
    if (source[at + 4] !== MINUS || source[at + 7] !== MINUS) return false
    const year = twoDigitsAt(source, at) * 100 + twoDigitsAt(source, at + 2)
    const days = daysOf(year, twoDigitsAt(source, at + 5), twoDigitsAt(source, at + 8))
    if (days === undefined) return false
    this.days = days
    this.end = at + DATE_CHARS
    return true
  }

  /**
   * Reads a date-time. `T`, `t` or a space may separate its parts, and a leap second counts as the
   * second after. Digits after the nanosecond are dropped. A date-time without a zone is in UTC.
   */
  readDateTime(source: Uint8Array, at: number): boolean {
    if (!this.readDate(source, at)) return false
    const separator = source[at + 10]
    if (separator !== 84 && separator !== 116 && separator !== 32) return false
    const hours = twoDigitsAt(source, at + 11)
    const minutes = twoDigitsAt(source, at + 14)
    const seconds = twoDigitsAt(source, at + 17)
    if (source[at + 13] !== COLON || source[at + 16] !== COLON) return false
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 60)
      return false
    this.seconds = this.days * SECONDS_PER_DAY + hours * 3600 + minutes * 60 + seconds
    this.end = at + 19
    return this.#readFraction(source) && this.#readZone(source)
  }

  #readFraction(source: Uint8Array): boolean {
    this.nanos = 0
    if (source[this.end] !== POINT) return true
    const start = ++this.end
    let nanos = 0
    let { end } = this
    for (let digit = digitAt(source, end); digit >= 0; digit = digitAt(source, ++end)) {
      if (end - start < NANO_DIGITS) nanos = nanos * 10 + digit
    }
    this.end = end
    this.nanos = nanos * (POWERS_OF_TEN[NANO_DIGITS - (end - start)] ?? 1)
    return end > start
  }

  #readZone(source: Uint8Array): boolean {
    const at = this.end
    const sign = source[at]
    this.hasZone = sign === CAPITAL_Z || sign === SMALL_Z || sign === PLUS || sign === MINUS
    if (sign === CAPITAL_Z || sign === SMALL_Z) this.end = at + 1
    if (sign !== PLUS && sign !== MINUS) return true
    const hours = twoDigitsAt(source, at + 1)
    const minutes = twoDigitsAt(source, at + 4)
    if (source[at + 3] !== COLON) return false
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return false
    this.seconds -= (sign === MINUS ? -1 : 1) * (hours * 3600 + minutes * 60)
    this.end = at + 6
    return true
  }
}

const reader = new DateTimeReader()
const scratch = new Uint8Array(64)

/** The bytes of an ASCII string. Other characters become 0, which no date has. */
function asciiBytes(text: string): Uint8Array {
  const bytes = text.length < scratch.length ? scratch : new Uint8Array(text.length + 1)
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    bytes[at] = code < 128 ? code : 0
  }
  bytes[text.length] = 0
  return bytes
}

function hasDateDashes(text: string): boolean {
  return text.charCodeAt(4) === MINUS && text.charCodeAt(7) === MINUS
}

/**
 * The instant of an RFC 3339 date-time, as `DateTimeReader` reads it. Undefined for anything else;
 * never throws.
 * @param options.zoneOptional whether a string without a zone is read as UTC.
 */
export function parseDateTime(
  text: string,
  options: { zoneOptional?: boolean } = {},
): Instant | undefined {
  if (!hasDateDashes(text)) return undefined
  if (!reader.readDateTime(asciiBytes(text), 0) || reader.end !== text.length) return undefined
  if (!reader.hasZone && !options.zoneOptional) return undefined
  return { seconds: reader.seconds, nanos: reader.nanos }
}

/** Days since 1970-01-01 of a `YYYY-MM-DD`, or undefined. Never throws. */
export function parseDate(text: string): number | undefined {
  if (text.length !== DATE_CHARS || !hasDateDashes(text)) return undefined
  return reader.readDate(asciiBytes(text), 0) ? reader.days : undefined
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
