/** Returns numbers from 0 (inclusive) to 1 (exclusive). */
export type Random = () => number

/**
 * A random generator with a seed (a Weyl sequence, mixed by multiply and xor-shift). Same on every
 * machine.
 */
export function seededRandom(seed: number): Random {
  let weyl = seed >>> 0
  return () => {
    weyl = (weyl + 0x9e37_79b9) >>> 0
    let mixed = Math.imul(weyl ^ (weyl >>> 16), 0x21f0_aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }
}

/** A random integer from `from` to `to`, both inclusive. */
export function between(random: Random, from: number, to: number): number {
  return from + Math.floor(random() * (to - from + 1))
}

/** A random item of the list. Throws RangeError for an empty list. */
export function pick<T>(random: Random, list: readonly T[]): T {
  const found = list[Math.floor(random() * list.length)]
  if (found === undefined) throw new RangeError('Cannot pick from an empty list.')
  return found
}
