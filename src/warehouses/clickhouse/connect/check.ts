/** Whether the tables can be created, filled, read and dropped. */

import { AppError } from '../../../errors.ts'
import { cellsOf } from '../../../loader/columns/cells.ts'
import type { ColumnData } from '../../../loader/commit-unit.ts'
import type { PublishingContext } from '../commit/publishing.ts'
import { rowChunks } from '../rows/row-binary.ts'
import { createTable, dropTable, insertBytes, selectColumns } from '../sql.ts'
import { openPlace } from './place.ts'

type CheckContext = Pick<PublishingContext, 'query' | 'run' | 'insert' | 'place'>

const TYPE = { kind: 'boolean' } as const
const COLUMNS: readonly ColumnData[] = [
  { name: 'checked', type: TYPE, cells: cellsOf(TYPE, [true]) },
]

/** Leaves no table behind, as far as it can. Throws when the row that was written is not found. */
export async function checkTables(context: CheckContext, table: string): Promise<void> {
  const { query, run, insert } = context
  const place = await openPlace(context, false)
  const name = [place.database, table] as const
  try {
    await run(createTable(place, table, { columns: COLUMNS }))
    await insert(insertBytes(name, COLUMNS), rowChunks(COLUMNS, 1))
    const rows = await query(selectColumns(name, COLUMNS))
    if (rows.length !== 1) throw lostError()
  } catch (error) {
    await run(dropTable(place, table)).catch(() => undefined)
    throw error
  }
  await run(dropTable(place, table))
}

function lostError(): AppError {
  return new AppError('WAREHOUSE_FAILED', 'ClickHouse did not return the row that was written.', {
    hint: 'Name one server in `warehouse_url`: several servers behind one address have rows of their own.',
  })
}
