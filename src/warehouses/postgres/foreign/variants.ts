/** Variant columns: which of them a table has, and those that a batch needs. */

import type { VariantWarnings } from '../../../loader/tables/variant-warnings.ts'
import type { Column } from '../../../loader/commit-unit.ts'
import { list, lit, sql, type Sql } from '../../sql.ts'
import type { TriedColumn } from '../../standard-sql.ts'
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

/** Names of those columns that the table has. */
export async function findExisting(
  connection: PostgresConnection,
  table: PostgresTable,
  columns: readonly Column[],
): Promise<Set<string>> {
  const names = columns.map(({ name }) => name)
  const rows = await connection.query(findColumns(table, names))
  return new Set(rows.map(([name]) => String(name)))
}

/**
 * Adds the variant columns that the batch uses and the table lacks. Returns all that the table has
 * then.
 */
export async function addVariants(
  { connection, warnings }: PostgresForeignContext,
  table: PostgresTable,
  { tried, used }: { tried: readonly TriedColumn[]; used: readonly TriedColumn[] },
): Promise<Set<string>> {
  const variants = tried.map(({ variant }) => variant)
  const existing = await findExisting(connection, table, variants)
  for (const { column, variant } of used) {
    if (!existing.has(variant.name)) {
      await connection.query(addColumn(table, variant))
      existing.add(variant.name)
    }
    warnings.note({ table: table[1], column, variant: variant.name })
  }
  return existing
}
