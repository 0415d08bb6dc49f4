/** Opens the connection that a command is given, and keeps its secrets out of everything that is written. */

import { loadConnection, type Connection } from '../../runner/connection/connection.ts'
import { secretsOfConnection } from '../../runner/connection/connection-secrets.ts'
import type { LogEvent } from '../../runner/programs/log-line.ts'
import type { ProgramContext } from '../main.ts'
import type { ConnectionFlags } from './command.ts'

/** Throws CONFIG_INVALID. */
export async function openConnection(
  flags: Pick<ConnectionFlags, 'connection'>,
  { env, logger }: ProgramContext,
): Promise<Connection> {
  const connection = await loadConnection(flags.connection, env)
  for (const secret of secretsOfConnection(connection)) logger.mask(secret)
  return connection
}

/** What a program said, as one line for a person. */
export function toldText(program: string, { level, message, fields }: LogEvent): string {
  const shown = Object.entries(fields)
    .filter(([name, value]) => name !== 'code' && typeof value !== 'object')
    .map(([name, value]) => ` ${name}=${value as string}`)
  return `${level === 'warning' ? 'Warning' : 'Error'} (${program}): ${message}${shown.join('')}`
}
