/**
 * Reads and writes the files of a data folder. Never follows a symbolic link: a user with write
 * access to the folder could use one to make us destroy or show another file. Refuses all but
 * regular files.
 */

import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { link, lstat, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { AppError } from '../../errors.ts'

/** Windows has no such flags, so the path is checked before it is opened. */
const { O_NOFOLLOW = 0, O_NONBLOCK = 0 } = constants as Partial<typeof constants>
/** Error codes for a link that is not followed. */
const LINK_CODES = ['ELOOP', 'EMLINK']

/** Whether an error has one of these system error codes. */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}

function notRegular(path: string, kind: string): AppError {
  return new AppError('CONFIG_INVALID', `${path} is ${kind}, but must be a regular file.`, {
    hint: `Check who created it, then remove it: rm ${path}`,
  })
}

/**
 * Opens a data file. Throws CONFIG_INVALID for a link and for anything but a regular file, such as
 * a pipe without an end, and otherwise the error of the system.
 * @param flags of `node:fs`, such as `O_RDONLY`
 */
export async function openDataFile(path: string, flags: number): Promise<FileHandle> {
  if (O_NOFOLLOW === 0) await refuseLink(path)
  const file = await open(path, flags | O_NOFOLLOW | O_NONBLOCK, 0o600).catch((error: unknown) => {
    if (hasCode(error, ...LINK_CODES)) throw notRegular(path, 'a symbolic link')
    throw error
  })
  try {
    if (!(await file.stat()).isFile()) throw notRegular(path, 'a folder, pipe or device')
    return file
  } catch (error) {
    await file.close()
    throw error
  }
}

/** Throws CONFIG_INVALID when the path is a link. */
export async function refuseLink(path: string): Promise<void> {
  const found = await lstat(path).catch(() => undefined)
  if (found?.isSymbolicLink() === true) throw notRegular(path, 'a symbolic link')
}

/** Files that are read completely are far smaller, so a longer one is damaged anyway. */
const MAX_TEXT_BYTES = 1 << 20

/** The content of a small file. Undefined when it does not exist. Throws like `openDataFile`. */
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

/**
 * Creates a file that only its owner can read. Throws EEXIST when the name is taken, even by a
 * link.
 */
export async function createDataFile(path: string, text: string): Promise<void> {
  const file = await openDataFile(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL)
  try {
    await file.writeFile(text)
  } finally {
    await file.close()
  }
}

/**
 * Creates a file that appears only when it is complete. Throws EEXIST when the name is taken.
 */
export async function createWholeDataFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.new`
  try {
    await createDataFile(temporary, text)
    await link(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}

/**
 * Replaces a file atomically. Replaces a link of that name too, and leaves the link's target alone.
 */
export async function replaceDataFile(path: string, text: string): Promise<void> {
  const temporary = `${path}.${randomUUID()}.new`
  try {
    await createDataFile(temporary, text)
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
}
