/** Finds out whether a transaction of the catalog was committed, when its answer was lost. */

import { setTimeout as sleep } from 'node:timers/promises'
import { PostgresConnection } from '../../postgres/connect/connection.ts'
import type { PostgresUrl } from '../../postgres/url.ts'
import { id, param, sql, type Sql } from '../../sql.ts'

const PAUSE_MS = 250

/** The server process, while it lives: it may still be about to commit. */
function findBackend(pid: number): Sql {
  return sql`select pid, pg_terminate_backend(pid)
from pg_stat_activity
where pid = cast(${param(String(pid))} as integer)
  and usename = session_user`
}

function findMark(schema: string, mark: string): Sql {
  return sql`select 1
from ${id(schema, 'ducklake_snapshot_changes')}
where commit_extra_info = ${param(mark)}`
}

export interface LostCommit {
  /** The server process that the transaction ran in. */
  pid: number
  /** `commit_extra_info` of the transaction's snapshot. */
  mark: string
  /** The schema of the catalog's tables. */
  schema: string
}

async function ask(url: PostgresUrl, { pid, mark, schema }: LostCommit): Promise<boolean> {
  const connection = await PostgresConnection.open(url)
  try {
    while ((await connection.query(findBackend(pid))).length > 0) await sleep(PAUSE_MS)
    return (await connection.query(findMark(schema, mark))).length > 0
  } finally {
    await connection.close()
  }
}

/** Asks until the server answers. Undefined when it does not within the time. */
export async function wasCommitted(
  url: PostgresUrl,
  commit: LostCommit,
  waitMs: number,
): Promise<boolean | undefined> {
  const deadline = performance.now() + waitMs
  while (performance.now() < deadline) {
    try {
      return await ask(url, commit)
    } catch {
      await sleep(PAUSE_MS)
    }
  }
  return undefined
}
