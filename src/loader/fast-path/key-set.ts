/** Hashes of the keys of the objects that are open while JSON is read. */

/** Of lists and objects within each other. */
export const MAX_DEPTH = 50
/** Of one object, because each key is compared with all before it. */
const MAX_KEYS = 64

export class KeySet {
  readonly #hashes = new Int32Array(MAX_DEPTH * MAX_KEYS)
  #size = 0

  /** Keys of all open objects. */
  get size(): number {
    return this.#size
  }

  clear(): void {
    this.#size = 0
  }

  /** Forgets the keys of an object that was closed. */
  truncate(size: number): void {
    this.#size = size
  }

  /**
   * Adds a key of the innermost object. Returns false if the object may already have it, or has too
   * many.
   * @param first the size when the object was opened.
   */
  add(hash: number, first: number): boolean {
    if (this.#size - first >= MAX_KEYS) return false
    for (let at = first; at < this.#size; at++) if (this.#hashes[at] === hash) return false
    this.#hashes[this.#size++] = hash
    return true
  }
}
