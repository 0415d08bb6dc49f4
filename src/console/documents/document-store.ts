/** Reads and writes the documents of a workspace for the API, a lone connection.json too. */

import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import {
  deleteDocument,
  isFile,
  listConnections,
  listDocuments,
  readDocument,
  writeDocument,
  type DocumentEntry,
  type StoredDocument,
} from '../../runner/workspace/documents.ts'
import {
  documentPath,
  isDocumentName,
  LONE_CONNECTION,
  LONE_NAME,
  type DocumentKind,
  type DocumentRef,
} from '../../runner/workspace/paths.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../singer/json.ts'
import { ApiError } from '../api/problems.ts'

/** A document, and why it is none. */
export interface ReadDocument extends StoredDocument {
  /** Empty when the file is not a JSON object. */
  document: JsonObject
  /** Why it is not a JSON object; undefined when it is one. */
  problem: string | undefined
}

function parseDocument(stored: StoredDocument): ReadDocument {
  try {
    const document = parseJson(stored.text.replace(/^\ufeff/, ''))
    if (isJsonObject(document)) return { ...stored, document, problem: undefined }
  } catch {
    // the problem below
  }
  return { ...stored, document: {}, problem: 'The file is not a JSON object.' }
}

function unknownName(kind: DocumentKind, name: string): ApiError {
  const shown = isDocumentName(name) ? ` ${name}` : ' with this name'
  return new ApiError('UNKNOWN_NAME', `The workspace has no ${kind}${shown}.`)
}

function mismatch(kind: DocumentKind, name: string): ApiError {
  return new ApiError('VERSION_MISMATCH', `The ${kind} ${name} was changed meanwhile.`, {
    hint: 'Read it again and repeat the change.',
  })
}

export class DocumentStore {
  readonly #workspace: string

  constructor(workspace: string) {
    this.#workspace = workspace
  }

  /** A lone connection.json comes first, and hides a connection with the name `connection`. */
  async list(kind: DocumentKind): Promise<DocumentEntry[]> {
    if (kind === 'destination') return listDocuments(this.#workspace, kind)
    const entries = await listConnections(this.#workspace)
    return entries.filter(({ name }, at) => entries.findIndex((one) => one.name === name) === at)
  }

  /** Throws UNKNOWN_NAME, also for a name that could leave the workspace. */
  async read(kind: DocumentKind, name: string): Promise<ReadDocument> {
    if (!isDocumentName(name)) throw unknownName(kind, name)
    const found = await readDocument(await this.#ref(kind, name))
    if (!found) throw unknownName(kind, name)
    return parseDocument(found)
  }

  /** Returns the new ETag. Throws NAME_TAKEN, and USAGE for a name that is not allowed. */
  async create(kind: DocumentKind, name: string, document: JsonObject): Promise<string> {
    const ref = await this.#ref(kind, name)
    return writeDocument(ref, document, null).catch((error: unknown) => {
      throw isFileChanged(error) ? taken(kind, name) : error
    })
  }

  /** Returns the new ETag. Throws VERSION_MISMATCH unless the file has the version. */
  async write(
    kind: DocumentKind,
    { name, etag }: Pick<ReadDocument, 'name' | 'etag'>,
    document: JsonObject,
  ): Promise<string> {
    const ref = await this.#ref(kind, name)
    return writeDocument(ref, document, etag).catch((error: unknown) => {
      throw isFileChanged(error) ? mismatch(kind, name) : error
    })
  }

  /** Throws VERSION_MISMATCH unless the file has the version. */
  async delete(
    kind: DocumentKind,
    { name, etag }: Pick<ReadDocument, 'name' | 'etag'>,
  ): Promise<void> {
    const ref = await this.#ref(kind, name)
    await deleteDocument(ref, etag).catch((error: unknown) => {
      throw isFileChanged(error) ? mismatch(kind, name) : error
    })
  }

  /** Path of a connection file that is to be created. The name must be allowed. */
  newPath(name: string): string {
    return documentPath({ workspace: this.#workspace, kind: 'connection', name })
  }

  /** The name `connection` means the lone file, when there is one. */
  async #ref(kind: DocumentKind, name: string): Promise<DocumentRef> {
    const workspace = this.#workspace
    const mayBeLone = kind === 'connection' && name === LONE_NAME
    const isLone = mayBeLone && (await isFile(join(workspace, LONE_CONNECTION)))
    return { workspace, kind, name, isLone }
  }
}

function isFileChanged(error: unknown): boolean {
  return error instanceof AppError && error.code === 'FILE_CHANGED'
}

function taken(kind: DocumentKind, name: string): ApiError {
  return new ApiError('NAME_TAKEN', `A ${kind} with the name ${name} exists already.`, {
    problems: [{ field: 'name', message: 'is taken' }],
  })
}
