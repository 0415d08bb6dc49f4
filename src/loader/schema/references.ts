/**
 * Resolves `$ref`s within one schema document, and finds those that never end. Remote documents are
 * never fetched.
 */

import { decodePercent } from '../../urls/percent-decoding.ts'
import { isJsonObject, type JsonObject, type JsonValue } from '../../singer/json.ts'

/** The most schemas that one value is checked against: more than any real tap needs. */
export const MAX_EXPANSION = 1000
const MAX_STEPS = 500
/** Keywords whose schemas apply to the value itself, not to a part of it. */
const ALTERNATIVES = ['anyOf', 'oneOf', 'allOf'] as const
export type Alternative = (typeof ALTERNATIVES)[number]

/** The target of a `$ref` within the same document; undefined for any other value. */
export function referenced(
  pointer: JsonValue | undefined,
  root: JsonObject,
): JsonValue | undefined {
  if (typeof pointer !== 'string' || !pointer.startsWith('#')) return undefined
  let at: JsonValue | undefined = root
  for (const part of pointer.slice(1).split('/').slice(1)) {
    const key = decodePercent(part).replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(at)) at = at[Number(key)]
    else at = isJsonObject(at) && Object.hasOwn(at, key) ? at[key] : undefined
  }
  return at
}

/** The members of `anyOf`, `oneOf` and `allOf`, or of the given keywords. */
export function alternatives(
  schema: JsonObject,
  keywords: readonly Alternative[] = ALTERNATIVES,
): JsonValue[] {
  return keywords.flatMap((keyword) => {
    const members = schema[keyword]
    return Array.isArray(members) ? members : []
  })
}

/** Counts how many schemas a value would be checked against. Counts each schema only once. */
export class Expansions {
  readonly #root: JsonObject
  readonly #sizes = new Map<JsonObject, number>()

  constructor(root: JsonObject) {
    this.#root = root
  }

  /** Infinity if a reference leads back to its own schema for the same value. */
  sizeOf(schema: JsonValue | undefined, steps = 0): number {
    if (schema === undefined || !isJsonObject(schema)) return 1
    if (steps > MAX_STEPS) return Infinity
    const known = this.#sizes.get(schema)
    if (known !== undefined) return known
    this.#sizes.set(schema, Infinity)
    const parts = [...alternatives(schema), schema['not'], this.targetOf(schema)]
    const size = parts
      .filter((part) => part !== undefined)
      .reduce<number>((sum, part) => sum + this.sizeOf(part, steps + 1), 1)
    this.#sizes.set(schema, size)
    return size
  }

  targetOf(schema: JsonObject): JsonValue | undefined {
    return referenced(schema['$ref'], this.#root)
  }
}
