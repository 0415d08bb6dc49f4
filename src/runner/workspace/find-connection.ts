/** Finds the connection file that a command line means. */

import { stat } from 'node:fs/promises'
import { isAbsolute, join, sep } from 'node:path'
import { didYouMean } from '../../config/nearest-name.ts'
import { AppError } from '../../errors.ts'
import { shellQuoted } from '../../shell-quoted.ts'
import { isFile, listConnections, listDocuments } from './documents.ts'
import {
  DOCUMENT_FOLDERS,
  documentPath,
  isDocumentName,
  LONE_CONNECTION,
  LONE_NAME,
  NAME_RULE,
} from './paths.ts'

export interface ConnectionChoice {
  /** Folder of the workspace. @default the current folder */
  workspace?: string | undefined
  /** A name in the workspace, or a file. @default see `findConnection` */
  connection?: string | undefined
}

const CURRENT_FOLDER = '.'

function isPath(connection: string): boolean {
  return connection.endsWith('.json') || connection.includes('/') || connection.includes(sep)
}

function fileIn(workspace: string, path: string): string {
  return isAbsolute(path) ? path : join(workspace, path)
}

/** The folder of the workspace. Throws USAGE when it is none. */
export async function workspaceFolder({
  workspace = CURRENT_FOLDER,
}: ConnectionChoice): Promise<string> {
  const found = await stat(workspace).catch(() => undefined)
  if (found?.isDirectory()) return workspace
  throw new AppError('USAGE', `The workspace ${workspace} is not a folder.`, {
    hint: 'Name an existing folder with --workspace.',
  })
}

/** The file when none is named: `connection.json`, otherwise the only one in the workspace. */
async function defaultFile(workspace: string): Promise<string> {
  const [first, ...others] = await listConnections(workspace)
  const lone = join(workspace, LONE_CONNECTION)
  if (!first || others.length === 0 || first.path === lone) return first?.path ?? lone
  const names = [first, ...others].map(({ name }) => name).join(', ')
  throw new AppError('USAGE', `The workspace has several connections: ${names}.`, {
    hint: 'Name one with --connection.',
  })
}

/** The command that creates a connection of this name, if a connection can have it. */
function creationHint(workspace: string, name: string): string {
  const place = workspace === CURRENT_FOLDER ? '' : ` --workspace ${shellQuoted(workspace)}`
  return isDocumentName(name)
    ? `Create it with: customerio-sync init${place} --connection ${name}`
    : `Create one with: customerio-sync init${place}`
}

async function unknownName(workspace: string, name: string): Promise<AppError> {
  const names = (await listConnections(workspace)).map((entry) => entry.name)
  const known =
    names.length === 0 ? creationHint(workspace, name) : `The connections are ${names.join(', ')}.`
  return new AppError('USAGE', `The workspace has no connection ${name}.`, {
    hint: `${didYouMean(name, names)}${known}`,
  })
}

/**
 * Path of the connection file. A relative FILE starts in the workspace. Without a connection it is
 * `connection.json`, or the only connection. Throws USAGE for an unknown name, and when several
 * connections could be meant.
 */
export async function findConnection(choice: ConnectionChoice): Promise<string> {
  const workspace = await workspaceFolder(choice)
  const { connection } = choice
  if (connection === undefined) return defaultFile(workspace)
  if (isPath(connection)) return fileIn(workspace, connection)
  const candidates = [
    ...(isDocumentName(connection)
      ? [documentPath({ workspace, kind: 'connection', name: connection })]
      : []),
    ...(connection === LONE_NAME ? [join(workspace, LONE_CONNECTION)] : []),
    fileIn(workspace, connection),
  ]
  for (const path of candidates) if (await isFile(path)) return path
  throw await unknownName(workspace, connection)
}

/** Path of a connection file to create; the file may exist. Throws USAGE. */
export async function newConnectionFile(choice: ConnectionChoice): Promise<string> {
  const workspace = await workspaceFolder(choice)
  const { connection } = choice
  if (connection === undefined) {
    if ((await listDocuments(workspace, 'connection')).length === 0)
      return join(workspace, LONE_CONNECTION)
    throw new AppError('USAGE', 'The new connection has no name.', {
      hint: `This workspace has connections in ${DOCUMENT_FOLDERS.connection}/. Name the new one with --connection NAME.`,
    })
  }
  if (isPath(connection)) return fileIn(workspace, connection)
  if (connection === LONE_NAME) return join(workspace, LONE_CONNECTION)
  if (isDocumentName(connection))
    return documentPath({ workspace, kind: 'connection', name: connection })
  throw new AppError('USAGE', `The name of a connection must be ${NAME_RULE}.`)
}
