/** Masks secrets as `***`, in every encoding in which a program could write them. */

import { inspect } from 'node:util'

/** Masking shorter strings would hide ordinary words. */
const MIN_SECRET_LENGTH = 4

/**
 * Base64 of the text on its own and inside a longer one. There it has three possible alignments,
 * each without the characters that depend on its neighbors.
 */
function base64Forms(text: string): string[] {
  const bytes = Buffer.from(text)
  const within = [0, 1, 2].map((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const end = Math.floor(((offset + bytes.length) * 8) / 6)
    return encoded.slice(Math.ceil((offset * 8) / 6), end)
  })
  const standard = [bytes.toString('base64').replace(/=+$/, ''), ...within]
  return [...standard, ...standard.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))]
}

/**
 * The forms in which a secret could leak: raw, JSON, Node's inspect, URL-encoded, hex and base64.
 */
function secretForms(secret: string): string[] {
  // A lone surrogate has no UTF-8, so it cannot be percent-encoded as it is.
  const url = encodeURIComponent(Buffer.from(secret).toString())
  const hex = Buffer.from(secret).toString('hex')
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    inspect(secret).slice(1, -1),
    url,
    url.replace(/%../g, (code) => code.toLowerCase()),
    hex,
    hex.toUpperCase(),
    ...base64Forms(secret),
  ]
}

/** A growing set of secrets, and the function that masks them. */
export class SecretMask {
  /** Longest first, so that a secret is masked whole even if another one is its prefix. */
  #secrets: readonly string[] = []

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) this.add(secret)
  }

  /** Ignores secrets of fewer than four characters. */
  add(secret: string): void {
    if (secret.length < MIN_SECRET_LENGTH) return
    const all = new Set([...this.#secrets, ...secretForms(secret)])
    this.#secrets = [...all].toSorted((a, b) => b.length - a.length)
  }

  /** The text with all secrets masked. Mask before cutting: half a secret is not recognized. */
  masked(text: string): string {
    return this.#secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text)
  }
}
