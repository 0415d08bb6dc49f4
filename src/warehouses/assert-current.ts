/** Refuses a commit when another load has written since this one started. */

import type { CommitUnit } from '../loader/commit-unit.ts'
import { assertNextLoad } from '../loader/commit/run-start.ts'
import type { Sql } from './sql.ts'
import { lastLoadNumber, type TableName } from './standard-sql.ts'

/**
 * For the transaction that is running. A load may lose its lock: with its connection, or on a file
 * system without locks. Throws WAREHOUSE_FAILED when the ledger then holds a load number that is
 * not the last one.
 */
export async function assertCurrent(
  { changes, ledger }: CommitUnit,
  query: (statement: Sql) => Promise<readonly (readonly unknown[])[]>,
  name: (table: string) => TableName,
): Promise<void> {
  if (!ledger) return
  const isNew = changes.some(
    (change) => change.kind === 'create-table' && change.table === ledger.table,
  )
  if (isNew) return
  const [row] = await query(lastLoadNumber(name(ledger.table)))
  assertNextLoad(ledger, row?.[0])
}
