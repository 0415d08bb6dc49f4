/**
 * Converts JSON values to cells of a column; undefined where the column cannot hold exactly that
 * value.
 */

import { parseDate, parseDateTime } from '../../rfc3339.ts'
import {
  JsonNumber,
  parseJson,
  printJson,
  VALID_NUMBER,
  type JsonValue,
} from '../../singer/json.ts'
import { hasDigitsWithin, parseDecimal } from './decimal.ts'
import type { NumberDigits } from '../dialect.ts'
import { microsOf, parseMicros } from './micros.ts'
import type { StringCleaner } from './text.ts'
import type { Cell, ColumnKind, ColumnType } from '../schema/types.ts'

/** Never called with null. */
export type Coerce = (value: JsonValue) => Cell | undefined

export interface CoerceContext {
  cleaner: StringCleaner
  /** Set per line: only a `\u` escape can contain a character that a database cannot hold. */
  mayNeedCleaning: boolean
  /** True where columns of type `number` hold every decimal number. */
  isNumberExact: boolean
  /** Limits numbers in `number` and JSON columns; undefined where they may be of any length. */
  numberDigits?: NumberDigits | undefined
  /** True where timestamps end with the years 1 and 9999 in UTC. A zone can lead beyond them. */
  hasOnlyWritableTimes?: boolean
}

const TIME = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,6})0*)?Z?$/
const INT64_DIGITS = 19
/** The years 1 to 9999 in UTC, in microseconds since the epoch. */
const [FIRST_WRITABLE, END_OF_WRITABLE] = [-62_135_596_800_000_000, 253_402_300_800_000_000]

/**
 * Returns the digits of a number. Reads a string only where the schema gives decimals as strings.
 */
function digitsOf(value: JsonValue, wanted: ColumnKind): string | undefined {
  if (typeof value === 'number') return String(value)
  if (value instanceof JsonNumber) return value.text
  return typeof value === 'string' && wanted === 'decimal' ? value : undefined
}

function integerOf(digits: string): Cell | undefined {
  const units = parseDecimal(digits, INT64_DIGITS, 0)
  return typeof units === 'bigint' && BigInt.asIntN(64, units) !== units ? undefined : units
}

function toInteger(wanted: ColumnKind): Coerce {
  return (value) => {
    if (Number.isSafeInteger(value)) return (value as number) + 0
    const digits = digitsOf(value, wanted)
    return digits === undefined ? undefined : integerOf(digits)
  }
}

function toDecimal(precision: number, scale: number, wanted: ColumnKind): Coerce {
  return (value) => {
    const digits = digitsOf(value, wanted)
    return digits === undefined ? undefined : parseDecimal(digits, precision, scale)
  }
}

function toNumber(wanted: ColumnKind, context: CoerceContext): Coerce {
  const { isNumberExact, numberDigits } = context
  return (value) => {
    if (typeof value === 'number') return value
    const digits = digitsOf(value, wanted)
    if (digits === undefined || !VALID_NUMBER.test(digits)) return undefined
    if (numberDigits && !hasDigitsWithin(digits, numberDigits)) return undefined
    if (isNumberExact) return digits
    const number = parseJson(digits)
    return typeof number === 'number' ? number : undefined
  }
}

function toDate(value: JsonValue): Cell | undefined {
  return typeof value === 'string' ? parseDate(value) : undefined
}

function toTime(value: JsonValue): Cell | undefined {
  const match = typeof value === 'string' ? TIME.exec(value) : null
  if (!match) return undefined
  const [, hours, minutes, seconds, fraction = ''] = match
  const whole = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds)
  return whole * 1e6 + Number(fraction.padEnd(6, '0'))
}

function toTimestamp(wanted: ColumnKind, { hasOnlyWritableTimes }: CoerceContext): Coerce {
  const read = (value: string) => {
    if (wanted === 'date') return parseMicros(value)
    const instant = parseDateTime(value, { zoneOptional: true })
    return instant && microsOf(instant)
  }
  return (value) => {
    const micros = typeof value === 'string' ? read(value) : undefined
    if (hasOnlyWritableTimes !== true || micros === undefined) return micros
    return micros >= FIRST_WRITABLE && micros < END_OF_WRITABLE ? micros : undefined
  }
}

function toText(wanted: ColumnKind, context: CoerceContext): Coerce {
  const clean = (value: JsonValue) => {
    if (typeof value !== 'string') return undefined
    return context.mayNeedCleaning ? context.cleaner.cleanText(value) : value
  }
  switch (wanted) {
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? String(value) : undefined)
    case 'integer':
    case 'number':
      return (value) => digitsOf(value, wanted)
    case 'decimal':
      return (value) => clean(value) ?? digitsOf(value, wanted)
    case 'date':
    case 'time':
    case 'timestamp':
    case 'text':
    case 'json':
      return clean
  }
}

/** Only JSON that matches can contain a number that is too long for a database. */
const LONG_NUMBER = /[eE][+-]?\d{4}|\d{1000}/

function hasNumbersWithin(value: JsonValue, limits: NumberDigits): boolean {
  if (value instanceof JsonNumber) return hasDigitsWithin(value.text, limits)
  if (typeof value !== 'object' || value === null) return true
  return Object.values(value).every((item) => hasNumbersWithin(item, limits))
}

function toJson(context: CoerceContext): Coerce {
  const { numberDigits } = context
  return (value) => {
    const text = printJson(context.mayNeedCleaning ? context.cleaner.cleanValue(value) : value)
    const mayBeTooLong = numberDigits && LONG_NUMBER.test(text)
    return mayBeTooLong && !hasNumbersWithin(value, numberDigits) ? undefined : text
  }
}

/** The spelling in which a column returns a time. */
const CANONICAL_TIME =
  /^(?:\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?Z|\d\d:\d\d:\d\d(?:\.\d{1,6})?)$/

/** For a column of times that could not widen to strings. */
function toCanonicalTime(coerce: Coerce): Coerce {
  return (value) =>
    typeof value === 'string' && CANONICAL_TIME.test(value) ? coerce(value) : undefined
}

/**
 * A property of any type keeps its strings unchanged: times and decimals have several spellings.
 */
function mayLoseSpelling(wanted: ColumnKind, column: ColumnKind): boolean {
  return wanted === 'json' && ['date', 'time', 'timestamp', 'decimal'].includes(column)
}

/**
 * Returns the function that converts values of a property to cells of a column.
 * @param wanted The type that the SCHEMA gives. The column may have a wider one.
 */
export function coercer(column: ColumnType, wanted: ColumnKind, context: CoerceContext): Coerce {
  if (mayLoseSpelling(wanted, column.kind)) return () => undefined
  switch (column.kind) {
    case 'boolean':
      return (value) => (typeof value === 'boolean' ? value : undefined)
    case 'integer':
      return toInteger(wanted)
    case 'decimal':
      return toDecimal(column.precision, column.scale, wanted)
    case 'number':
      return toNumber(wanted, context)
    case 'date':
      return toDate
    case 'time':
      return wanted === 'text' ? toCanonicalTime(toTime) : toTime
    case 'timestamp':
      return wanted === 'text'
        ? toCanonicalTime(toTimestamp(wanted, context))
        : toTimestamp(wanted, context)
    case 'text':
      return toText(wanted, context)
    case 'json':
      return toJson(context)
  }
}
