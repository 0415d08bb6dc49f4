/** Variant columns of a table: which of them it has, and new ones. */

import type { VariantWork } from '../../foreign-columns.ts'
import { columnsOf } from '../tables/catalog.ts'
import { addColumn, type ClickhouseTable } from '../sql.ts'
import type { StepContext } from '../rows/staging.ts'

/** The work on the variant columns of a table, of which the copy is changed. */
export function variantWork(
  { query, run, warnings }: StepContext,
  table: string,
  copy: ClickhouseTable,
): VariantWork {
  return {
    table,
    warnings,
    findExisting: async (columns) => {
      const found = new Set((await columnsOf(query, copy)).map(({ name }) => name))
      return new Set(columns.map(({ name }) => name).filter((name) => found.has(name)))
    },
    addColumn: async (column) => run(addColumn(copy, column)),
  }
}
