/**
 * Hashes keys for comparison within this process.
 * node:crypto hashes need one call and one buffer per key; this runs in place on the stored bytes.
 */

import { randomBytes } from 'node:crypto'

/** Random, so that an input cannot choose keys that all have the same hash. */
export const SEED = randomBytes(4).readInt32LE()

export function hashed(hash: number, code: number): number {
  const product = Math.imul(hash ^ code, 0x9e37_79b1)
  return product ^ (product >>> 15)
}

export function textHash(text: string): number {
  let hash = SEED
  for (let i = 0; i < text.length; i++) hash = hashed(hash, text.charCodeAt(i))
  return hash
}
