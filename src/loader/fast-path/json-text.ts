/** JSON as `printJson(parseJson(...))` would print it, straight from its bytes. What would come out otherwise than it went in is refused. */

import { printJson } from '../../singer/json.ts'
import { LITERALS, type Cursor } from './cursor.ts'
import {
  isLengthAllowed,
  isNumberAllowed,
  type ObjectRules,
  type PropertyRules,
  type ValueRules,
} from '../schema/rules.ts'

const [QUOTE, BACKSLASH, COMMA, COLON] = [34, 92, 44, 58]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125]
const ZERO = 48
const NINE = 57
const SMALL_U = 117
const SLASH = 47
const MINUS = 45
const FIRST_PRINTABLE = 32
/** Smaller numbers are printed with an exponent. */
const SMALLEST_PLAIN = 1e-6
const MAX_DEPTH = 50
/** Of one object: each key is compared with those before it. */
const MAX_KEYS = 64

/** The second byte of escapes that `JSON.stringify` writes too. */
const KEPT_ESCAPES = new Set(Buffer.from('"\\bfnrt'))

export class JsonText {
  readonly #cursor: Cursor
  #out: Buffer = Buffer.alloc(0)
  #to = 0
  #depth = 0
  /** Hashes of the keys of the objects that are open. */
  readonly #keys = new Int32Array(MAX_DEPTH * MAX_KEYS)
  #keyCount = 0

  constructor(cursor: Cursor) {
    this.#cursor = cursor
  }

  /** Where what was written ends. */
  get end(): number {
    return this.#to
  }

  /** Where to write from. As many bytes as the rest of the line has are enough. */
  into(out: Buffer, to: number): void {
    this.#out = out
    this.#to = to
    this.#depth = 0
    this.#keyCount = 0
  }

  /** Writes the value at the cursor and moves behind it; false where it is none, or breaks the rules, or is for a slower reader. */
  write(rules: ValueRules): boolean {
    const byte = this.#cursor.source[this.#cursor.at] ?? 0
    switch (byte) {
      case QUOTE:
        return this.#string(rules)
      case OPEN_LIST:
        return rules.array !== undefined && this.#list(rules.array.items)
      case OPEN_OBJECT:
        return rules.object !== undefined && this.#object(rules.object)
      case 110:
        return rules.allowsNull && this.#literal(LITERALS.null)
      case 116:
        return rules.allowsBoolean && this.#literal(LITERALS.true)
      case 102:
        return rules.allowsBoolean && this.#literal(LITERALS.false)
      default:
        return this.number(rules)
    }
  }

