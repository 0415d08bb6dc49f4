/**
 * The folder in which a connection keeps its history, its lock and the documents of a run.
 *
 * It must belong to us or to root, and not everybody may write into it. A group may: an administrator gives a group its rights on purpose,
 * as `fsGroup` of Kubernetes does, and links that a member puts there are not followed. Folders above it are not looked at: volumes are
 * often mounted with every right. It may itself be a link that we or root made.
 */

import { randomUUID } from 'node:crypto'
import { chmod, lstat, mkdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../../errors.ts'
import type { Connection } from './connection.ts'
import { createDataFile, replaceDataFile } from './data-file.ts'

/** Codes of a system that lacks something for now, in which nobody has set anything wrong. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EIO', 'ENOMEM', 'EAGAIN'])
const OTHERS_MAY_WRITE = 0o002
const ROOT_UID = 0

/** OUTPUT_FAILED where it may pass, as when the disk is full; CONFIG_INVALID where somebody has to change something. */
export function unwritable(dataFolder: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
  const sentence = `The data folder ${dataFolder} cannot be written (${reason}).`
  return PASSING.has(reason)
    ? new AppError('OUTPUT_FAILED', sentence, { hint: 'Look whether its disk has room.', cause })
    : new AppError('CONFIG_INVALID', sentence, {
        hint: 'Make it writable, or name another one with `data_folder` in the connection file.',
        cause,
      })
}

/** A path as a shell takes it. */
function quoted(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", String.raw`'\''`)}'`
}

function unsafe(dataFolder: string, what: string, remedy: string): AppError {
  return new AppError('CONFIG_INVALID', `The data folder ${dataFolder} ${what}.`, { hint: remedy })
}

/** For whoever may run the command. */
function byCommand(dataFolder: string, command: string): string {
  return `Look at what is in it and run: ${command} ${quoted(dataFolder)} (or name another one with \`data_folder\` in the connection file).`
}

/** For whoever may not, as in a container whose volume belongs to root: a folder in it becomes ours. */
function bySubfolder(dataFolder: string): string {
  const inside = JSON.stringify(join(dataFolder, 'customerio-sync'))
  return `Name a folder in it, such as "data_folder": ${inside}, in the connection file: the next run makes it, for you alone.`
}

/** Whether a file that we make here is ours alone: some mounts give everything the same owner and every right, whatever is asked for. */
async function keepsRights(folder: string, ownUid: number): Promise<boolean> {
  const made = join(folder, `${randomUUID()}.try`)
  try {
    await createDataFile(made, 'written to see whose it is\n')
    const { mode, uid } = await lstat(made)
    return uid === ownUid && (mode & OTHERS_MAY_WRITE) === 0
  } finally {
    await rm(made, { force: true })
  }
}

/** Throws CONFIG_INVALID, with the command that helps, for a folder in which somebody else could put links and files. */
async function assertPrivate(folder: string): Promise<void> {
  const ownUid = process.geteuid?.()
  if (ownUid === undefined) return // Windows
  const isForeign = (uid: number) => uid !== ownUid && uid !== ROOT_UID
  const [entry, { uid, mode }] = await Promise.all([lstat(folder), stat(folder)])
  if (entry.isSymbolicLink() && isForeign(entry.uid)) {
    const what = `is a link that another user made (uid ${entry.uid})`
    throw unsafe(folder, what, byCommand(folder, 'rm'))
  }
  const isOpen = (mode & OTHERS_MAY_WRITE) !== 0
  if (!isForeign(uid) && !isOpen) return
  if (!(await keepsRights(folder, ownUid))) return
  const mayChange = ownUid === ROOT_UID || ownUid === uid
  const remedy = (command: string) => (mayChange ? byCommand(folder, command) : bySubfolder(folder))
  if (isForeign(uid))
    throw unsafe(folder, `belongs to another user (uid ${uid})`, remedy(`chown -R ${ownUid}`))
  throw unsafe(folder, 'can be written by every user', remedy('chmod o-w'))
}

/** Makes a folder where it is missing, for its owner alone, and sees that it is private. Throws what `unwritable` says. */
export async function prepareFolder(dataFolder: string): Promise<void> {
  try {
    const made = await mkdir(dataFolder, { recursive: true, mode: 0o700 })
    if (made !== undefined) await chmod(dataFolder, 0o700)
    await assertPrivate(dataFolder)
  } catch (cause) {
    throw unwritable(dataFolder, cause)
  }
}

/** The connection's data folder, as `prepareFolder` leaves it. */
export async function makeDataFolder({ dataFolder }: Connection): Promise<void> {
  await prepareFolder(dataFolder)
}

/** Writes a file into it, readable by its owner alone. Throws what `unwritable` says. */
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

/** Makes the folder and tries to write into it; nothing is left but the folder. Throws what `unwritable` says. */
export async function tryDataFolder(connection: Connection): Promise<void> {
  const name = `${randomUUID()}.try`
  await makeDataFolder(connection)
  try {
    await writeDataFile(connection, name, 'written to see whether it works\n')
  } finally {
    await rm(join(connection.dataFolder, name), { force: true })
  }
}
