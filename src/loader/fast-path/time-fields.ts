/** Dates and times straight from their digits, as `parseDate` and `parseDateTime` read them in their usual spelling. */

import { daysOf } from '../../rfc3339.ts'
import type { Cells, Int64Cells } from '../columns/cells.ts'
import { isLengthAllowed } from '../schema/rules.ts'
import { ScalarField, type FieldOptions } from './scalar-field.ts'

const [QUOTE, PLUS, MINUS, POINT, ZERO, COLON] = [34, 43, 45, 46, 48, 58]
const CAPITAL_T = 84
const CAPITAL_Z = 90
const SECONDS_PER_DAY = 86_400
/** Less than every sum that it can become part of. */
const NO_DIGIT = -1e9

function digitAt(source: Uint8Array, at: number): number {
  const digit = (source[at] ?? 0) - ZERO
  return digit >= 0 && digit <= 9 ? digit : NO_DIGIT
}

function twoDigits(source: Uint8Array, at: number): number {
  return digitAt(source, at) * 10 + digitAt(source, at + 1)
}

/** Days since 1970-01-01 of the `YYYY-MM-DD` at `at`. */
function daysAt(source: Uint8Array, at: number): number | undefined {
  if (source[at + 4] !== MINUS || source[at + 7] !== MINUS) return undefined
  const year = twoDigits(source, at) * 100 + twoDigits(source, at + 2)
  return daysOf(year, twoDigits(source, at + 5), twoDigits(source, at + 8))
}

const DATE_BYTES = 10

export class DateField extends ScalarField {
  readonly #cells: Cells

  constructor(options: FieldOptions) {
    super(options)
    this.#cells = options.cells
  }

  protected override readPlain(row: number): boolean {
    const { cursor } = this.tools
    const { source, at } = cursor
    const rules = this.rules.string
    const end = at + 1 + DATE_BYTES
    if (!rules || rules.format === 'date-time' || source[at] !== QUOTE) return false
    const days = daysAt(source, at + 1)
    if (days === undefined || source[end] !== QUOTE || !isLengthAllowed(rules, DATE_BYTES))
      return false
    cursor.at = end + 1
    this.#cells.set(row, days)
    return true
  }
}

/** `YYYY-MM-DDTHH:MM:SS`, a fraction of at most six digits, and `Z` or an offset. */
export class TimestampField extends ScalarField {
  readonly #cells: Int64Cells
  /** Where the clock's text ended that `#micros` read. */
  #end = 0

  constructor(options: FieldOptions) {
    super(options)
    this.#cells = options.cells as Int64Cells
  }

  protected override readPlain(row: number): boolean {
    const { cursor } = this.tools
    const { source, at } = cursor
    const rules = this.rules.string
    if (!rules || rules.format === 'date' || source[at] !== QUOTE) return false
    const days = daysAt(source, at + 1)
    if (days === undefined || source[at + 11] !== CAPITAL_T) return false
    const clock = this.#clock(source, at + 12)
    const offset = this.#offset(source, this.#end)
    const micros = (days * SECONDS_PER_DAY - offset) * 1e6 + clock
    if (clock < 0 || !Number.isSafeInteger(micros) || source[this.#end] !== QUOTE) return false
    if (!isLengthAllowed(rules, this.#end - at - 1)) return false
    cursor.at = this.#end + 1
    this.#cells.set(row, micros)
    return true
  }

  /** Microseconds since midnight; negative for no time of a day. */
  #clock(source: Uint8Array, at: number): number {
    const hours = twoDigits(source, at)
    const minutes = twoDigits(source, at + 3)
    const seconds = twoDigits(source, at + 6)
    this.#end = at + 8
    if (source[at + 2] !== COLON || source[at + 5] !== COLON) return NO_DIGIT
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59 || seconds < 0 || seconds > 59)
      return NO_DIGIT
    return ((hours * 60 + minutes) * 60 + seconds) * 1e6 + this.#fraction(source)
  }

  #fraction(source: Uint8Array): number {
    if (source[this.#end] !== POINT) return 0
    let unit = 1e6
    let micros = 0
    for (let digit = digitAt(source, ++this.#end); digit >= 0; digit = digitAt(source, ++this.#end))
      micros += digit * (unit /= 10)
    return unit >= 1 && unit < 1e6 ? Math.round(micros) : NO_DIGIT * 1e6
  }

  /** Seconds east of UTC; NaN where no zone stands. */
  #offset(source: Uint8Array, at: number): number {
    const sign = source[at]
    if (sign === CAPITAL_Z) {
      this.#end = at + 1
      return 0
    }
    if ((sign !== PLUS && sign !== MINUS) || source[at + 3] !== COLON) return Number.NaN
    const hours = twoDigits(source, at + 1)
    const minutes = twoDigits(source, at + 4)
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return Number.NaN
    this.#end = at + 6
    return (sign === MINUS ? -1 : 1) * (hours * 3600 + minutes * 60)
  }
}
