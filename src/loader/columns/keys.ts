/** Which row of a batch has which key: a hash table over the rows' own cells, so that no key is kept twice. */

const FIRST_PLACES = 1024

/** What is asked of the cells of a key's column. */
export interface KeyCells {
  isNull: (row: number) => boolean
  /** The same for rows whose cells are the same. */
  hash: (row: number) => number
  isSame: (a: number, b: number) => boolean
}

export class KeyIndex {
  /** Row + 1 for each place; 0 is free. Never more than half full. */
  #rows = new Int32Array(FIRST_PLACES)
  /** Of each row. */
  #hashes = new Int32Array(FIRST_PLACES / 2)
  #count = 0

  /**
   * The earlier row with the same key as the row, or undefined, and then the row is known from now on.
   * @param row the next one behind those that are known.
   * @param keys the columns of the key. More may come later; in those, earlier rows are null.
   */
  place(row: number, keys: readonly KeyCells[]): number | undefined {
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

/** Null counts for nothing, so that a column more changes no hash. */
function hashOf(row: number, keys: readonly KeyCells[]): number {
  let hash = 0
  for (const cells of keys) if (!cells.isNull(row)) hash = mixed(hash + cells.hash(row))
  return hash
}

/** Spreads the differences over all bits (the finisher of MurmurHash3). */
function mixed(hash: number): number {
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
