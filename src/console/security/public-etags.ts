/**
 * The ETags that browsers see. The ETag of a file is the hash of its content with its secrets, so
 * who has the rest of the content could try passwords until the hash is right. A browser gets it
 * encrypted, for one document: the same content in another document has another ETag.
 */

import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import {
  createWholeDataFile,
  hasCode,
  readDataText,
  replaceDataFile,
} from '../../runner/connection/data-file.ts'
import { createSecret } from './secret-hash.ts'

/** What `createSecret` makes. */
const KEY = /^[\w-]{43}$/
const CIPHER = 'aes-256-ctr'
const MARK_BYTES = 16
/** A proxy that compresses makes ETags weak, and the page sends them back so. */
const IF_MATCH = /^(?:W\/)?"([\w-]+)"$/
/** The ETag of no document. */
const UNKNOWN = '"unknown"'

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

export class PublicEtags {
  readonly #cipherKey: Buffer
  readonly #markKey: Buffer

  private constructor(key: string) {
    this.#cipherKey = hmac(key, 'cipher')
    this.#markKey = hmac(key, 'mark')
  }

  /** @param path of the key. It is kept, so that an edit that is open survives a restart. */
  static async open(path: string): Promise<PublicEtags> {
    const stored = await readDataText(path)
    if (stored !== undefined && KEY.test(stored)) return new PublicEtags(stored)
    const key = createSecret()
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    if (stored !== undefined) {
      await replaceDataFile(path, key) // a damaged file: open edits are refused once
      return new PublicEtags(key)
    }
    try {
      await createWholeDataFile(path, key)
    } catch (error) {
      if (hasCode(error, 'EEXIST')) return PublicEtags.open(path) // by another console
      throw error
    }
    return new PublicEtags(key)
  }

  /** The header ETag for a stored ETag of a document. */
  header(document: string, etag: string): string {
    const mark = this.#markOf(document, etag)
    const cipher = createCipheriv(CIPHER, this.#cipherKey, mark)
    return `"${Buffer.concat([mark, cipher.update(etag), cipher.final()]).toString('base64url')}"`
  }

  /** If-Match with the stored ETag in place of the public one. Unchanged when it holds none. */
  storedIfMatch(document: string, header: string | undefined): string | undefined {
    const sent = IF_MATCH.exec(header ?? '')?.[1]
    if (sent === undefined) return header
    const bytes = Buffer.from(sent, 'base64url')
    if (bytes.length < MARK_BYTES) return UNKNOWN
    const mark = bytes.subarray(0, MARK_BYTES)
    const decipher = createDecipheriv(CIPHER, this.#cipherKey, mark)
    const etag = decipher.update(bytes.subarray(MARK_BYTES)).toString('utf8')
    return timingSafeEqual(this.#markOf(document, etag), mark) ? `"${etag}"` : UNKNOWN
  }

  /** Proves that the ETag is of this document, and makes each ciphertext different. */
  #markOf(document: string, etag: string): Buffer {
    return hmac(this.#markKey, `${document}\n${etag}`).subarray(0, MARK_BYTES)
  }
}
