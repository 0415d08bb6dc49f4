/** Stores connections that are not complete yet. They are apart, so that nothing runs them. */

import { mkdir, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { hasCode, readDataText, replaceDataFile } from '../../runner/connection/data-file.ts'
import { isDocumentName } from '../../runner/workspace/paths.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../singer/json.ts'
import { ApiError } from '../api/problems.ts'

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
  async read(name: string): Promise<JsonObject | undefined> {
    const text = isDocumentName(name) ? await readDataText(this.#path(name)) : undefined
    return text === undefined ? undefined : parseDraft(text)
  }

  /** Throws UNKNOWN_NAME for a name that is not allowed. */
  async write(name: string, document: JsonObject): Promise<void> {
    if (!isDocumentName(name)) throw new ApiError('UNKNOWN_NAME', 'This name is not allowed.')
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await replaceDataFile(this.#path(name), `${JSON.stringify(document, undefined, 2)}\n`)
  }

  async delete(name: string): Promise<void> {
    if (isDocumentName(name)) await rm(this.#path(name), { force: true })
  }

  #path(name: string): string {
    return join(this.#folder, `${name}.json`)
  }
}
