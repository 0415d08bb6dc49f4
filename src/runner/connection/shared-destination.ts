/** Joins the destination of a connection with the shared one that it uses. */

import { readFile } from 'node:fs/promises'
import { nearestName } from '../../config/nearest-name.ts'
import { AppError } from '../../errors.ts'
import { readJsonFile } from '../../json-file.ts'
import { isJsonObject, parseJson, type JsonObject } from '../../singer/json.ts'
import { etagOf, isFile, listDocuments } from '../workspace/documents.ts'
import {
  documentPath,
  isDocumentName,
  workspaceFolderOf,
  type DocumentRef,
} from '../workspace/paths.ts'
import { interpolateEnv } from './interpolate-env.ts'
import { checkSection, objectOf, problemList } from './sections.ts'

export interface JoinedDocument {
  document: JsonObject
  /** Path of the shared destination, if the connection uses one. */
  sharedPath: string | undefined
}

/** The shared destination that a document names; undefined when it names none. */
function sharedRefOf(document: JsonObject, path: string): DocumentRef | undefined {
  const { use } = objectOf(document['destination'])
  if (use === undefined) return undefined
  if (typeof use === 'string' && isDocumentName(use))
    return { workspace: workspaceFolderOf(path), kind: 'destination', name: use }
  throw new AppError(
    'CONFIG_INVALID',
    `The connection file ${path} is not valid: \`destination.use\` must be the name of a file in destinations/, without .json.`,
  )
}

/** Throws CONFIG_INVALID when the shared destination does not exist. */
async function assertExists(ref: DocumentRef, path: string): Promise<void> {
  const { workspace, name: use } = ref
  if (await isFile(documentPath(ref))) return
  const entries = await listDocuments(workspace, 'destination')
  const names = entries.map(({ name }) => name)
  const nearest = nearestName(use, names)
  const known = names.length === 0 ? 'there are none yet' : `known names: ${names.join(', ')}`
  const hint = nearest === undefined ? known : `did you mean \`${nearest}\`?`
  throw new AppError(
    'CONFIG_INVALID',
    `The connection file ${path} is not valid: \`destination.use\` names the destination \`${use}\`, which does not exist (${hint}).`,
    { hint: `Its file would be ${documentPath(ref)}.` },
  )
}

/** Throws CONFIG_INVALID with every problem of the settings that the connection takes. */
function assertValid(settings: JsonObject, sharedPath: string, env: NodeJS.ProcessEnv): void {
  const { expanded, missing } = interpolateEnv(settings, env)
  const options = { requiresAll: missing.length === 0 }
  const { problems } = checkSection({ destination: expanded }, 'destination', options)
  const all = [
    ...missing.map((name) => `the environment variable ${name} is not set, but the file uses it`),
    ...problems.map((problem) => problem.replaceAll('`destination.', '`')),
  ]
  if (all.length === 0) return
  const sentence = `The destination file ${sharedPath} is not valid:${problemList(all)}`
  throw new AppError('CONFIG_INVALID', sentence)
}

/**
 * The document with the settings of the shared destination that `destination.use` names. Its own
 * settings win, also empty ones. Throws CONFIG_INVALID for a shared destination that does not exist
 * or is not valid.
 */
export async function joinSharedDestination(
  document: JsonObject,
  path: string,
  env: NodeJS.ProcessEnv,
): Promise<JoinedDocument> {
  const ref = sharedRefOf(document, path)
  if (!ref) return { document, sharedPath: undefined }
  await assertExists(ref, path)
  const sharedPath = documentPath(ref)
  const { use: _use, ...own } = objectOf(document['destination'])
  const { $schema: _, ...shared } = await readJsonFile(sharedPath, 'destination')
  const taken = Object.entries(shared).filter(([name]) => !Object.hasOwn(own, name))
  assertValid(Object.fromEntries(taken), sharedPath, env)
  return { document: { ...document, destination: { ...shared, ...own } }, sharedPath }
}

/**
 * Changes when the connection file changes, or the shared destination that it uses. An unreadable
 * file counts as empty.
 */
export async function connectionFingerprint(path: string): Promise<string> {
  const content = await readFile(path).catch(() => Buffer.alloc(0))
  const shared = await sharedContent(content.toString('utf8'), path)
  return shared === undefined ? etagOf(content) : etagOf(`${etagOf(content)} ${etagOf(shared)}`)
}

/** Two bytes notice a change, but do not confirm a guess at a password in one of the files. */
const SHORT_DIGITS = 4

/** The beginning of `connectionFingerprint`, which may be stored. */
export async function shortFingerprint(path: string): Promise<string> {
  return (await connectionFingerprint(path)).slice(0, SHORT_DIGITS)
}

async function sharedContent(text: string, path: string): Promise<Buffer | undefined> {
  try {
    const document = parseJson(text)
    const ref = isJsonObject(document) ? sharedRefOf(document, path) : undefined
    return ref && (await readFile(documentPath(ref)))
  } catch {
    return undefined // the run reports what is wrong with it
  }
}
