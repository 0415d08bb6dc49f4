/**
 * JSON strings, numbers and literals as `printJson(parseJson(...))` prints them, from their bytes.
 * What would be printed differently from its source is left to the slow path.
 */

import { printJson } from '../../singer/json.ts'
import { isNumberAllowed, type ValueRules } from '../schema/rules.ts'
import type { Cursor } from './cursor.ts'

const [QUOTE, SLASH, MINUS, ZERO, BACKSLASH, SMALL_U] = [34, 47, 45, 48, 92, 117]
const FIRST_PRINTABLE = 32
/** Smaller numbers are printed with an exponent. */
const SMALLEST_PLAIN = 1e-6

/** The second byte of the escapes that `JSON.stringify` writes, too. */
const KEPT_ESCAPES = new Set(Buffer.from('"\\bfnrt'))

export class JsonScalars {
  protected readonly cursor: Cursor
  protected out: Buffer = Buffer.alloc(0)
  protected to = 0

  constructor(cursor: Cursor) {
    this.cursor = cursor
  }

  /** Where the output ends. */
  get end(): number {
    return this.to
  }

  /**
   * Sets where to write. There must be room for as many bytes as the rest of the line has: no value
   * is printed longer than its source.
   */
  writeTo(out: Buffer, to: number): void {
    this.out = out
    this.to = to
  }

  protected put(byte: number): void {
    this.out[this.to++] = byte
  }

  protected literal(bytes: Uint8Array): boolean {
    if (!this.cursor.skipAll(bytes)) return false
    for (const byte of bytes) this.put(byte)
    return true
  }

  /** Reads a number that the rules allow, and prints it. */
  number(rules: ValueRules): boolean {
    const cursor = this.cursor
    const start = cursor.at
    const number = cursor.plainNumber()
    const size = Math.abs(number)
    if (size >= SMALLEST_PLAIN || (number === 0 && cursor.source[start] !== MINUS)) {
      if (!isNumberAllowed(rules, number)) return false
      this.#digits(start)
      return true
    }
    cursor.at = start
    const exact = cursor.anyNumber()
    if (typeof exact !== 'number' || !isNumberAllowed(rules, exact)) return false
    const text = printJson(exact)
    // The output has room for as many bytes as were read.
    if (text.length > cursor.at - start) return false
    for (const char of text) this.put(char.charCodeAt(0))
    return true
  }

  /** Prints the digits from `start` to the cursor without trailing zeros of the fraction. */
  #digits(start: number): void {
    const { source, at, fractionDigits } = this.cursor
    let end = at
    if (fractionDigits > 0) {
      while (source[end - 1] === ZERO) end--
      if (end === at - fractionDigits) end--
    }
    for (let i = start; i < end; i++) this.put(source[i] ?? 0)
  }

  /** Reads a string and prints it with its quotes and the escapes that it needs. */
  protected text(): boolean {
    const cursor = this.cursor
    const { source } = cursor
    const out = this.out
    let { at } = cursor
    let to = this.to
    if (source[at] !== QUOTE) return false
    out[to++] = QUOTE
    for (;;) {
      const byte = source[++at] ?? 0
      if (byte > BACKSLASH || (byte >= FIRST_PRINTABLE && byte !== QUOTE && byte !== BACKSLASH)) {
        out[to++] = byte
      } else if (byte === QUOTE) {
        out[to++] = QUOTE
        cursor.at = at + 1
        this.to = to
        return true
      } else if (byte === BACKSLASH) {
        cursor.at = at + 1
        to = this.#escape(to)
        if (to < 0) return false
        at = cursor.at - 1
      } else return false
    }
  }

  /** Prints the escape whose second byte is at the cursor. Returns the end of the output, or -1. */
  #escape(to: number): number {
    const cursor = this.cursor
    const out = this.out
    const letter = cursor.source[cursor.at] ?? 0
    if (letter === SMALL_U) {
      const end = cursor.longEscape(out, to)
      // A character that needs another escape is rare.
      const first = out[to] ?? 0
      return first < FIRST_PRINTABLE || first === QUOTE || first === BACKSLASH ? -1 : end
    }
    cursor.at++
    if (letter === SLASH) out[to++] = SLASH
    else if (KEPT_ESCAPES.has(letter)) {
      out[to++] = BACKSLASH
      out[to++] = letter
    } else return -1
    return to
  }
}
