/** Iceberg tables of a REST catalog. */

import { AppError } from '../../errors.ts'
import type { Warehouse, WarehouseOptions } from '../../loader/warehouse.ts'
import { WAREHOUSE_KINDS } from '../../urls/warehouse-urls.ts'
import type { DuckdbEngine } from '../duckdb/engine.ts'
import { mergeStaged } from '../duckdb/tables/lakes.ts'
import { DuckdbWarehouse } from '../duckdb/warehouse.ts'
import { Catalog } from './catalog.ts'
import { ICEBERG, storageOf } from './dialect.ts'
import { classifyIcebergError, wrapIcebergError } from './errors.ts'
import { addColumn, setComments } from './sql.ts'
import { parseUrl } from './url.ts'
import { widen } from './widening.ts'

/** DuckDB takes a dot for a namespace within another one, and `main` for no namespace. */
function checkNamespace(namespace: string): string {
  if (!namespace.includes('.') && namespace.toLowerCase() !== 'main') return namespace
  throw new AppError(
    'CONFIG_INVALID',
    `\`default_target_schema\` is ${JSON.stringify(namespace)}, which DuckDB cannot write in an Iceberg catalog.`,
    { hint: 'Choose another name, without a dot. The default is `public`.' },
  )
}

export function createWarehouse(options: WarehouseOptions): Warehouse {
  const catalog = parseUrl(options.url, process.env)
  const namespace = checkNamespace(options.schema ?? WAREHOUSE_KINDS.iceberg.defaultSchema)
  const database = new Catalog({ ...options, catalog, namespace })
  const engine: DuckdbEngine = {
    dialect: ICEBERG,
    label: 'The Iceberg catalog',
    database,
    storageOf,
    statements: { merge: mergeStaged, widen, addColumn, setComments },
    beforeBegin: async (unit, name) => database.createTables(unit, name),
    createsTablesBefore: true,
    // The catalog refuses a commit when another one has changed the ledger since it was read.
    beforeCommit: () => Promise.resolve(),
    describe: async (schema, prefix) => database.describe(schema, prefix),
    spell: database.spell,
    findUsers: async (table, column) => database.findUsers(table, column),
    wrap: wrapIcebergError,
    classify: classifyIcebergError,
  }
  return new DuckdbWarehouse({ engine, schema: namespace, logger: options.logger })
}
