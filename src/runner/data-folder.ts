/** The folder in which a connection keeps its history, its lock and the documents of a run. */

import { randomUUID } from 'node:crypto'
import { chmod, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AppError } from '../errors.ts'
import type { Connection } from './connection.ts'

/** Codes of a system that lacks something for now, in which nobody has set anything wrong. */
const PASSING = new Set(['ENOSPC', 'EDQUOT', 'EMFILE', 'ENFILE', 'EIO', 'ENOMEM', 'EAGAIN'])

/** OUTPUT_FAILED where it may pass, as when the disk is full; CONFIG_INVALID where somebody has to change something. */
export function unwritable({ dataFolder }: Connection, cause: unknown): AppError {
  const reason = cause instanceof Error && 'code' in cause ? String(cause.code) : String(cause)
  const sentence = `The data folder ${dataFolder} cannot be written (${reason}).`
  return PASSING.has(reason)
    ? new AppError('OUTPUT_FAILED', sentence, { hint: 'Look whether its disk has room.', cause })
    : new AppError('CONFIG_INVALID', sentence, {
        hint: 'Make it writable, or name another one with `data_folder` in the connection file.',
        cause,
      })
}

/** Makes the folder where it is missing, for its owner alone. Throws what `unwritable` says. */
export async function makeDataFolder(connection: Connection): Promise<void> {
  const { dataFolder } = connection
  try {
    const made = await mkdir(dataFolder, { recursive: true, mode: 0o700 })
    if (made !== undefined) await chmod(dataFolder, 0o700)
  } catch (cause) {
    throw unwritable(connection, cause)
  }
}

/** Writes a file into it, readable by its owner alone. Throws what `unwritable` says. */
export async function writeDataFile(
  connection: Connection,
  name: string,
  text: string,
): Promise<string> {
  const path = join(connection.dataFolder, name)
  try {
    await writeFile(path, text, { mode: 0o600 })
    return path
  } catch (cause) {
    throw unwritable(connection, cause)
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
