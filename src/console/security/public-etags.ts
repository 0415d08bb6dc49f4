/**
 * The ETags that responses hold. The ETag of a file is the hash of its content with its secrets, so
 * who has the rest of the content could try passwords until the hash is right. These need a key.
 */

import { createHmac } from 'node:crypto'
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

export class PublicEtags {
  readonly #key: string

  private constructor(key: string) {
    this.#key = key
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

  /** The ETag for a response. */
  of(etag: string): string {
    return createHmac('sha256', this.#key).update(etag).digest('base64url')
  }
}
