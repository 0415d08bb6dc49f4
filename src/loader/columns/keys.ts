/**
 * Finds the row of a key within a batch.
 * A Map would keep every key a second time as a string; this hash table compares the stored cells.
 */

const INITIAL_SLOTS = 1024

/** The cells of a key column. */
export interface KeyCells {
  isNull: (row: number) => boolean
  /** Equal cells have equal hashes. */
  hash: (row: number) => number
  isSame: (a: number, b: number) => boolean
}

export class KeyIndex {
  /** Row + 1 in each slot; 0 is free. Never more than half full. */
  #rows = new Int32Array(INITIAL_SLOTS)
  /** The hash of each row. */
  #hashes = new Int32Array(INITIAL_SLOTS / 2)
  #count = 0

  /**
   * Returns the earlier row with the same key. If there is none, adds the row and returns
   * undefined.
   * @param row The row after the last one that was added.
   * @param keys The columns of the key. A later call may have more; there, earlier rows are null.
   */
  findOrAdd(row: number, keys: readonly KeyCells[]): number | undefined {
    const hash = hashOf(row, keys)
    const mask = this.#rows.length - 1
    let at = hash & mask
    for (; this.#rows[at] !== 0; at = (at + 1) & mask) {
      const other = (this.#rows[at] ?? 0) - 1
      if (this.#hashes[other] === hash && hasSameKey(row, other, keys)) return other
    }
    this.#rows[at] = row + 1
    this.#hashes[row] = hash
    if (++this.#count * 2 >= this.#rows.length) this.#grow()
    return undefined
  }

  #grow(): void {
    const hashes = this.#hashes
    this.#rows = new Int32Array(this.#rows.length * 2)
    this.#hashes = new Int32Array(this.#rows.length / 2)
    this.#hashes.set(hashes)
    const mask = this.#rows.length - 1
    for (let row = 0; row < this.#count; row++) {
      let at = (hashes[row] ?? 0) & mask
      while (this.#rows[at] !== 0) at = (at + 1) & mask
      this.#rows[at] = row + 1
    }
  }
}

/** Ignores null, so that an additional column changes no hash. */
function hashOf(row: number, keys: readonly KeyCells[]): number {
  let hash = 0
  for (const cells of keys) if (!cells.isNull(row)) hash = mix(hash + cells.hash(row))
  return hash
}

/** Spreads differences over all bits (the finalizer of MurmurHash3). */
function mix(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85eb_ca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35)
  return bits ^ (bits >>> 16)
}

function hasSameKey(a: number, b: number, keys: readonly KeyCells[]): boolean {
  for (const cells of keys) {
    if (!cells.isSame(a, b)) return false
  }
  return true
}
