/** Changes of the ledger table, which has no working copy. All of them may be made twice. */

import type { Change } from '../../../loader/commit-unit.ts'
import type { Sql } from '../../sql.ts'
import { findTables } from '../tables/catalog.ts'
import type { ClickhouseQuery } from '../connect/session.ts'
import { addColumn, createTable, type ClickhousePlace } from '../sql.ts'

interface LedgerContext {
  query: ClickhouseQuery
  run: (statement: Sql) => Promise<void>
  place: ClickhousePlace
}

/** Columns keep their types: no column of the ledger ever needs a wider one. */
export async function applyLedgerChange(
  { query, run, place }: LedgerContext,
  change: Change,
): Promise<void> {
  const { table } = change
  if (change.kind === 'add-column') await run(addColumn([place.database, table], change.column))
  if (change.kind !== 'create-table') return
  const found = await findTables(query, place.database, [table])
  if (found.some(({ name }) => name === table)) return
  await run(createTable(place, table, { columns: change.columns, sortedBy: ['load_number'] }))
}
