/**
 * Whether a connection pooler gives our transactions to changing sessions of the server: then the locks that keep loads apart would stay
 * with a session that others use, and our settings too.
 */

import { AppError } from '../../../errors.ts'
import { sql } from '../../sql.ts'
import type { PostgresConnection } from './connection.ts'

/** A pooler in session mode that has no session left for a second client lets it wait. */
const PROBE_MS = 3000
/** How often both are asked: a pooler may hand out its sessions in turn. */
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

/** True when one client had two sessions, or two clients had one. */
async function areShared(first: PostgresConnection, second: PostgresConnection): Promise<boolean> {
  const [own, other] = [await sessionOf(first), await sessionOf(second)]
  for (let round = 0; round < ROUNDS; round++) {
    if (own === other) return true
    if ((await sessionOf(first)) !== own || (await sessionOf(second)) !== other) return true
  }
  return false
}

/** The answer, or undefined where it takes too long or the second client is refused, which says nothing of the first. */
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
  // What was asked of the first connection has its answer before the next question.
  await compared
  return isShared
}

/**
 * Throws CONFIG_INVALID for a pooler in transaction or statement mode. A server itself names its session when it is connected to; a
 * pooler, a number of its own: only then a second connection is opened, for a moment.
 */
export async function refusePooling(
  connection: PostgresConnection,
  open: (signal: AbortSignal) => Promise<PostgresConnection>,
): Promise<void> {
  if ((await sessionOf(connection)) === connection.announcedPid) return
  if (await compare(connection, open)) throw refusal()
}
