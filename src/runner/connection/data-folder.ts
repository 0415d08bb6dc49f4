/**
 * The data folder of a connection: its history, its lock and the documents of a run.
 *
 * It must belong to us or to root, and must not be writable by every user. A group can have write
 * access: an administrator grants it on purpose, as with `fsGroup` in Kubernetes, and links that a
 * member creates are not followed. Parent folders are not checked, because volumes are often
 * mounted with full access. The folder can be a link that we or root created.
 */

import { randomUUID } from 'node:crypto'
import { chmod, lstat, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import { shellQuoted } from '../../shell-quoted.ts'
import type { Connection } from './connection.ts'
import { createDataFile, createWholeDataFile, replaceDataFile } from './data-file.ts'

/** Error codes of a system that is short of a resource. Nothing is misconfigured. */
const TRANSIENT = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EIO', 'ENOMEM', 'EAGAIN'])
const OTHERS_MAY_WRITE = 0o002
const ROOT_UID = 0

/** OUTPUT_FAILED for a transient cause such as a full disk, otherwise CONFIG_INVALID. */
export function unwritable(dataFolder: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
  const sentence = `The data folder ${dataFolder} is not writable (${reason}).`
  return TRANSIENT.has(reason)
    ? new AppError('OUTPUT_FAILED', sentence, {
        hint: 'Check that its disk has free space.',
        cause,
      })
    : new AppError('CONFIG_INVALID', sentence, {
        hint: 'Make it writable, or set `data_folder` in the connection file to another folder.',
        cause,
      })
}

function unsafe(dataFolder: string, problem: string, hint: string): AppError {
  return new AppError('CONFIG_INVALID', `The data folder ${dataFolder} ${problem}.`, { hint })
}

/** For a user with the rights to run the command. */
function commandHint(dataFolder: string, command: string): string {
  return `Check its content, then run: ${command} ${shellQuoted(dataFolder)} (or set \`data_folder\` in the connection file to another folder).`
}

/** For a user without the rights, as in a container with a volume that belongs to root. */
function subfolderHint(dataFolder: string): string {
  const subfolder = JSON.stringify(join(dataFolder, 'customerio-sync'))
  return `Set "data_folder": ${subfolder} in the connection file. The next run creates that folder, with access only for you.`
}

/**
 * Whether a new file keeps its owner and mode. Some mounts give every file the same owner and full
 * access.
 */
async function keepsRights(folder: string, ownUid: number): Promise<boolean> {
  const probe = join(folder, `${randomUUID()}.try`)
  try {
    await createDataFile(probe, 'checks the owner of new files\n')
    const { mode, uid } = await lstat(probe)
    return uid === ownUid && (mode & OTHERS_MAY_WRITE) === 0
  } finally {
    await rm(probe, { force: true })
  }
}

/**
 * Throws CONFIG_INVALID with a hint for a folder in which another user can create links or files.
 */
async function assertPrivate(folder: string): Promise<void> {
  const ownUid = process.geteuid?.()
  if (ownUid === undefined) return // Windows
  const isForeign = (uid: number) => uid !== ownUid && uid !== ROOT_UID
  const [entry, { uid, mode }] = await Promise.all([lstat(folder), stat(folder)])
  if (entry.isSymbolicLink() && isForeign(entry.uid)) {
    const problem = `is a symbolic link created by another user (uid ${entry.uid})`
    throw unsafe(folder, problem, commandHint(folder, 'rm'))
  }
  const isWritableByAll = (mode & OTHERS_MAY_WRITE) !== 0
  if (!isForeign(uid) && !isWritableByAll) return
  if (!(await keepsRights(folder, ownUid))) return
  const canChange = ownUid === ROOT_UID || ownUid === uid
  const hint = (command: string) =>
    canChange ? commandHint(folder, command) : subfolderHint(folder)
  if (isForeign(uid))
    throw unsafe(folder, `belongs to another user (uid ${uid})`, hint(`chown -R ${ownUid}`))
  throw unsafe(folder, 'is writable by every user', hint('chmod o-w'))
}

/**
 * Creates a missing folder with access only for its owner, and checks that it is private. Throws
 * `unwritable`.
 */
export async function prepareFolder(dataFolder: string): Promise<void> {
  try {
    const created = await mkdir(dataFolder, { recursive: true, mode: 0o700 })
    if (created !== undefined) await chmod(dataFolder, 0o700)
    await assertPrivate(dataFolder)
  } catch (cause) {
    throw unwritable(dataFolder, cause)
  }
}

/** Prepares the connection's data folder; see `prepareFolder`. */
export async function makeDataFolder({ dataFolder }: Connection): Promise<void> {
  await prepareFolder(dataFolder)
}

/** Writes a file into it that only its owner can read. Throws `unwritable`. */
export async function writeDataFile(
  { dataFolder }: Connection,
  name: string,
  text: string,
): Promise<string> {
  const path = join(dataFolder, name)
  try {
    await replaceDataFile(path, text)
    return path
  } catch (cause) {
    throw unwritable(dataFolder, cause)
  }
}

/**
 * Checks that the folder takes the documents and the lock of a run, which is a hard link. Creates
 * it, and leaves no file in it. Throws `unwritable`.
 */
export async function tryDataFolder(connection: Connection): Promise<void> {
  const { dataFolder } = connection
  const [document, lock] = [`${randomUUID()}.try`, join(dataFolder, `${randomUUID()}.try`)]
  const text = 'checks that the folder is writable\n'
  await makeDataFolder(connection)
  try {
    await writeDataFile(connection, document, text)
    await createWholeDataFile(lock, text)
  } catch (cause) {
    throw unwritable(dataFolder, cause)
  } finally {
    await rm(join(dataFolder, document), { force: true })
    await rm(lock, { force: true })
  }
}
