/** Secrets that must not be written: each is replaced by `***`, in every form in which a program could write it. */

import { inspect } from 'node:util'

/** Shorter texts are no secrets, and masking them would hide ordinary words. */
const MIN_SECRET_LENGTH = 4

/** Base64 of the text at each of the three places where it can stand within a longer one, without what it shares with its neighbours. */
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

/** The forms in which a secret could leak: as it is, within a JSON text or a message of Node, URL-encoded, in hex and in base64. */
function secretForms(secret: string): string[] {
  // Half of a surrogate pair has no UTF-8, and so no percent-encoding.
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

export class SecretMask {
  /** Longest first, so that one that begins like another is not masked in part. */
  #secrets: readonly string[] = []

  constructor(secrets: Iterable<string> = []) {
    for (const secret of secrets) this.add(secret)
  }

  /** Texts of less than four characters are left out. */
  add(secret: string): void {
    if (secret.length < MIN_SECRET_LENGTH) return
    const all = new Set([...this.#secrets, ...secretForms(secret)])
    this.#secrets = [...all].toSorted((a, b) => b.length - a.length)
  }

  /** To be applied before a text is cut, for half a secret is not recognised. */
  masked(text: string): string {
    return this.#secrets.reduce((left, secret) => left.replaceAll(secret, '***'), text)
  }
}
