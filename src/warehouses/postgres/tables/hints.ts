/**
 * The next step after a failure whose SQLSTATE says too little. Read from the catalog, never from
 * messages.
 */

import { DatabaseError } from 'pg'
import { list, param, sql, type Sql } from '../../sql.ts'
import type { CommitUnit } from '../../../loader/commit-unit.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { isRightMissing, sqlStateOf, type ErrorContext } from '../errors.ts'
import { nullHint } from './nulls.ts'
import { connectHint, findRightsHint, neededRights, quoted } from './rights.ts'

/** The context of a failure. */
export interface Failed {
  /** Undefined when none was open. */
  connection: PostgresConnection | undefined
  context: ErrorContext
  /** The unit that failed to commit. */
  unit?: CommitUnit | undefined
  /** The table of a failed query. */
  table?: string | undefined
}

/** The server's routine that refuses a role that does not exist or may not log in. */
const REFUSES_ROLE = 'InitializeSessionUserId'

function isRoleRefused(cause: unknown): boolean {
  return cause instanceof DatabaseError && cause.routine === REFUSES_ROLE
}

/** True when a value is too long for an index of the table's owner. */
function isIndexTooShort(cause: unknown): cause is DatabaseError {
  const isLimit = cause instanceof DatabaseError && cause.code === '54000'
  return isLimit && cause.constraint !== undefined
}

function roleHint({ user }: ErrorContext): string {
  const role = quoted(user)
  return `Create the role, or let it log in: create role ${role} login; alter role ${role} login; or correct the user in \`warehouse_url\`.`
}

/** One row when one of the names is a table. */
export function findTable(schema: string, names: readonly string[]): Sql {
  return sql`select 1
from pg_class as class
join pg_namespace as namespace on namespace.oid = class.relnamespace
where namespace.nspname = ${param(schema)}
  and class.relname = any (cast(array[${list(names.map(param))}] as text[]))
  and class.relkind in ('r', 'p', 'f')
limit 1`
}

/** For a table that another session created after the change was planned. */
async function takenHint({ connection, context, unit }: Failed): Promise<string | undefined> {
  const created = (unit?.changes ?? []).filter(({ kind }) => kind === 'create-table')
  if (!connection || created.length === 0) return undefined
  const names = created.map(({ table }) => table)
  const found = await connection.query(findTable(context.schema, names))
  return found.length > 0
    ? 'Another session created the table in the meantime: run again.'
    : undefined
}

async function findByCatalog(cause: unknown, failed: Failed): Promise<string | undefined> {
  const { connection, context, unit, table } = failed
  if (isRoleRefused(cause)) return roleHint(context)
  const ofNull = unit && nullHint(cause, unit)
  if (ofNull !== undefined) return ofNull
  const isConnected = connection !== undefined && !connection.isLost
  if (isRightMissing(cause)) {
    if (!isConnected) return connectHint(context)
    const tables = table === undefined ? [] : [table]
    const reading = { tables, changed: [], createsTables: false }
    return findRightsHint(connection, context, unit ? neededRights(unit) : reading)
  }
  if (isIndexTooShort(cause)) {
    return `The index ${quoted(cause.constraint ?? '')} cannot hold values of that length: drop it, or create it on a hash of its columns.`
  }
  return isConnected && sqlStateOf(cause) === '42P07' ? takenHint(failed) : undefined
}

/**
 * Undefined when the SQLSTATE has the hint. No transaction may be running on the connection. Never
 * throws.
 */
export async function findHint(cause: unknown, failed: Failed): Promise<string | undefined> {
  return findByCatalog(cause, failed).catch(() => undefined)
}
