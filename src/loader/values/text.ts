/**
 * Replaces what a database cannot hold with U+FFFD, and counts it.
 * No database holds lone surrogates; some hold U+0000.
 */

import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'

const REPLACEMENT = '\ufffd'
const LONE_SURROGATES = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
// oxlint-disable-next-line no-control-regex -- matches what some databases refuse
const NULS = /\u0000/g

/** Cleans strings, and JSON values that contain strings. */
export class StringCleaner {
  /** The number of characters replaced so far. */
  replacedCount = 0
  readonly #holdsNul: boolean

  constructor(holdsNul: boolean) {
    this.#holdsNul = holdsNul
  }

  #replace = (): string => {
    this.replacedCount++
    return REPLACEMENT
  }

  cleanText(text: string): string {
    const paired = text.replace(LONE_SURROGATES, this.#replace)
    return this.#holdsNul ? paired : paired.replace(NULS, this.#replace)
  }

  /**
   * Returns a copy with clean strings and keys. A key that becomes equal to another gets one more
   * U+FFFD.
   */
  cleanValue(value: JsonValue): JsonValue {
    if (typeof value === 'string') return this.cleanText(value)
    if (Array.isArray(value)) return value.map((item) => this.cleanValue(item))
    if (!isJsonObject(value)) return value
    const clean: JsonObject = {}
    for (const [key, item] of Object.entries(value)) {
      let name = this.cleanText(key)
      while (Object.hasOwn(clean, name)) name += REPLACEMENT
      Object.defineProperty(clean, name, {
        value: this.cleanValue(item),
        enumerable: true,
        configurable: true,
        writable: true,
      })
    }
    return clean
  }
}
