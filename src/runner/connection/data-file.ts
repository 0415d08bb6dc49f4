/**
 * Files of a data folder. None of them is a link: somebody who may write into the folder could lead us to another file with one, to
 * destroy it or to have it read. So the last part of a path is never followed, and what is no regular file is refused.
 */

import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { AppError } from '../../errors.ts'

/** Windows has no such flags; there the path is looked at first. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>
/** What systems say of a link that is not followed. */
const LINK_CODES = new Set(['ELOOP', 'EMLINK'])

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

function notRegular(path: string, what: string): AppError {
  return new AppError('CONFIG_INVALID', `${path} is ${what}, which is not followed or read.`, {
    hint: `Look who made it, and remove it: rm ${path}`,
  })
}

/**
 * Opens a file of ours. Throws CONFIG_INVALID for a link and for what is no regular file, as a pipe that would never end; the system's
 * own error otherwise.
 * @param flags of `node:fs`, such as `O_RDONLY`
 */
export async function openDataFile(path: string, flags: number): Promise<FileHandle> {
  if (O_NOFOLLOW === 0) await refuseLink(path)
  const file = await open(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && LINK_CODES.has(String(error.code)))
      throw notRegular(path, 'a link')
    throw error
  })
  try {
    if (!(await file.stat()).isFile()) throw notRegular(path, 'no regular file')
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Throws CONFIG_INVALID where the path is a link. */
export async function refuseLink(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isSymbolicLink() === true) throw notRegular(path, 'a link')
}

/** Files that are read as a whole are far smaller. A text that is cut here is damaged in any case. */
const MAX_TEXT_BYTES = 1 << 20

/** The text of a small file; undefined where there is none. Throws as `openDataFile` does. */
export async function readDataText(path: string): Promise<string | undefined> {
  try {
    const file = await openDataFile(path, constants.O_RDONLY)
    try {
      const text = Buffer.alloc(Math.min((await file.stat()).size, MAX_TEXT_BYTES))
      const { bytesRead } = await file.read(text, 0, text.length, 0)
      return text.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** Makes a file that must not be there yet, not even as a link; readable by its owner only. */
export async function createDataFile(path: string, text: string): Promise<void> {
  const file = await openDataFile(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}

/** Replaces a file in one step. A link of that name is replaced too, and what it leads to stays as it is. */
export async function replaceDataFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.new`
  try {
    await createDataFile(temporary, text)
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}
