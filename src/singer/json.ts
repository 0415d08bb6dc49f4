/**
 * JSON without loss, on top of `JSON.parse`: a library that parses every number itself would be
 * several times slower. Numbers that a JavaScript number would round (beyond 2^53, too many digits,
 * out of range) become `JsonNumber`. Everything else is what `JSON.parse` returns, including own
 * `__proto__` keys. Negative zero prints as 0.
 */

import { randomUUID } from 'node:crypto'

export type JsonValue = null | boolean | number | JsonNumber | string | JsonValue[] | JsonObject

/**
 * May own the key `__proto__`: copy it with spread or `Object.defineProperty`, never by assignment.
 */
export interface JsonObject {
  [key: string]: JsonValue
}

/**
 * Marks a `JsonNumber` between the two steps of parsing and printing. Random, so no data contains
 * it.
 */
const MARK = `\u{f8ff}${randomUUID()}:`
const MARKED = new RegExp(`"${MARK}([^"]*)"`, 'g')

const NUMBER = /-?\d[\d.eE+-]*/g
/** Matches a string that is one JSON number. */
export const VALID_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const WIDE_EXPONENT = /\d[eE][+-]?\d{3}/
const LOWER_E = 101
/** Every double represents this many digits exactly. */
const EXACT_DIGITS = 15
/** Length of `1e400`. */
const SHORTEST_INEXACT = 5

/** A number that no JavaScript number equals, as it was written. */
export class JsonNumber {
  /** A valid JSON number. */
  readonly text: string

  constructor(text: string) {
    this.text = text
  }

  /** What `JSON.stringify` sees; `printJson` turns it into the bare digits. */
  toJSON(): string {
    return MARK + this.text
  }
}

/** True for objects, false for null, arrays and `JsonNumber`. */
export function isJsonObject(value: JsonValue | undefined): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof JsonNumber)
  )
}

function isDigitOrPoint(code: number): boolean {
  return (code >= 48 && code <= 57) || code === 46
}

/**
 * True for a run of 16 digits. Such a run covers a position that is one less than a multiple of 16.
 */
function hasLongDigitRun(text: string): boolean {
  for (let probe = 15; probe < text.length; probe += 16) {
    if (!isDigitOrPoint(text.charCodeAt(probe))) continue
    let from = probe
    let to = probe
    while (from > 0 && isDigitOrPoint(text.charCodeAt(from - 1))) from--
    while (to + 1 < text.length && isDigitOrPoint(text.charCodeAt(to + 1))) to++
    if (to - from >= 15) return true
  }
  return false
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57
}

/**
 * True if `WIDE_EXPONENT` may match: one of its last three digits is at a position that is one less
 * than a multiple of 3.
 */
function mayHaveWideExponent(text: string): boolean {
  for (let probe = 2; probe < text.length; probe += 3) {
    if (!isDigit(text.charCodeAt(probe))) continue
    let from = probe
    while (from > probe - 2 && isDigit(text.charCodeAt(from - 1))) from--
    const before = text.charCodeAt(from - 1)
    const at = before === 43 || before === 45 ? from - 2 : from - 1
    if ((text.charCodeAt(at) | 32) === LOWER_E && isDigit(text.charCodeAt(at - 1))) return true
  }
  return false
}

/** A regular expression would take quadratic time on a long run of zeros. */
function withoutTrailingZeros(text: string): string {
  let end = text.length
  while (end > 0 && text.charCodeAt(end - 1) === 48) end--
  return text.slice(0, end)
}

/**
 * The absolute value of a decimal string as `digits e exponent` without redundant zeros, to compare
 * two spellings. Zero has no digits.
 */
export function canonicalDecimal(text: string): string {
  const [mantissa = '', exponent = '0'] = text.replace(/^-/, '').toLowerCase().split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const significant = withoutTrailingZeros(digits)
  return `${significant}e${Number(exponent) - fraction.length + digits.length - significant.length}`
}

/** True if a JavaScript number equals the number in the text exactly. */
function isExact(text: string): boolean {
  const number = Number(text)
  if (!Number.isFinite(number)) return false
  if (!Number.isInteger(number) && String(number) === text) return true
  if (number === 0) return /^-?[0.]+(?:[eE]|$)/.test(text)
  if (Number.isInteger(number) && !Number.isSafeInteger(number) && !/[.eE]/.test(text)) return false
  return canonicalDecimal(text) === canonicalDecimal(String(number))
}

/** Marks the inexact numbers of a text outside of strings. */
function markNumbers(text: string): string {
  if (text.length < SHORTEST_INEXACT) return text
  return text.replace(NUMBER, (token) =>
    (token.length > EXACT_DIGITS || WIDE_EXPONENT.test(token)) &&
    VALID_NUMBER.test(token) &&
    !isExact(token)
      ? `"${MARK}${token}"`
      : token,
  )
}

/**
 * The end of the string that opens at `open`: the index of its closing quote, or the text's length.
 */
function closingQuote(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === 92) backslashes++
    if (backslashes % 2 === 0) return at
  }
  return text.length
}

function markOutsideStrings(text: string): string {
  let marked = ''
  let from = 0
  for (let open = text.indexOf('"'); open !== -1; open = text.indexOf('"', from)) {
    const close = closingQuote(text, open)
    marked += markNumbers(text.slice(from, open)) + text.slice(open, close + 1)
    from = close + 1
  }
  return marked + markNumbers(text.slice(from))
}

/** Throws SyntaxError for invalid JSON. */
export function parseJson(text: string): JsonValue {
  if (!hasLongDigitRun(text) && !mayHaveWideExponent(text)) return JSON.parse(text) as JsonValue
  const marked = markOutsideStrings(text)
  if (marked.length === text.length) return JSON.parse(text) as JsonValue
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(MARK)
      ? new JsonNumber(value.slice(MARK.length))
      : value,
  ) as JsonValue
}

/**
 * JSON with the original digits of each `JsonNumber`. Throws RangeError if nested too deeply.
 * @param indent spaces for each level. @default everything in one line
 */
export function printJson(value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent)
  return text.includes(MARK) ? text.replace(MARKED, '$1') : text
}
