/**
 * What connections of one process have in common: what they must take turns with, and what they
 * must not share.
 */

import { createHash } from 'node:crypto'
import { realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { AppError } from '../../errors.ts'
import { foldNameFor } from '../../name-folding.ts'
import { databaseIdentity, warehouseKindOf } from '../../warehouse-urls.ts'
import type { Connection } from './connection.ts'

/**
 * The same file has one path, however its folder is reached. The file itself need not exist yet.
 */
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
 * Names for `Job.shares`: the API key, whose rate ceiling holds for all its users together, and a
 * DuckDB file, which takes one writer. Never the key itself.
 */
export function conflictKeysOf(connection: Connection): string[] {
  const key = createHash('sha256').update(connection.source.app_api_key).digest('hex')
  const { takesOneWriter } = warehouseKindOf(connection.destination.warehouse_url)
  return [`key:${key}`, ...(takesOneWriter ? [databaseOf(connection)] : [])]
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
 * Where its tables are: database, schema and prefix. Equal where the warehouse takes two spellings
 * for one.
 */
function tablesOf(connection: Connection): string {
  const { destination } = connection
  const { defaultSchema } = warehouseKindOf(destination.warehouse_url)
  const { default_target_schema: schema = defaultSchema, table_prefix: prefix } = destination
  const names = [schema, prefix].map((name) => foldNameFor(destination.warehouse_url, name))
  return JSON.stringify([databaseOf(connection), ...names])
}

function refuse([a, b]: [Connection, Connection], sentence: string, hint: string): never {
  const files = a.path === b.path ? `${a.path}, given twice` : `${a.path} and ${b.path}`
  throw new AppError('CONFIG_INVALID', `Two connections ${sentence}: ${files}.`, { hint })
}

/**
 * Throws CONFIG_INVALID when two connections have one name, one data folder, or would write the
 * same tables.
 */
export function refuseConflicts(connections: readonly Connection[]): void {
  const same = (what: (connection: Connection) => string) => firstTwo(connections, what)
  const folders = same(({ dataFolder }) => realPath(dataFolder))
  if (folders) refuse(folders, 'have the same data folder', 'Give each its own `data_folder`.')
  const names = same(({ name }) => name)
  if (names) refuse(names, `have the name ${names[0].name}`, 'Give each its own `name`.')
  const tables = same(tablesOf)
  if (tables)
    refuse(
      tables,
      'would write the same tables',
      'Give each its own `table_prefix` or `default_target_schema`.',
    )
}
