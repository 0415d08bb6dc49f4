/** Refuses to create a table whose name something else of the database has. */

import { AppError } from '../../../errors.ts'
import type { CommitUnit } from '../../../loader/commit-unit.ts'
import type { ClickhouseQuery } from '../connect/session.ts'
import type { ClickhousePlace } from '../sql.ts'
import { findTables } from '../tables/catalog.ts'

/** What `system.tables` lists that is no table. */
const KINDS: Readonly<Record<string, string>> = {
  Dictionary: 'a dictionary',
  MaterializedView: 'a materialized view',
  View: 'a view',
  WindowView: 'a window view',
}

function takenError(name: string, engine: string): AppError {
  const quoted = JSON.stringify(name)
  if (engine.endsWith('MergeTree')) {
    return new AppError(
      'WAREHOUSE_FAILED',
      `Another program created the table ${quoted} after this load began.`,
      { hint: 'Run again.' },
    )
  }
  const kind = KINDS[engine] ?? `a table with the engine ${engine}`
  return new AppError('WAREHOUSE_FAILED', `${quoted} is ${kind}, into which nothing is loaded.`, {
    hint: 'Rename it, or set another table_prefix.',
  })
}

/**
 * Throws WAREHOUSE_FAILED for a name that is in use. The ledger may exist: it is created before the
 * rest of its unit is published, and stays when that fails.
 */
export async function assertFree(
  { query, place }: { query: ClickhouseQuery; place: ClickhousePlace },
  { changes, ledger }: CommitUnit,
): Promise<void> {
  const names = changes.flatMap(({ kind, table }) => (kind === 'create-table' ? [table] : []))
  if (names.length === 0) return
  const found = await findTables(query, place.database, names)
  const taken = found.find(
    ({ name, engine }) =>
      names.includes(name) && !(name === ledger?.table && engine.endsWith('MergeTree')),
  )
  if (taken) throw takenError(taken.name, taken.engine)
}
