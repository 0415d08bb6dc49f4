/** Statements about the session: its settings, its locks, and the start of a transaction. */

import { id, param, sql, type Sql } from '../../sql.ts'

/** Facts that the forced settings depend on. */
export function findSession(): Sql {
  return sql`select
  current_schema(),
  current_setting('server_version_num'),
  current_setting('synchronous_commit')`
}

/** Time limits that newer servers have. They would end our session or a long commit. */
const LIMITS_BY_VERSION: readonly [version: number, statement: Sql][] = [
  [140_000, sql`set idle_session_timeout = 0`],
  [170_000, sql`set transaction_timeout = 0`],
]

/**
 * With `synchronous_commit` off, a crash may lose a commit whose STATE was already printed.
 * Stronger settings are kept.
 */
export function forceByServer(version: number, synchronousCommit: string | null): Sql[] {
  const limits = LIMITS_BY_VERSION.filter(([since]) => version >= since)
  const statements = limits.map(([, statement]) => statement)
  return synchronousCommit === 'off'
    ? [...statements, sql`set synchronous_commit = on`]
    : statements
}

/**
 * `row_security` is off because a policy that hides rows must be an error: their keys would be
 * inserted again.
 */
export function forceSettings(): Sql {
  return sql`set client_encoding = 'UTF8';
set client_min_messages = 'warning';
set standard_conforming_strings = on;
set datestyle = 'ISO, YMD';
set intervalstyle = 'postgres';
set timezone = 'UTC';
set extra_float_digits = 1;
set quote_all_identifiers = off;
set search_path = pg_catalog;
set row_security = off;
set lock_timeout = '30s';
set statement_timeout = 0;
set idle_in_transaction_session_timeout = '5min';
set tcp_keepalives_idle = 60;
set tcp_keepalives_interval = 10;
set tcp_keepalives_count = 6;
set jit = off`
}

/** From this version on, a server can look whether its client is still there. */
export const LOOKS_FOR_CLIENT_SINCE = 140_000

/** Ends a statement whose client was killed. Otherwise the server would run it to its end. */
export function lookForClient(): Sql {
  return sql`set client_connection_check_interval = '2s'`
}

export function forceReadOnly(): Sql {
  return sql`set default_transaction_read_only = on`
}

/** For a query of the user, who sees the rows that the policies allow. */
export function beginReading(schema: string): Sql {
  return sql`begin transaction isolation level read committed read only;
set local search_path = ${id(schema)}, public;
set local row_security = on`
}

export function beginTransaction(): Sql {
  return sql`begin transaction isolation level read committed read write`
}

/**
 * Makes the merge use an index. Without statistics the planner would read the whole table for each
 * batch.
 */
export function preferIndex(): Sql {
  return sql`set local enable_hashjoin = off;
set local enable_mergejoin = off`
}

export function preferDefaults(): Sql {
  return sql`set local enable_hashjoin = on;
set local enable_mergejoin = on`
}

/** Takes the lock for the session, which holds it until the session ends. */
export function tryLock(key: bigint): Sql {
  return sql`select pg_try_advisory_lock(cast(${param(String(key))} as bigint))`
}

/** Takes the lock for the transaction. Fails when another session holds the lock. */
export function tryLockTransaction(key: bigint): Sql {
  return sql`select pg_try_advisory_xact_lock(cast(${param(String(key))} as bigint))`
}

export function findHolder(key: bigint): Sql {
  const bits = BigInt.asUintN(64, key)
  return sql`select activity.pid, activity.application_name, activity.backend_start
from pg_locks as lock
join pg_stat_activity as activity on activity.pid = lock.pid
where lock.locktype = 'advisory'
  and lock.database = (select oid from pg_database where datname = current_database())
  and lock.classid = cast(${param(String(bits >> 32n))} as oid)
  and lock.objid = cast(${param(String(bits & 0xffffffffn))} as oid)
  and lock.objsubid = 1
  and lock.granted
limit 1`
}
