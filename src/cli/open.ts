/** Opens the connection of a command and masks its secrets in all output. */

import { loadConnection, type Connection } from '../runner/connection/connection.ts'
import { secretsOfConnection } from '../runner/connection/connection-secrets.ts'
import { findConnection } from '../runner/workspace/find-connection.ts'
import type { ProgramContext } from './main.ts'
import type { ConnectionFlags } from './command.ts'

/** Throws CONFIG_INVALID, and USAGE when the flags name no connection of the workspace. */
export async function openConnection(
  flags: Pick<ConnectionFlags, 'workspace' | 'connection'>,
  context: ProgramContext,
): Promise<Connection> {
  return openConnectionFile(await findConnection(flags), context)
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
