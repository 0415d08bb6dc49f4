/** DuckLake: a catalog in PostgreSQL or a file, and data files in a folder or an object store. */

import { resolve } from 'node:path'
import type { Warehouse, WarehouseOptions } from '../../loader/warehouse.ts'
import { DEFAULT_METADATA_SCHEMA, warehouseKindOf } from '../../urls/warehouse-urls.ts'
import { storeSecrets } from '../duckdb/connect/secrets.ts'
import type { DuckdbEngine, DuckdbMaintenance } from '../duckdb/engine.ts'
import { reasonOf } from '../duckdb/errors.ts'
import { DuckdbWarehouse } from '../duckdb/warehouse.ts'
import { passwordOf } from '../postgres/connect/connection.ts'
import { CatalogLock } from './catalog-lock.ts'
import { DUCKLAKE, storageOf } from './dialect.ts'
import { classifyLakeError, wrapLakeError } from './errors.ts'
import { Lake } from './lake.ts'
import { LAKE_COMMIT, mergeStaged } from '../duckdb/tables/lakes.ts'
import { addColumn } from '../duckdb/sql.ts'
import { setComments } from '../comment-sql.ts'
import { maintainAfterLoad, maintainNow } from './maintenance.ts'
import { findStartSnapshot, noteLoad } from './sql.ts'
import { dataSchemeOf, parseUrl, type DucklakeUrl } from './url.ts'
import { findUsers, widen } from './widening.ts'

function lockFor(
  options: WarehouseOptions,
  { catalog, metadataSchema = DEFAULT_METADATA_SCHEMA }: DucklakeUrl,
  schema: string,
): CatalogLock | undefined {
  if (catalog.kind === 'file') return undefined
  return new CatalogLock(options, catalog.url, { lake: metadataSchema, schema })
}

function maintenanceOf(
  { logger, signal }: WarehouseOptions,
  { isMaintained, expireHours, removesOrphans }: DucklakeUrl,
  { transact }: Lake,
): DuckdbMaintenance {
  return {
    now: async (tables) => maintainNow(transact, tables, { expireHours, removesOrphans }),
    afterLoad: async (tables) => {
      if (!isMaintained || signal?.aborted) return
      try {
        const report = await maintainAfterLoad(transact, tables, expireHours)
        logger.debug('lake_maintained', 'The lake was maintained.', { ...report })
      } catch (cause) {
        if (signal?.aborted) return
        logger.warn(
          'maintenance_failed',
          'The load is complete, but the lake was not maintained.',
          {
            reason: reasonOf(cause),
          },
        )
      }
    },
  }
}

/** A lake keeps its data path as it is given, and is read from any folder. */
function absolute(url: DucklakeUrl): DucklakeUrl {
  const { dataPath } = url
  if (dataPath === undefined || dataSchemeOf(dataPath) !== undefined) return url
  return { ...url, dataPath: `${resolve(dataPath)}/` }
}

export function createWarehouse(options: WarehouseOptions): Warehouse {
  const url = absolute(parseUrl(options.url, process.env))
  for (const secret of storeSecrets(process.env)) options.logger.mask(secret)
  const { catalog } = url
  const schema = options.schema ?? warehouseKindOf(options.url).defaultSchema
  const lock = lockFor(options, url, schema)
  const findPassword = async () => (catalog.kind === 'file' ? undefined : passwordOf(catalog.url))
  const database = new Lake({ ...options, lake: url, lock, findPassword })
  const engine: DuckdbEngine = {
    dialect: DUCKLAKE,
    label: 'DuckLake',
    database,
    commitSize: LAKE_COMMIT,
    storageOf,
    statements: {
      merge: mergeStaged,
      widen,
      addColumn: (_query, table, column) => Promise.resolve([addColumn(table, column)]),
      setComments,
    },
    beforeBegin: async (unit) => lock?.lockTables(unit),
    beforeCommit: async ({ ledger }, name) => {
      // Lakes accept rows of two transactions at once. The comment makes the second one fail.
      if (ledger) await database.query(noteLoad(name(ledger.table), ledger.loadNumber))
      await database.markCommit()
      const [start] = await database.query(findStartSnapshot(database.name))
      await lock?.assertHeld(String(start?.[0]))
    },
    maintenance: maintenanceOf(options, url, database),
    findUsers: (table, column) => findUsers(database.query, table, column),
    wrap: wrapLakeError,
    classify: classifyLakeError,
  }
  return new DuckdbWarehouse({ engine, schema, logger: options.logger })
}
