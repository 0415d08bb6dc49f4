/** Opens the connection of a command and masks its secrets in all output. */

import { loadConnection, type Connection } from '../runner/connection/connection.ts'
import { secretsOfConnection } from '../runner/connection/connection-secrets.ts'
import { refuseCopies } from '../runner/workspace/copied-connection.ts'
import { findConnection } from '../runner/workspace/find-connection.ts'
import type { ProgramContext } from './main.ts'
import type { ConnectionFlags } from './command.ts'

/**
 * Throws CONFIG_INVALID, also for a copy of another connection of the workspace, and USAGE when the
 * flags name no connection of it.
 */
export async function openConnection(
  flags: Pick<ConnectionFlags, 'workspace' | 'connection'>,
  context: ProgramContext,
): Promise<Connection> {
  const connection = await openConnectionFile(await findConnection(flags), context)
  await refuseCopies(connection)
  return connection
}

/** Throws CONFIG_INVALID. */
export async function openConnectionFile(
  path: string,
  { env, logger }: ProgramContext,
): Promise<Connection> {
  const connection = await loadConnection(path, env)
  for (const secret of secretsOfConnection(connection)) logger.mask(secret)
  return connection
}
