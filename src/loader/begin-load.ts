/** What every load begins with. `--test` does the same, so it refuses what a load would refuse. */

import type { Logger } from '../logger.ts'
import { LEDGER_COLUMNS } from './commit/ledger.ts'
import { REJECTS_TABLE } from './commit/rejects.ts'
import { withRetries } from './commit/retry.ts'
import { assertStart, type RunStart } from './commit/run-start.ts'
import type { LoadConfig } from './stream/context.ts'
import { checkPrefix, tableRules } from './tables/names.ts'
import { Tables } from './tables/tables.ts'
import { LEDGER_TABLE, type Warehouse } from './warehouse.ts'

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
  const tables = new Tables(reader, await reader.describe(prefix), {
    prefix,
    addsMetadata,
    ownTables: [ledgerTable, prefix + REJECTS_TABLE],
    logger,
  })
  await tables.planOwnTable(ledgerTable, LEDGER_COLUMNS)
  const { newest } = assertStart(start, await reader.lastLoads(ledgerTable))
  return { tables, ledgerTable, lastLoadNumber: newest?.loadNumber ?? 0 }
}
