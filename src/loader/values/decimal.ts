/**
 * Converts decimals between the digits of a JSON number and a whole number of units of the last
 * digit. Decimal libraries allocate an object per number, which is too slow for loading.
 */

import type { NumberDigits } from '../dialect.ts'

/** Longer strings have more digits than any decimal column, or needless zeros. */
const MAX_CHARS = 200

const DECIMAL = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,6}))?$/

const SAFE_DIGITS = 15
const POINT = 46

/**
 * The fast case of `parseDecimal`: plain digits without a sign that fit a number; else undefined.
 */
function parsePlain(text: string, precision: number, scale: number): number | undefined {
  const { length } = text
  let point = length
  let units = 0
  for (let at = 0; at < length; at++) {
    const code = text.charCodeAt(at)
    if (code >= 48 && code <= 57) units = units * 10 + code - 48
    else if (code === POINT && point === length && at > 0) point = at
    else return undefined
  }
  const missingZeros = scale - Math.max(0, length - point - 1)
  const isPlain =
    length > 0 && missingZeros >= 0 && point + scale <= Math.min(precision, SAFE_DIGITS)
  return isPlain ? units * 10 ** missingZeros : undefined
}

/**
 * Returns the number in units of `10^-scale`, as a bigint where a number would round.
 * Undefined when the string is not a number, needs a smaller unit or more than `precision` digits.
 */
export function parseDecimal(
  text: string,
  precision: number,
  scale: number,
): number | bigint | undefined {
  return parsePlain(text, precision, scale) ?? parseAny(text, precision, scale)
}

function parseAny(text: string, precision: number, scale: number): number | bigint | undefined {
  const match = text.length <= MAX_CHARS ? DECIMAL.exec(text) : undefined
  if (!match) return undefined
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const digits = (whole + fraction).replace(/^0+/, '')
  if (whole === '' && fraction === '') return undefined
  if (digits === '') return 0
  const shift = Number(exponent) - fraction.length + scale
  const zeros = digits.length - digits.replace(/0+$/, '').length
  if (shift < -zeros || digits.length + shift > precision) return undefined
  const units = shift >= 0 ? digits + '0'.repeat(shift) : digits.slice(0, shift)
  const number = Number(units)
  if (Number.isSafeInteger(number)) return sign === '-' ? -number : number
  return sign === '-' ? -BigInt(units) : BigInt(units)
}

/** Returns plain digits with a point, without an exponent. */
export function formatDecimal(units: number | bigint, scale: number): string {
  if (scale === 0) return String(units)
  const digits = String(units < 0 ? -units : units).padStart(scale + 1, '0')
  const sign = units < 0n ? '-' : ''
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

/** Shorter numbers without an exponent fit every database. */
const ALWAYS_FITTING_CHARS = 100

/** Whether a JSON number, as it is written, has at most the given digits. */
export function hasDigitsWithin(text: string, { whole, fraction }: NumberDigits): boolean {
  if (text.length <= ALWAYS_FITTING_CHARS && !/e/i.test(text)) return true
  const [mantissa = '', exponent = '0'] = text.replace(/^-/, '').toLowerCase().split('e')
  const [before = '', after = ''] = mantissa.split('.')
  const digits = (before + after).replace(/^0+/, '').length
  const power = Number(exponent)
  const wholeDigits = digits === 0 ? 0 : digits - after.length + power
  return wholeDigits <= whole && after.length - power <= fraction
}
