/**
 * Refuses connection poolers that give our transactions to changing sessions of the server. Our
 * settings and the locks that keep loads apart would stay with a session that others use.
 */

import { AppError } from '../../../errors.ts'
import { sql } from '../../sql.ts'
import type { PostgresConnection } from './connection.ts'

/** A pooler in session mode lets a second client wait when it has no free session. */
const PROBE_MS = 3000
/** How often both connections are compared: a pooler may assign its sessions in turn. */
const ROUNDS = 5

function refusal(): AppError {
  return new AppError(
    'CONFIG_INVALID',
    '`warehouse_url` leads to a connection pooler that is not in session mode, so a load cannot lock its tables.',
    {
      hint: 'Set pool_mode = session for this database in the pooler, or connect to the server itself (usually port 5432).',
    },
  )
}

async function sessionOf(connection: PostgresConnection): Promise<string> {
  const [row] = await connection.query(sql`select pg_backend_pid()`)
  return String(row?.[0])
}

/** True when one client had two sessions, or two clients had the same session. */
async function areShared(first: PostgresConnection, second: PostgresConnection): Promise<boolean> {
  const [own, other] = [await sessionOf(first), await sessionOf(second)]
  for (let round = 0; round < ROUNDS; round++) {
    if (own === other) return true
    if ((await sessionOf(first)) !== own || (await sessionOf(second)) !== other) return true
  }
  return false
}

/** Undefined when the comparison takes too long, or when the second client is refused. */
async function compare(
  first: PostgresConnection,
  open: (signal: AbortSignal) => Promise<PostgresConnection>,
): Promise<boolean | undefined> {
  const signal = AbortSignal.timeout(PROBE_MS)
  const second = await open(signal).catch(() => undefined)
  if (!second) return undefined
  const late = new Promise<undefined>((resolve) => {
    signal.addEventListener('abort', () => resolve(undefined), { once: true })
  })
  const compared = areShared(first, second).catch(() => undefined)
  const isShared = signal.aborted ? undefined : await Promise.race([compared, late])
  await second.close()
  // The first connection must have its response before the next query.
  await compared
  return isShared
}

/**
 * Throws CONFIG_INVALID for a pooler in transaction or statement mode. A server announces the
 * process ID of its session when a connection is opened; a pooler announces a number of its own.
 * Only then a second connection is opened for a moment.
 */
export async function refusePooling(
  connection: PostgresConnection,
  open: (signal: AbortSignal) => Promise<PostgresConnection>,
): Promise<void> {
  if ((await sessionOf(connection)) === connection.announcedPid) return
  if (await compare(connection, open)) throw refusal()
}
