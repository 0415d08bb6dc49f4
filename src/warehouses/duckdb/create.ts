/** DuckDB in this process: one file, one writer. */

import type { Warehouse, WarehouseOptions } from '../../loader/warehouse.ts'
import { WAREHOUSE_KINDS } from '../../urls/warehouse-urls.ts'
import { DUCKDB } from './dialect.ts'
import type { DuckdbEngine } from './engine.ts'
import { classifyError, wrapError } from './errors.ts'
import { DuckdbFile } from './connect/file.ts'
import { setComments } from '../comment-sql.ts'
import { addColumn, mergeStaged, widenColumn } from './sql.ts'
import { parseUrl } from './url.ts'
import { DuckdbWarehouse } from './warehouse.ts'
import { findUsers } from './tables/widening.ts'

export function createWarehouse(options: WarehouseOptions): Warehouse {
  const database = new DuckdbFile(options, parseUrl(options.url))
  const engine: DuckdbEngine = {
    dialect: DUCKDB,
    label: 'DuckDB',
    database,
    storageOf: () => undefined,
    statements: {
      merge: (table, stage, step) => [mergeStaged(table, stage, step)],
      addColumn: (_query, table, column) => Promise.resolve([addColumn(table, column)]),
      widen: (_query, table, change) => Promise.resolve([widenColumn(table, change)]),
      setComments,
    },
    // The file takes one process, so nothing else needs a lock.
    beforeBegin: () => Promise.resolve(),
    beforeCommit: () => Promise.resolve(),
    findUsers: (table, column) => findUsers(database.query, table, column),
    wrap: wrapError,
    classify: classifyError,
  }
  const schema = options.schema ?? WAREHOUSE_KINDS.duckdb.defaultSchema
  return new DuckdbWarehouse({ engine, schema, logger: options.logger })
}
