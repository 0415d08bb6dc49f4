/** Variant columns of a table: which of them it has, and new ones. */

import type { VariantWarnings } from '../../../loader/tables/variant-warnings.ts'
import type { VariantWork } from '../../foreign-columns.ts'
import { list, lit, sql, type Sql } from '../../sql.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { addColumn, type PostgresTable } from '../sql.ts'

/** What work with foreign columns needs. The connection has a transaction running. */
export interface PostgresForeignContext {
  connection: PostgresConnection
  warnings: VariantWarnings
}

/** Those of the columns that the table has. */
export function findColumns(table: PostgresTable, columns: readonly string[]): Sql {
  return sql`select attname
from pg_attribute
where attrelid = cast(${lit(table.map((name) => `"${name.replaceAll('"', '""')}"`).join('.'))} as regclass)
  and not attisdropped
  and attname in (${list(columns.map((name) => lit(name)))})`
}

/** The work on the variant columns of a table. */
export function variantWork(
  { connection, warnings }: PostgresForeignContext,
  table: PostgresTable,
): VariantWork {
  return {
    table: table[1],
    warnings,
    findExisting: async (columns) => {
      const names = columns.map(({ name }) => name)
      const rows = await connection.query(findColumns(table, names))
      return new Set(rows.map(([name]) => String(name)))
    },
    addColumn: async (column) => {
      await connection.query(addColumn(table, column))
    },
  }
}
