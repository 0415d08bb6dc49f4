/**
 * A position in the bytes of a JSON text, and the smallest steps of a parser. The text ends with a
 * line end, so no step leaves it.
 */

import { parseJson, VALID_NUMBER, type JsonNumber } from '../../singer/json.ts'

const QUOTE = 34
const PLUS = 43
const MINUS = 45
const POINT = 46
const ZERO = 48
const NINE = 57
const BACKSLASH = 92
const SMALL_U = 117
const FIRST_PRINTABLE = 32
/** Of `uXXXX`. */
const ESCAPE_BYTES = 5
/**
 * Every integer of at most 15 digits is exact as a double. Its quotient by an exact power of ten is
 * rounded once, so it is the nearest double, as `JSON.parse` returns it.
 */
const EXACT_DIGITS = 15
const POWERS_OF_TEN = Array.from({ length: EXACT_DIGITS + 1 }, (_, power) => 10 ** power)

/** The character of a two-byte escape, by its second byte; 0 for other bytes. */
const SHORT_ESCAPES = new Uint8Array(256)
for (const [letter, text] of Object.entries({
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
})) {
  SHORT_ESCAPES[letter.charCodeAt(0)] = text.charCodeAt(0)
}

export const LITERALS = {
  null: Buffer.from('null'),
  true: Buffer.from('true'),
  false: Buffer.from('false'),
}

export class Cursor {
  source: Buffer = Buffer.from('\n')
  at = 0
  /** Digits after the point of the number that `plainNumber` read last. */
  fractionDigits = 0

  /** Skips JSON whitespace. A line end is not skipped, because it ends the text. */
  skipWhitespace(): void {
    const { source } = this
    let { at } = this
    for (let byte = source[at]; byte === 32 || byte === 9 || byte === 13; byte = source[++at]);
    this.at = at
  }

  /** Skips the byte if it is the next one. */
  skip(byte: number): boolean {
    if (this.source[this.at] !== byte) return false
    this.at++
    return true
  }

  /** Skips the bytes if they are the next ones. */
  skipAll(bytes: Uint8Array): boolean {
    const { source, at } = this
    for (let i = 0; i < bytes.length; i++) if (source[at + i] !== bytes[i]) return false
    this.at = at + bytes.length
    return true
  }

  /**
   * Reads a number of at most 15 digits without an exponent, as `JSON.parse` does. Returns NaN, and
   * does not move, for anything else.
   */
  plainNumber(): number {
    const { source } = this
    let { at } = this
    const isNegative = source[at] === MINUS
    if (isNegative) at++
    const first = at
    let digits = 0
    let byte = source[at] ?? 0
    for (; byte >= ZERO && byte <= NINE; byte = source[++at] ?? 0)
      digits = digits * 10 + byte - ZERO
    const whole = at - first
    if (whole === 0 || (whole > 1 && source[first] === ZERO)) return Number.NaN
    let fraction = 0
    if (byte === POINT) {
      const point = at
      byte = source[++at] ?? 0
      for (; byte >= ZERO && byte <= NINE; byte = source[++at] ?? 0)
        digits = digits * 10 + byte - ZERO
      fraction = at - point - 1
      if (fraction === 0) return Number.NaN
    }
    if (whole + fraction > EXACT_DIGITS || (byte | 32) === 101) return Number.NaN
    this.at = at
    this.fractionDigits = fraction
    const size = fraction === 0 ? digits : digits / (POWERS_OF_TEN[fraction] ?? 1)
    return isNegative ? -size : size
  }

  /** Reads any JSON number without loss. Does not move, and returns undefined, otherwise. */
  anyNumber(): number | JsonNumber | undefined {
    const { source, at } = this
    let end = at
    for (let byte = source[end] ?? 0; isNumberByte(byte); byte = source[++end] ?? 0);
    const text = source.toString('latin1', at, end)
    if (!VALID_NUMBER.test(text)) return undefined
    this.at = end
    return parseJson(text) as number | JsonNumber
  }

  /**
   * Reads a JSON string and writes its characters to `out`, from `to`, as UTF-8. Returns the end of
   * what it wrote, or -1 for anything else, U+0000 and lone surrogates included.
   */
  string(out: Buffer, to: number): number {
    const { source } = this
    let { at } = this
    if (source[at] !== QUOTE) return -1
    for (;;) {
      const byte = source[++at] ?? 0
      if (byte > BACKSLASH || (byte >= FIRST_PRINTABLE && byte !== QUOTE && byte !== BACKSLASH)) {
        out[to++] = byte
      } else if (byte === QUOTE) {
        this.at = at + 1
        return to
      } else if (byte === BACKSLASH) {
        const short = SHORT_ESCAPES[source[++at] ?? 0] ?? 0
        if (short > 0) out[to++] = short
        else {
          this.at = at
          to = this.longEscape(out, to)
          if (to < 0) return -1
          at = this.at - 1
        }
      } else return -1
    }
  }

  /**
   * Writes the character of a `\u` escape, whose `u` is next. Returns the end of what it wrote, or
   * -1 for an invalid escape, U+0000 and lone surrogates.
   */
  longEscape(out: Buffer, to: number): number {
    const { source } = this
    let code = escapedCode(source, this.at)
    this.at += ESCAPE_BYTES
    if (code >= 0xd800 && code <= 0xdfff) {
      const low = code < 0xdc00 && this.skip(BACKSLASH) ? escapedCode(source, this.at) : -1
      if (low < 0xdc00 || low > 0xdfff) return -1
      this.at += ESCAPE_BYTES
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00)
    }
    return code <= 0 ? -1 : writeUtf8(code, out, to)
  }
}

/** The code of the `uXXXX` at `at`, or -1. */
function escapedCode(source: Uint8Array, at: number): number {
  if (source[at] !== SMALL_U) return -1
  let code = 0
  for (let i = 1; i < ESCAPE_BYTES; i++) {
    const byte = source[at + i] ?? 0
    const letter = byte | 32
    if (byte >= ZERO && byte <= NINE) code = code * 16 + byte - ZERO
    else if (letter >= 97 && letter <= 102) code = code * 16 + letter - 87
    else return -1
  }
  return code
}

function isNumberByte(byte: number): boolean {
  const isDigit = byte >= ZERO && byte <= NINE
  return isDigit || byte === POINT || byte === PLUS || byte === MINUS || (byte | 32) === 101
}

function writeUtf8(code: number, out: Buffer, to: number): number {
  if (code < 0x80) {
    out[to++] = code
    return to
  }
  if (code < 0x800) out[to++] = 0xc0 | (code >> 6)
  else {
    if (code < 0x10000) out[to++] = 0xe0 | (code >> 12)
    else {
      out[to++] = 0xf0 | (code >> 18)
      out[to++] = 0x80 | ((code >> 12) & 63)
    }
    out[to++] = 0x80 | ((code >> 6) & 63)
  }
  out[to++] = 0x80 | (code & 63)
  return to
}
