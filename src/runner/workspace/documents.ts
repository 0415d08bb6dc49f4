/**
 * Lists, reads and writes the documents of a workspace. A write names the version that it replaces,
 * so that it never undoes an edit that somebody else made meanwhile.
 */

import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, realpath, rm, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import { AppError } from '../../errors.ts'
import { readFailureOf } from '../../json-file.ts'
import { printJson, type JsonObject } from '../../singer/json.ts'
import { createWholeDataFile, hasCode, replaceDataFile } from '../connection/data-file.ts'
import { takeRunLock } from '../lock/lock.ts'
import {
  DOCUMENT_FOLDERS,
  documentPath,
  isDocumentName,
  LONE_CONNECTION,
  LONE_NAME,
  NAME_RULE,
  type DocumentKind,
  type DocumentRef,
} from './paths.ts'

/** A file of a workspace. */
export interface DocumentEntry {
  name: string
  path: string
}

export interface StoredDocument extends DocumentEntry {
  /** As in the file: JSON that nobody has checked. */
  text: string
  /** Identifies the content. */
  etag: string
}

/** The version that a write replaces: its ETag, or null for a document that must not exist yet. */
type ReplacedVersion = string | null

/** Identifies a content. Strong: equal only for equal bytes. */
export function etagOf(content: string | Buffer): string {
  return createHash('sha256').update(content).digest('hex')
}

/** The path. Throws USAGE for a name that is not allowed. */
function safePath(ref: DocumentRef): string {
  if (isDocumentName(ref.name)) return documentPath(ref)
  throw new AppError('USAGE', `The name of a ${ref.kind} must be ${NAME_RULE}.`, {
    hint: 'It is the name of the file without .json.',
  })
}

function unreadable(path: string, cause: unknown): AppError {
  const sentence = `${path} could not be read (${readFailureOf(cause)}).`
  return new AppError('CONFIG_INVALID', sentence, { hint: 'Check its permissions.', cause })
}

/**
 * The documents of a kind, by name. Empty when the folder does not exist. Throws CONFIG_INVALID
 * when it cannot be read.
 */
export async function listDocuments(
  workspace: string,
  kind: DocumentKind,
): Promise<DocumentEntry[]> {
  const folder = join(workspace, DOCUMENT_FOLDERS[kind])
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return []
    throw unreadable(folder, error)
  })
  return entries
    .filter((entry) => entry.name.endsWith('.json') && !entry.name.startsWith('.'))
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ name }) => ({ name: name.slice(0, -'.json'.length), path: join(folder, name) }))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
}

/** System error codes of a path that names nothing. */
const NO_FILE = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG']

/**
 * Whether a file exists. A link to nothing does not. Throws CONFIG_INVALID when it cannot be known:
 * a file that is unreadable for a moment is not a deleted one.
 */
export async function isFile(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isDirectory()
  } catch (error) {
    if (hasCode(error, ...NO_FILE)) return false
    throw unreadable(path, error)
  }
}

/** All connections of a workspace: a lone `connection.json` first, then those with a name. */
export async function listConnections(workspace: string): Promise<DocumentEntry[]> {
  const path = join(workspace, LONE_CONNECTION)
  const lone = (await isFile(path)) ? [{ name: LONE_NAME, path }] : []
  return [...lone, ...(await listDocuments(workspace, 'connection'))]
}

/** Throws CONFIG_INVALID for a link out of the workspace: its reader may show the content. */
async function assertInside(path: string, workspace: string): Promise<void> {
  const place = relative(await realpath(workspace), await realpath(path))
  if (place !== '..' && !place.startsWith(`..${sep}`) && !isAbsolute(place)) return
  throw new AppError('CONFIG_INVALID', `${path} is a link to a file outside of the workspace.`, {
    hint: 'Replace the link by the file.',
  })
}

/**
 * Undefined when it does not exist. Throws USAGE for a name that is not allowed, and CONFIG_INVALID
 * for a link out of the workspace and a file that cannot be read.
 */
export async function readDocument(ref: DocumentRef): Promise<StoredDocument | undefined> {
  const path = safePath(ref)
  try {
    await assertInside(path, ref.workspace)
    const content = await readFile(path)
    return { name: ref.name, path, text: content.toString('utf8'), etag: etagOf(content) }
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error instanceof AppError ? error : unreadable(path, error)
  }
}

function changed({ kind, name }: DocumentRef, what: string): AppError {
  return new AppError('FILE_CHANGED', `The ${kind} ${name} ${what}.`, {
    hint: 'Read it again and repeat the change.',
  })
}

/** Throws FILE_CHANGED unless the file has the wanted version. */
async function assertVersion(ref: DocumentRef, replaced: string): Promise<void> {
  const found = await readDocument(ref)
  if (!found) throw changed(ref, 'does not exist any more')
  if (found.etag !== replaced) throw changed(ref, 'was changed by somebody else')
}

/**
 * Holds a lock from the comparison to the write, so that no other process writes in between. Throws
 * FILE_CHANGED when another one holds it.
 */
async function whileLocked<T>(ref: DocumentRef, change: () => Promise<T>): Promise<T> {
  const { signal } = new AbortController()
  const path = safePath(ref)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const lock = await takeRunLock(`${path}.lock`, { signal }).catch((error: unknown) => {
    const isHeld = error instanceof AppError && error.code === 'RUN_IN_PROGRESS'
    throw isHeld ? changed(ref, 'is being changed by somebody else') : error
  })
  try {
    return await change()
  } finally {
    await lock.release()
  }
}

/** The last change of each path. Changes of one file in this process happen one after the other. */
const lastChanges = new Map<string, Promise<unknown>>()

async function inTurn<T>(ref: DocumentRef, change: (path: string) => Promise<T>): Promise<T> {
  const path = resolve(safePath(ref))
  const earlier = lastChanges.get(path) ?? Promise.resolve()
  const turn = earlier.then(async () => whileLocked(ref, async () => change(path)))
  const settled = turn.catch(() => undefined)
  lastChanges.set(path, settled)
  try {
    return await turn
  } finally {
    if (lastChanges.get(path) === settled) lastChanges.delete(path)
  }
}

/**
 * Writes a document atomically, readable only by its owner, and returns its new ETag. Throws USAGE
 * for a name that is not allowed, and FILE_CHANGED when `replaced` is not what the file holds. Only
 * an editor, which takes no lock, can write between this comparison and the write.
 */
export async function writeDocument(
  ref: DocumentRef,
  document: JsonObject,
  replaced: ReplacedVersion,
): Promise<string> {
  const text = `${printJson(document, 2)}\n`
  return inTurn(ref, async (path) => {
    if (replaced !== null) {
      await assertVersion(ref, replaced)
      await replaceDataFile(path, text)
      return etagOf(text)
    }
    await createWholeDataFile(path, text).catch((error: unknown) => {
      throw hasCode(error, 'EEXIST') ? changed(ref, 'exists already') : error
    })
    return etagOf(text)
  })
}

/** Deletes a document; see `writeDocument`. Leaves the warehouse and the data folder alone. */
export async function deleteDocument(ref: DocumentRef, replaced: string): Promise<void> {
  await inTurn(ref, async (path) => {
    await assertVersion(ref, replaced)
    await rm(path)
  })
}
