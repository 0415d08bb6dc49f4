/** Variant columns of a table: which of them it has, and new ones. */

import { findNamed } from '../../../loader/tables/names.ts'
import type { VariantWarnings } from '../../../loader/tables/variant-warnings.ts'
import type { VariantWork } from '../../foreign-columns.ts'
import { findColumns } from '../tables/catalog.ts'
import type { DuckdbQuery } from '../sql.ts'
import { DUCKDB } from '../dialect.ts'
import type { DuckdbStatements } from '../engine.ts'
import type { DuckdbTable } from '../sql.ts'

/** What work with foreign columns needs. The connection has a transaction running. */
export interface DuckdbForeignContext {
  query: DuckdbQuery
  warnings: VariantWarnings
  statements: Pick<DuckdbStatements, 'addColumn'>
}

/** The work on the variant columns of a table. */
export function variantWork(
  { query, warnings, statements }: DuckdbForeignContext,
  table: DuckdbTable,
): VariantWork {
  return {
    table: table[2],
    warnings,
    findExisting: async (columns) => {
      const rows = await query(findColumns(table))
      const found = rows.map(([name]) => ({ name: String(name) }))
      const names = columns.map(({ name }) => name)
      return new Set(names.filter((name) => findNamed(found, name, DUCKDB)))
    },
    addColumn: async (column) => {
      for (const statement of await statements.addColumn(query, table, column)) {
        await query(statement)
      }
    },
  }
}
