/**
 * Keeps loads into the same tables apart: an advisory lock of the database, which ends with its
 * session.
 */

import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '../../../logger.ts'
import type { PostgresConnection } from './connection.ts'
import { ServerError } from '../../server-error.ts'
import { findHolder, tryLock, tryLockTransaction } from './settings.ts'

const FIRST_WAIT_MS = 100
const MAX_WAIT_MS = 1000

/** The tables of a load: those in the schema whose name begins with the prefix. */
export interface LockedTables {
  /** The lake of the tables; undefined for tables of the database itself. */
  lake?: string
  schema: string
  prefix: string
}

/** One table: a load with a shorter prefix may write it too. */
export interface LockedTable {
  lake?: string
  schema: string
  table: string
}

/**
 * The number of the lock, by schema and prefix or table. PostgreSQL keeps the locks of each
 * database apart.
 */
function lockKey(locked: LockedTables | LockedTable): bigint {
  const names =
    'table' in locked ? [locked.schema, 'table', locked.table] : [locked.schema, locked.prefix]
  const digest = createHash('sha256')
    .update(
      JSON.stringify([
        'target-warehouse',
        ...(locked.lake === undefined ? [] : ['lake', locked.lake]),
        ...names,
      ]),
    )
    .digest()
  return digest.readBigInt64BE()
}

async function holderText(connection: PostgresConnection, key: bigint): Promise<string> {
  const [row] = await connection.query(findHolder(key))
  if (!row) return 'another session'
  const [pid, name, since] = row
  return `server process ${pid} (${name === '' || name === null ? 'no application name' : name}${since === null ? '' : `, connected since ${since}`})`
}

function describe(locked: LockedTables | LockedTable): string {
  const schema = `schema ${JSON.stringify(locked.schema)}`
  if ('table' in locked) return `The table ${JSON.stringify(locked.table)} of ${schema} is`
  const prefix = locked.prefix === '' ? '' : ` with the prefix ${JSON.stringify(locked.prefix)}`
  return `The tables of ${schema}${prefix} are`
}

function busyError(locked: LockedTables | LockedTable, holder: string): ServerError {
  return new ServerError('WAREHOUSE_BUSY', `${describe(locked)} held by ${holder}.`, {
    failure: 'transient',
    hint: 'Wait for that load, or end it: select pg_terminate_backend(<server process>). A connection pooler must be in session mode.',
  })
}

export interface LockWait {
  waitMs: number
  logger: Logger
  /** Ends the wait; its reason is thrown. */
  signal?: AbortSignal | undefined
}

/** Waits at most `waitMs`, then throws WAREHOUSE_BUSY. */
export async function takeTableLock(
  connection: PostgresConnection,
  tables: LockedTables | LockedTable,
  { waitMs, logger, signal }: LockWait,
): Promise<void> {
  const key = lockKey(tables)
  const deadline = performance.now() + waitMs
  for (let pauseMs = FIRST_WAIT_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_WAIT_MS)) {
    const [row] = await connection.query(tryLock(key))
    if (row?.[0] === 't') return
    const leftMs = deadline - performance.now()
    if (leftMs <= 0) throw busyError(tables, await holderText(connection, key))
    if (pauseMs === FIRST_WAIT_MS) {
      logger.info('tables_locked', 'Another load holds the tables; waiting for it.', {
        ...tables,
      })
    }
    await sleep(Math.min(pauseMs, leftMs), undefined, { signal }).catch(() => undefined)
    signal?.throwIfAborted()
  }
}

/** In a transaction: throws WAREHOUSE_BUSY when another session holds the lock. */
export async function assertLock(
  connection: PostgresConnection,
  tables: LockedTables,
): Promise<void> {
  const key = lockKey(tables)
  const [row] = await connection.query(tryLockTransaction(key))
  if (row?.[0] !== 't') throw busyError(tables, await holderText(connection, key))
}
