/** What every load begins with. `--test` does the same, so it refuses what a load would refuse. */

import type { Logger } from '../logger.ts'
import { LEDGER_COLUMNS } from './commit/ledger.ts'
import { REJECTS_TABLE } from './commit/rejects.ts'
import { withRetries } from './commit/retry.ts'
import { assertStart, type RunStart } from './commit/run-start.ts'
import type { LoadConfig } from './stream/context.ts'
import { checkPrefix, findNamed, tableRules } from './tables/names.ts'
import { Tables } from './tables/tables.ts'
import { LEDGER_TABLE, type FoundTable, type FoundView, type Warehouse } from './warehouse.ts'

export interface BeginOptions {
  /** Open. */
  warehouse: Warehouse
  config: LoadConfig
  logger: Logger
  /** When aborted, no failed query is retried. */
  signal: AbortSignal
  /** Where the runner's run began, for a load that it started. */
  start?: RunStart | undefined
}

interface BegunLoad {
  tables: Tables
  ledgerTable: string
  /** Of the newest commit; 0 for none. */
  lastLoadNumber: number
}

/** The views of the warehouse; undefined if tables get no live views. */
async function viewsFor(options: BeginOptions): Promise<FoundView[] | undefined> {
  const { warehouse, config, logger, signal } = options
  if (!config.create_live_views) return undefined
  if (!warehouse.dialect.hasViews) {
    const message = 'Tables get no live views, because loads cannot create views here.'
    logger.warn('live_views_missing', message)
    return undefined
  }
  return withRetries(warehouse, { logger, signal }).describeViews(config.table_prefix)
}

/** False for a ledger that does not exist yet, or that an earlier version created. */
function remembersComments(
  found: readonly FoundTable[],
  ledgerTable: string,
  { dialect }: Warehouse,
): boolean {
  const ledger = findNamed(found, ledgerTable, dialect)
  return ledger !== undefined && findNamed(ledger.columns, 'comments', dialect) !== undefined
}

/**
 * Reads the tables and the ledger, and writes nothing. Throws CONFIG_INVALID for a prefix that
 * cannot be used, and TABLES_CHANGED when somebody loaded after `start`.
 */
export async function beginLoad(options: BeginOptions): Promise<BegunLoad> {
  const { warehouse, config, logger, signal, start } = options
  const { table_prefix: prefix, add_record_metadata: addsMetadata } = config
  checkPrefix(prefix, tableRules(warehouse.dialect))
  const ledgerTable = prefix + LEDGER_TABLE
  const reader = withRetries(warehouse, { logger, signal })
  const found = await reader.describe(prefix)
  const tables = new Tables(reader, found, {
    prefix,
    addsMetadata,
    ownTables: [ledgerTable, prefix + REJECTS_TABLE],
    readComments: async () =>
      remembersComments(found, ledgerTable, warehouse) ? reader.storedComments(ledgerTable) : [],
    views: await viewsFor(options),
    logger,
  })
  await tables.planOwnTable(ledgerTable, LEDGER_COLUMNS)
  const { newest } = assertStart(start, await reader.lastLoads(ledgerTable))
  return { tables, ledgerTable, lastLoadNumber: newest?.loadNumber ?? 0 }
}
