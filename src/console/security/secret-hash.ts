/** Random secrets, and their hashes: who reads a stored hash cannot log in with it. */

import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

const SECRET_BYTES = 32

/** For cookies and links: 256 random bits. */
export function createSecret(): string {
  return randomBytes(SECRET_BYTES).toString('base64url')
}

/** SHA-256 is enough, because the secret is random and long. */
export function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

/** Compares in constant time. */
export function hasHash(secret: string, hash: string): boolean {
  const [a, b] = [Buffer.from(hashOf(secret)), Buffer.from(hash)]
  return a.length === b.length && timingSafeEqual(a, b)
}
