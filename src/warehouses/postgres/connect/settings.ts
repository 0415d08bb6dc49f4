/** Statements about the session itself: whatever a server's defaults are, it behaves the same for us. */

import { param, sql, type Sql } from '../../sql.ts'

/** What has to be known before the settings are forced. */
export function findSession(): Sql {
  return sql`select
  current_schema(),
  current_setting('server_version_num'),
  current_setting('synchronous_commit')`
}

/** Settings of which a server knows only those of its version; with them its time limits would end our session or a long commit. */
const LIMITS_BY_VERSION: readonly [version: number, statement: Sql][] = [
  [140_000, sql`set idle_session_timeout = 0`],
  [170_000, sql`set transaction_timeout = 0`],
]

/** Without waiting for the disk, a commit may be gone after a crash though its STATE was written; stronger settings stay. */
export function forceByServer(version: number, synchronousCommit: string | null): Sql[] {
  const limits = LIMITS_BY_VERSION.filter(([since]) => version >= since)
  const statements = limits.map(([, statement]) => statement)
  return synchronousCommit === 'off'
    ? [...statements, sql`set synchronous_commit = on`]
    : statements
}

/** Row security off: a policy that hides rows from us has to be an error, or their keys would be added again. */
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

export function forceReadOnly(): Sql {
  return sql`set default_transaction_read_only = on`
}

export function beginTransaction(): Sql {
  return sql`begin transaction isolation level read committed read write`
}

/** The staged rows look up their keys in an index: without statistics the planner would read the whole table for each batch. */
export function preferIndex(): Sql {
  return sql`set local enable_hashjoin = off;
set local enable_mergejoin = off`
}

export function preferNothing(): Sql {
  return sql`set local enable_hashjoin = on;
set local enable_mergejoin = on`
}

/** Taken by the session, which keeps it until it ends. */
export function tryLock(key: bigint): Sql {
  return sql`select pg_try_advisory_lock(cast(${param(String(key))} as bigint))`
}

/** The same within a transaction: it fails where the session that has the lock is not the one that commits. */
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
