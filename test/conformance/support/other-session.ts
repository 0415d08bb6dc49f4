/** A PostgreSQL session that holds what a load needs. */

import { Client } from 'pg'
import type { Scope } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'
import { query, SERVER_URL } from './postgres.ts'

/** Opens a session, which ends with the test. */
export async function otherSession(scope: Scope): Promise<Client> {
  const other = new Client({ connectionString: SERVER_URL })
  await other.connect()
  scope.after(() => other.end())
  return other
}

/** Waits until a load waits for a lock of the session. */
export async function untilBlocked(session: Client): Promise<void> {
  const { rows } = await session.query<{ pid: number }>('select pg_backend_pid() as pid')
  const statement = `select 1 from pg_stat_activity where ${rows[0]?.pid} = any (pg_blocking_pids(pid))`
  await until(async () => (await query(statement)).length > 0, { what: 'a blocked session' })
}
