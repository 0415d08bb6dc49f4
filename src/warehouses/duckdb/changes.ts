/** The statement of each change of a table. */

import type { Sql } from '../sql.ts'
import type { Change } from '../../loader/warehouse.ts'
import { moveValues } from './keys.ts'
import { addColumn, createTable, widenColumn, type DuckdbTable } from './sql.ts'

export function changeTable(table: DuckdbTable, change: Change): Sql {
  switch (change.kind) {
    case 'create-table':
      return createTable(table, change.columns)
    case 'add-column':
      return addColumn(table, change.column)
    case 'widen-column':
      return widenColumn(table, change)
    case 'move-values':
      return moveValues(table, change)
  }
}
