/**
 * JSON as `printJson(parseJson(...))` prints it, from its bytes. What would be printed differently
 * from its source is left to the slow path.
 */

import {
  isLengthAllowed,
  type ObjectRules,
  type PropertyRules,
  type ValueRules,
} from '../schema/rules.ts'
import { LITERALS } from './cursor.ts'
import { JsonScalars } from './json-scalars.ts'
import { KeySet, MAX_DEPTH } from './key-set.ts'

const [QUOTE, COMMA, ZERO, NINE, COLON] = [34, 44, 48, 57, 58]
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [91, 93, 123, 125]
const [LETTER_F, LETTER_N, LETTER_T] = [102, 110, 116]

export class JsonText extends JsonScalars {
  #depth = 0
  readonly #keys = new KeySet()

  override writeTo(out: Buffer, to: number): void {
    super.writeTo(out, to)
    this.#depth = 0
    this.#keys.clear()
  }

  /** Reads a value that the rules allow, and prints it. False for anything else. */
  write(rules: ValueRules): boolean {
    const byte = this.cursor.source[this.cursor.at] ?? 0
    switch (byte) {
      case QUOTE:
        return this.#string(rules)
      case OPEN_LIST:
        return rules.array !== undefined && this.#list(rules.array.items)
      case OPEN_OBJECT:
        return rules.object !== undefined && this.#object(rules.object)
      case LETTER_N:
        return rules.allowsNull && this.literal(LITERALS.null)
      case LETTER_T:
        return rules.allowsBoolean && this.literal(LITERALS.true)
      case LETTER_F:
        return rules.allowsBoolean && this.literal(LITERALS.false)
      default:
        return this.number(rules)
    }
  }

  #string({ string }: ValueRules): boolean {
    if (!string || string.format !== undefined) return false
    const start = this.to
    return this.text() && isLengthAllowed(string, this.to - start - 2)
  }

  #list(items: ValueRules): boolean {
    const cursor = this.cursor
    if (++this.#depth > MAX_DEPTH) return false
    cursor.at++
    this.put(OPEN_LIST)
    cursor.skipWhitespace()
    if (!cursor.skip(CLOSE_LIST)) {
      for (;;) {
        if (!this.write(items)) return false
        cursor.skipWhitespace()
        if (cursor.skip(CLOSE_LIST)) break
        if (!cursor.skip(COMMA)) return false
        this.put(COMMA)
        cursor.skipWhitespace()
      }
    }
    this.put(CLOSE_LIST)
    this.#depth--
    return true
  }

  #object(rules: ObjectRules): boolean {
    const cursor = this.cursor
    if (++this.#depth > MAX_DEPTH) return false
    const firstKey = this.#keys.size
    cursor.at++
    this.put(OPEN_OBJECT)
    cursor.skipWhitespace()
    if (!cursor.skip(CLOSE_OBJECT)) {
      for (;;) {
        if (!this.#member(rules, firstKey)) return false
        cursor.skipWhitespace()
        if (cursor.skip(CLOSE_OBJECT)) break
        if (!cursor.skip(COMMA)) return false
        this.put(COMMA)
        cursor.skipWhitespace()
      }
    }
    this.put(CLOSE_OBJECT)
    this.#keys.truncate(firstKey)
    this.#depth--
    return true
  }

  #member({ properties, others }: ObjectRules, firstKey: number): boolean {
    const cursor = this.cursor
    const start = this.to
    if (!this.text() || !this.#addKey(start, firstKey)) return false
    cursor.skipWhitespace()
    if (!cursor.skip(COLON)) return false
    const rules = this.#rulesOf(properties, start) ?? others
    this.put(COLON)
    cursor.skipWhitespace()
    return rules !== undefined && this.write(rules)
  }

  #rulesOf(properties: readonly PropertyRules[], start: number): ValueRules | undefined {
    const out = this.out
    const length = this.to - start
    for (const { key, rules } of properties) {
      if (key.length !== length) continue
      let at = 0
      while (at < length && key[at] === out[start + at]) at++
      if (at === length) return rules
    }
    return undefined
  }

  /**
   * False for a key that the object may already have, and for one that begins with a digit:
   * JavaScript moves such keys before the others.
   */
  #addKey(start: number, firstKey: number): boolean {
    const { out, to } = this
    const first = out[start + 1] ?? 0
    if (first >= ZERO && first <= NINE) return false
    let hash = to - start
    for (let at = start; at < to; at++) hash = (Math.imul(hash, 31) + (out[at] ?? 0)) | 0
    return this.#keys.add(hash, firstKey)
  }
}
