/** Stores connections that are not complete yet. They are apart, so that nothing runs them. */

import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, readDataText, replaceDataFile } from '../../runner/connection/data-file.ts'
import { etagOf } from '../../runner/workspace/documents.ts'
import { isDocumentName } from '../../runner/workspace/paths.ts'
import { isJsonObject, parseJson, printJson, type JsonObject } from '../../singer/json.ts'
import { ApiError } from '../api/problems.ts'

/** A stored draft. */
export interface StoredDraft {
  document: JsonObject
  /** Identifies the content. */
  etag: string
}

/** The version that a write replaces; undefined for a draft that must not exist yet. */
type ReplacedVersion = string | undefined

/** Throws VERSION_MISSING for a draft that exists, and VERSION_MISMATCH for another version. */
function assertVersion(found: StoredDraft | undefined, replaced: ReplacedVersion): void {
  if (found?.etag === replaced) return
  if (replaced === undefined)
    throw new ApiError('VERSION_MISSING', 'There is a draft with this name already.', {
      hint: 'Read it first, and send its ETag in the header If-Match.',
    })
  throw new ApiError('VERSION_MISMATCH', 'The draft was changed meanwhile.', {
    hint: 'Open it again and repeat the change.',
  })
}

function parseDraft(text: string): JsonObject {
  try {
    const document = parseJson(text)
    return isJsonObject(document) ? document : {}
  } catch {
    return {} // somebody else wrote it
  }
}

export class DraftStore {
  readonly #folder: string
  /** The last change. Changes happen one after the other. */
  #last: Promise<unknown> = Promise.resolve()

  /** @param folder of the drafts, which need not exist */
  constructor(folder: string) {
    this.#folder = folder
  }

  async list(): Promise<string[]> {
    const files = await readdir(this.#folder).catch((error: unknown) => {
      if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
      throw error
    })
    return files
      .filter((file) => file.endsWith('.json'))
      .map((file) => file.slice(0, -'.json'.length))
      .filter(isDocumentName)
      .toSorted()
  }

  /** Undefined when there is none. */
  async read(name: string): Promise<StoredDraft | undefined> {
    const text = isDocumentName(name) ? await readDataText(this.#path(name)) : undefined
    return text === undefined ? undefined : { document: parseDraft(text), etag: etagOf(text) }
  }

  /**
   * Writes what `change` makes of the stored document. Throws UNKNOWN_NAME for a name that is not
   * allowed, VERSION_MISSING and VERSION_MISMATCH.
   */
  async write(
    name: string,
    replaced: ReplacedVersion,
    change: (stored: JsonObject) => JsonObject,
  ): Promise<void> {
    if (!isDocumentName(name)) throw new ApiError('UNKNOWN_NAME', 'This name is not allowed.')
    await this.#inTurn(async () => {
      const found = await this.read(name)
      assertVersion(found, replaced)
      const text = `${printJson(change(found?.document ?? {}), 2)}\n`
      await mkdir(this.#folder, { recursive: true, mode: 0o700 })
      await replaceDataFile(this.#path(name), text)
    })
  }

  /** Does nothing when there is none. Throws VERSION_MISSING and VERSION_MISMATCH. */
  async delete(name: string, replaced: ReplacedVersion): Promise<void> {
    await this.#inTurn(async () => {
      const found = await this.read(name)
      if (!found) return
      assertVersion(found, replaced)
      await rm(this.#path(name), { force: true })
    })
  }

  async #inTurn(change: () => Promise<void>): Promise<void> {
    const turn = this.#last.then(change)
    this.#last = turn.catch(() => undefined)
    await turn
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`)
  }
}
