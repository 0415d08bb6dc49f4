/** Where the files of a workspace are. Pure. */

import { basename, dirname, join } from 'node:path'

/** The two kinds of documents of a workspace, and their folders. */
export const DOCUMENT_FOLDERS = { connection: 'connections', destination: 'destinations' } as const

export type DocumentKind = keyof typeof DOCUMENT_FOLDERS

/** The connection of a folder that holds only one. */
export const LONE_CONNECTION = 'connection.json'

/** Its name, which no file in `connections` may have. */
export const LONE_NAME = 'connection'

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/

/** What a name may be, for error texts. */
export const NAME_RULE =
  '1 to 100 letters, digits, dots, underscores and hyphens, beginning with a letter or a digit'

/** One document of a workspace. Its name is the name of its file without `.json`. */
export interface DocumentRef {
  /** Folder of the workspace. */
  workspace: string
  kind: DocumentKind
  name: string
  /** Whether it is the lone `connection.json` of the workspace. @default false */
  isLone?: boolean
}

/** False for a name that could leave the folder, or that reads as a path of a file. */
export function isDocumentName(name: string): boolean {
  return NAME.test(name) && !name.endsWith('.json')
}

/** Path of a document. The name must be one of `isDocumentName`. */
export function documentPath({ workspace, kind, name, isLone = false }: DocumentRef): string {
  if (isLone) return join(workspace, LONE_CONNECTION)
  return join(workspace, DOCUMENT_FOLDERS[kind], `${name}.json`)
}

/** Whether a connection file is in the folder `connections` of a workspace. */
export function isWorkspaceFile(path: string): boolean {
  return basename(dirname(path)) === DOCUMENT_FOLDERS.connection
}

/**
 * The folder in which the relative paths of a connection start, and which holds its destinations:
 * the one above `connections`, otherwise the folder of the file.
 */
export function workspaceFolderOf(path: string): string {
  return isWorkspaceFile(path) ? dirname(dirname(path)) : dirname(path)
}
