/** Which rows and cursors of a list are repeated, in bounded memory for a list of any length. */

import { createHash } from 'node:crypto'
import { printJson, type JsonObject, type JsonValue } from '../../singer/json.ts'

/** Longer keys are replaced by a digest. */
const MAX_KEY_CHARS = 64
/** Keys of each of the two generations: the rows of about 300 pages. */
const GENERATION = 32_768
const MAX_SAMPLE = 1024
const LAST_MASK = 2 ** 31 - 1

export type Key = number | string

/** The value as a key: two values have the same key only if they are equal. */
export function keyOf(value: JsonValue): Key {
  if (typeof value === 'number') return value
  const text = printJson(value)
  return text.length > MAX_KEY_CHARS ? createHash('sha256').update(text).digest('base64') : text
}

/** The row's id, which stays when other fields change; the whole row if it has no id. */
export function rowKey(row: JsonObject): Key {
  return keyOf(row['id'] ?? row)
}

/**
 * The latest keys, at least GENERATION and at most twice as many. A known key was certainly added
 * before. An older key counts as new, so callers must not rely on it.
 */
export class RecentKeys {
  #young = new Set<Key>()
  #old = new Set<Key>()

  /** Adds the key. True if it is not among the latest keys. */
  add(key: Key): boolean {
    if (this.#young.has(key) || this.#old.has(key)) return false
    this.#young.add(key)
    if (this.#young.size >= GENERATION) {
      this.#old = this.#young
      this.#young = new Set()
    }
    return true
  }
}

/** FNV-1a with a final mix. It only picks the sample, so hash collisions do no harm. */
function hashOf(key: Key): number {
  const text = String(key)
  let hash = 0x811c_9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x0100_0193)
  hash = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2_ae35)
  return hash ^ (hash >>> 16)
}

/**
 * A sample of all keys, picked by their hash, with the number of times that each was added. The
 * more keys there are, the smaller the sampled part. Counts are exact: a key is counted from its
 * first time.
 */
export class KeySample {
  readonly #counts = new Map<Key, number>()
  #total = 0
  #mask = 0

  add(key: Key): void {
    if ((hashOf(key) & this.#mask) !== 0) return
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    this.#total++
    if (this.#counts.size > MAX_SAMPLE && this.#mask < LAST_MASK) this.#thin()
  }

  /** How many times a sampled key was added, on average. */
  get timesEach(): number {
    return this.#counts.size === 0 ? 0 : this.#total / this.#counts.size
  }

  #thin(): void {
    this.#mask = this.#mask * 2 + 1
    for (const [key, count] of this.#counts) {
      if ((hashOf(key) & this.#mask) === 0) continue
      this.#counts.delete(key)
      this.#total -= count
    }
  }
}
