/** Iceberg tables of a REST catalog. */

import { AppError } from '../../errors.ts'
import type { Warehouse, WarehouseOptions } from '../../loader/warehouse.ts'
import { WAREHOUSE_KINDS } from '../../urls/warehouse-urls.ts'
import type { DuckdbEngine } from '../duckdb/engine.ts'
import { LAKE_COMMIT, mergeStaged } from '../duckdb/tables/lakes.ts'
import { storeSecrets } from '../duckdb/connect/secrets.ts'
import { DuckdbWarehouse } from '../duckdb/warehouse.ts'
import { Catalog } from './catalog.ts'
import { ICEBERG, storageOf } from './dialect.ts'
import { classifyIcebergError, wrapIcebergError } from './errors.ts'
import { JsonMarks } from './json-marks.ts'
import { setComments } from './sql.ts'
import { parseUrl, type IcebergAuth } from './url.ts'
import { addColumn, widen } from './widening.ts'

/** DuckDB takes a dot for a namespace within another one, and `main` for no namespace. */
function checkNamespace(namespace: string): string {
  if (!namespace.includes('.') && namespace.toLowerCase() !== 'main') return namespace
  throw new AppError(
    'CONFIG_INVALID',
    `\`default_target_schema\` is ${JSON.stringify(namespace)}, which DuckDB cannot write in an Iceberg catalog.`,
    { hint: 'Choose another name, without a dot. The default is `public`.' },
  )
}

function catalogSecrets(auth: IcebergAuth): string[] {
  if (auth.kind === 'token') return [auth.token]
  return auth.kind === 'oauth2' ? [auth.clientSecret] : []
}

export function createWarehouse(options: WarehouseOptions): Warehouse {
  const catalog = parseUrl(options.url, process.env)
  const namespace = checkNamespace(options.schema ?? WAREHOUSE_KINDS.iceberg.defaultSchema)
  for (const secret of [...catalogSecrets(catalog.auth), ...storeSecrets(process.env)]) {
    options.logger.mask(secret)
  }
  const database = new Catalog({ ...options, catalog, namespace })
  const marks = new JsonMarks(async (table) => database.table(table))
  const engine: DuckdbEngine = {
    dialect: ICEBERG,
    label: 'The Iceberg catalog',
    database,
    commitSize: LAKE_COMMIT,
    storageOf,
    statements: {
      merge: mergeStaged,
      widen: async (query, table, change) => widen({ query, marks }, table, change),
      addColumn: async (query, table, column) => addColumn({ query, marks }, table, column),
      setComments,
    },
    beforeBegin: async (unit, name) => {
      marks.begin()
      await database.createTables(unit, name)
    },
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
