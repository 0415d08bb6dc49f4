/** Asks for the name of a connection, which decides its file. */

import { existsSync } from 'node:fs'
import { AppError } from '../../errors.ts'
import { listConnections } from '../../runner/workspace/documents.ts'
import { newConnectionFile, workspaceFolder } from '../../runner/workspace/find-connection.ts'
import { isDocumentName, LONE_NAME, NAME_RULE } from '../../runner/workspace/paths.ts'
import { ask } from '../prompt.ts'
import type { InitFlags } from './document.ts'

/** A connection to create: as a command line names it, and its file. */
export interface NewConnection {
  /** Undefined for `connection.json`. */
  connection: string | undefined
  path: string
}

/** The error for a file that exists. */
function existsError(path: string): AppError {
  return new AppError('USAGE', `${path} already exists.`, {
    hint: 'Choose another name or file with --connection, or overwrite it with --force.',
  })
}

/** Throws USAGE for a file that exists, unless `--force` is given. */
function refuseExisting(path: string, { force }: InitFlags): void {
  if (existsSync(path) && force !== true) throw existsError(path)
}

/** The connection that `--connection` names, or `connection.json`. Throws USAGE. */
export async function namedConnection(flags: InitFlags): Promise<NewConnection> {
  const path = await newConnectionFile(flags)
  refuseExisting(path, flags)
  return { connection: flags.connection, path }
}

/** The first connection of a folder needs no name. */
async function isFirst(flags: InitFlags): Promise<boolean> {
  if (flags.force === true) return true
  return (await listConnections(await workspaceFolder(flags))).length === 0
}

/** Asks for the name, unless `--connection` gives it. Throws the signal's reason. */
export async function askName(flags: InitFlags, signal: AbortSignal): Promise<NewConnection> {
  if (flags.connection !== undefined) return namedConnection(flags)
  const isLone = await isFirst(flags)
  const choiceOf = (name: string): InitFlags =>
    isLone && name === LONE_NAME ? flags : { ...flags, connection: name }
  const check = async (name: string) => {
    if (!isDocumentName(name))
      throw new AppError('USAGE', `The name of a connection must be ${NAME_RULE}.`)
    await namedConnection(choiceOf(name))
  }
  const question = { text: 'Name of the connection', check }
  const name = await ask(isLone ? { ...question, default: LONE_NAME } : question, signal)
  return namedConnection(choiceOf(name))
}
