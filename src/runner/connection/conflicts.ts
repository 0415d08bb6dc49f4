/**
 * Conflicts between connections: which runs must wait for each other, and which connections are
 * refused.
 */

import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { foldNameFor } from '../../urls/name-folding.ts'
import { databaseIdentity, warehouseKindOf } from '../../urls/warehouse-urls.ts'
import type { Connection } from './connection.ts'

/** The path without symbolic links in its folders. The file itself need not exist yet. */
function realPath(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    const folder = dirname(path)
    return folder === path ? path : join(realPath(folder), basename(path))
  }
}

/**
 * The database that a connection writes, without user and password: equal for two URLs of one
 * database.
 */
export function databaseOf({ destination, folder }: Connection): string {
  return databaseIdentity(destination.warehouse_url, (path) => realPath(resolve(folder, path)))
}

/**
 * Values for `Job.conflictKeys`: a hash of the API key, because all its users share one rate limit,
 * and a DuckDB file, which takes one writer.
 */
export function conflictKeysOf(connection: Connection): string[] {
  return [...rateKeysOf(connection), ...databaseKeysOf(connection)]
}

/** The key of everything that shares the rate limit of the connection's API key. */
export function rateKeysOf({ source }: Pick<Connection, 'source'>): string[] {
  return [`key:${createHash('sha256').update(source.app_api_key).digest('hex')}`]
}

/** The key of a database that takes one process at a time; none for other databases. */
export function databaseKeysOf(connection: Connection): string[] {
  const { takesOneWriter } = warehouseKindOf(connection.destination.warehouse_url)
  return takesOneWriter ? [databaseOf(connection)] : []
}

function firstTwo<T>(items: readonly T[], key: (item: T) => string): [T, T] | undefined {
  const seen = new Map<string, T>()
  for (const item of items) {
    const earlier = seen.get(key(item))
    if (earlier !== undefined) return [earlier, item]
    seen.set(key(item), item)
  }
  return undefined
}

/**
 * Database, schema and prefix of its tables, without user and password. Equal for two spellings of
 * one name.
 */
export function tablesOf(connection: Connection): string {
  const { destination } = connection
  const { defaultSchema } = warehouseKindOf(destination.warehouse_url)
  const { default_target_schema: schema = defaultSchema, table_prefix: prefix } = destination
  const names = [schema, prefix].map((name) => foldNameFor(destination.warehouse_url, name))
  return JSON.stringify([databaseOf(connection), ...names])
}

function conflict([a, b]: [Connection, Connection], sentence: string, hint: string): AppError {
  const files = a.path === b.path ? `${a.path}, passed twice` : `${a.path} and ${b.path}`
  return new AppError('CONFIG_INVALID', `Two connections ${sentence}: ${files}.`, { hint })
}

/** The first conflict: one name, one data folder, the same tables, or one id. */
function conflictIn(connections: readonly Connection[]): AppError | undefined {
  const same = (what: (connection: Connection) => string) => firstTwo(connections, what)
  const folders = same(({ dataFolder }) => realPath(dataFolder))
  if (folders)
    return conflict(folders, 'have the same data folder', 'Set a different `data_folder` for each.')
  const names = same(({ name }) => name)
  if (names)
    return conflict(names, `have the name ${names[0].name}`, 'Set a different `name` for each.')
  const tables = same(tablesOf)
  if (tables)
    return conflict(
      tables,
      'would write the same tables',
      'Set a different `table_prefix` or `default_target_schema` for each.',
    )
  const ids = same(({ id, path }) => id ?? `no id: ${path}`)
  return ids && conflict(ids, `have the id ${ids[0].id}`, 'Give the copy another `id`.')
}

/**
 * Throws CONFIG_INVALID when two connections have one name, one data folder, the same tables or one
 * id: then a copy would continue where the original stopped, in its tables.
 */
export function refuseConflicts(connections: readonly Connection[]): void {
  const found = conflictIn(connections)
  if (found) throw found
}

/** A connection whose file has changed. */
interface ChangedConnection {
  /** The version that counts until now, if any. */
  earlier: Connection | undefined
  next: Connection
}

/** The first new version that conflicts with a settled one, or with a new one before it. */
function firstRefused(
  changed: readonly ChangedConnection[],
  settled: readonly Connection[],
): [Connection, AppError] | undefined {
  const accepted = [...settled]
  for (const { next } of changed) {
    for (const other of accepted) {
      const found = conflictIn([other, next])
      if (found) return [next, found]
    }
    accepted.push(next)
  }
  return undefined
}

/**
 * The new versions that cannot count because of a conflict, and their conflicts. All changes count
 * together, so that two connections can exchange their prefixes. Where a new version is refused,
 * the earlier one stays, and others may conflict with that.
 */
export function refusedVersions(
  changed: readonly ChangedConnection[],
  unchanged: readonly Connection[],
): ReadonlyMap<Connection, AppError> {
  const refused = new Map<Connection, AppError>()
  for (;;) {
    const staying = changed.flatMap(({ earlier, next }) =>
      earlier && refused.has(next) ? [earlier] : [],
    )
    const others = changed.filter(({ next }) => !refused.has(next))
    const found = firstRefused(others, [...unchanged, ...staying])
    if (!found) return refused
    refused.set(...found)
  }
}