  #put(byte: number): void {
    this.#out[this.#to++] = byte
  }

  #literal(bytes: Uint8Array): boolean {
    if (!this.#cursor.takeAll(bytes)) return false
    for (const byte of bytes) this.#put(byte)
    return true
  }

  /** As `String` prints a number that is exact, else its digits. */
  number(rules: ValueRules): boolean {
    const cursor = this.#cursor
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
    // There is room for as many bytes as were read.
    if (text.length > cursor.at - start) return false
    for (const char of text) this.#put(char.charCodeAt(0))
    return true
  }

  /** The digits from `start` to the cursor, without zeros at the end of a fraction. */
  #digits(start: number): void {
    const { source, at, fractionDigits } = this.#cursor
    let end = at
    if (fractionDigits > 0) {
      while (source[end - 1] === ZERO) end--
      if (end === at - fractionDigits) end--
    }
    for (let i = start; i < end; i++) this.#put(source[i] ?? 0)
  }

  #string({ string }: ValueRules): boolean {
    if (!string || string.format !== undefined) return false
    const start = this.#to
    return this.#text() && isLengthAllowed(string, this.#to - start - 2)
  }

  /** With its quotes, and the escapes that are needed. */
  #text(): boolean {
    const cursor = this.#cursor
    const { source } = cursor
    const out = this.#out
    let { at } = cursor
    let to = this.#to
    if (source[at] !== QUOTE) return false
    out[to++] = QUOTE
    for (;;) {
      const byte = source[++at] ?? 0
      if (byte > BACKSLASH || (byte >= FIRST_PRINTABLE && byte !== QUOTE && byte !== BACKSLASH)) {
        out[to++] = byte
      } else if (byte === QUOTE) {
        out[to++] = QUOTE
        cursor.at = at + 1
        this.#to = to
        return true
      } else if (byte === BACKSLASH) {
        cursor.at = at + 1
        to = this.#escape(to)
        if (to < 0) return false
        at = cursor.at - 1
      } else return false
    }
  }

  /** The escape whose second byte is at the cursor. */
  #escape(to: number): number {
    const cursor = this.#cursor
    const out = this.#out
    const letter = cursor.source[cursor.at] ?? 0
    if (letter === SMALL_U) {
      const end = cursor.longEscape(out, to)
      // What has to be escaped again is rare.
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

  #list(items: ValueRules): boolean {
    const cursor = this.#cursor
    if (++this.#depth > MAX_DEPTH) return false
    cursor.at++
    this.#put(OPEN_LIST)
    cursor.skipBlanks()
    if (!cursor.take(CLOSE_LIST)) {
      for (;;) {
        if (!this.write(items)) return false
        cursor.skipBlanks()
        if (cursor.take(CLOSE_LIST)) break
        if (!cursor.take(COMMA)) return false
        this.#put(COMMA)
        cursor.skipBlanks()
      }
    }
    this.#put(CLOSE_LIST)
    this.#depth--
    return true
  }

  #object(rules: ObjectRules): boolean {
    const cursor = this.#cursor
    if (++this.#depth > MAX_DEPTH) return false
    const firstKey = this.#keyCount
    cursor.at++
    this.#put(OPEN_OBJECT)
    cursor.skipBlanks()
    if (!cursor.take(CLOSE_OBJECT)) {
      for (;;) {
        if (!this.#member(rules, firstKey)) return false
        cursor.skipBlanks()
        if (cursor.take(CLOSE_OBJECT)) break
        if (!cursor.take(COMMA)) return false
        this.#put(COMMA)
        cursor.skipBlanks()
      }
    }
    this.#put(CLOSE_OBJECT)
    this.#keyCount = firstKey
    this.#depth--
    return true
  }

  #member({ properties, others }: ObjectRules, firstKey: number): boolean {
    const cursor = this.#cursor
    const start = this.#to
    if (!this.#text() || !this.#isNewKey(start, firstKey)) return false
    cursor.skipBlanks()
    if (!cursor.take(COLON)) return false
    const rules = this.#rulesOf(properties, start) ?? others
    this.#put(COLON)
    cursor.skipBlanks()
    return rules !== undefined && this.write(rules)
  }

  #rulesOf(properties: readonly PropertyRules[], start: number): ValueRules | undefined {
    const out = this.#out
    const length = this.#to - start
    for (const { key, rules } of properties) {
      if (key.length !== length) continue
      let at = 0
      while (at < length && key[at] === out[start + at]) at++
      if (at === length) return rules
    }
    return undefined
  }

  /** False also for keys that only look the same, and those that JavaScript would put before the others: they begin with a digit. */
  #isNewKey(start: number, firstKey: number): boolean {
    const out = this.#out
    const first = out[start + 1] ?? 0
    if ((first >= ZERO && first <= NINE) || this.#keyCount - firstKey >= MAX_KEYS) return false
    let hash = this.#to - start
    for (let at = start; at < this.#to; at++) hash = (Math.imul(hash, 31) + (out[at] ?? 0)) | 0
    for (let at = firstKey; at < this.#keyCount; at++) if (this.#keys[at] === hash) return false
    this.#keys[this.#keyCount++] = hash
    return true
  }
}
