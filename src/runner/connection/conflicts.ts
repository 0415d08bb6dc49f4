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
  const key = createHash('sha256').update(connection.source.app_api_key).digest('hex')
  return [`key:${key}`, ...databaseKeysOf(connection)]
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

/** Database, schema and prefix of its tables. Equal for two spellings of one name. */
function tablesOf(connection: Connection): string {
  const { destination } = connection
  const { defaultSchema } = warehouseKindOf(destination.warehouse_url)
  const { default_target_schema: schema = defaultSchema, table_prefix: prefix } = destination
  const names = [schema, prefix].map((name) => foldNameFor(destination.warehouse_url, name))
  return JSON.stringify([databaseOf(connection), ...names])
}

function refuse([a, b]: [Connection, Connection], sentence: string, hint: string): never {
  const files = a.path === b.path ? `${a.path}, passed twice` : `${a.path} and ${b.path}`
  throw new AppError('CONFIG_INVALID', `Two connections ${sentence}: ${files}.`, { hint })
}

/** Throws CONFIG_INVALID when two connections have one name, one data folder or the same tables. */
export function refuseConflicts(connections: readonly Connection[]): void {
  const same = (what: (connection: Connection) => string) => firstTwo(connections, what)
  const folders = same(({ dataFolder }) => realPath(dataFolder))
  if (folders)
    refuse(folders, 'have the same data folder', 'Set a different `data_folder` for each.')
  const names = same(({ name }) => name)
  if (names) refuse(names, `have the name ${names[0].name}`, 'Set a different `name` for each.')
  const tables = same(tablesOf)
  if (tables)
    refuse(
      tables,
      'would write the same tables',
      'Set a different `table_prefix` or `default_target_schema` for each.',
    )
}
