/** Writes what `init` was told: a connection file and, for a new shared destination, its file. */

import { existsSync } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { createWholeDataFile, hasCode, replaceDataFile } from '../../runner/connection/data-file.ts'
import { writeDocument } from '../../runner/workspace/documents.ts'
import { documentPath, isWorkspaceFile } from '../../runner/workspace/paths.ts'
import type { JsonObject } from '../../singer/json.ts'
import { shownPath } from '../shown-path.ts'
import type { InitTools } from './check-answers.ts'
import { connectionDocument, destinationDocument, isNewShared, type InitFlags } from './document.ts'

function unwritable(path: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
  return new AppError('CONFIG_INVALID', `${path} could not be written (${code}).`, { cause })
}

/**
 * Writes the file atomically, readable only by its owner. Throws CONFIG_INVALID, and FILE_CHANGED
 * for a file that somebody has created during the questions, unless it may be replaced.
 */
async function writeConnection(
  path: string,
  document: JsonObject,
  { replaces }: { replaces: boolean },
): Promise<void> {
  const write = replaces ? replaceDataFile : createWholeDataFile
  try {
    if (isWorkspaceFile(resolve(path))) await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    await write(path, `${JSON.stringify(document, undefined, 2)}\n`)
  } catch (cause) {
    if (hasCode(cause, 'EEXIST') && existsSync(path)) {
      throw new AppError('FILE_CHANGED', `${path} was created by somebody else meanwhile.`, {
        hint: 'Look at it. To replace it: customerio-sync init --force',
      })
    }
    throw unwritable(path, cause)
  }
}

/** The new shared destination, if there is one. Throws CONFIG_INVALID. */
async function writeDestination(
  flags: InitFlags,
  { workspace }: InitTools,
): Promise<string | undefined> {
  const { destination: name } = flags
  if (name === undefined || !isNewShared(flags)) return undefined
  const ref = { workspace, kind: 'destination', name } as const
  const path = documentPath(ref)
  const schema = new URL('../../../schemas/config/destination.json', import.meta.url)
  const document = { $schema: schema.href, ...destinationDocument(flags) }
  await writeDocument(ref, document, null).catch((cause: unknown) => {
    throw unwritable(path, cause)
  })
  return path
}

/** Returns the paths of the files that it wrote: all of them or, when it throws, none. */
export async function writeFiles(flags: InitFlags, tools: InitTools): Promise<string[]> {
  const { path, key } = tools
  const destinationPath = await writeDestination(flags, tools)
  try {
    await writeConnection(path, connectionDocument(flags, key), { replaces: flags.force === true })
    return [...(destinationPath === undefined ? [] : [shownPath(destinationPath)]), path]
  } catch (error) {
    if (destinationPath !== undefined) await rm(destinationPath, { force: true })
    throw error
  }
}
