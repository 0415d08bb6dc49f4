/** Variant columns: which of them a table has, and those that a batch needs. */

import { findNamed } from '../../../loader/tables/names.ts'
import type { VariantWarnings } from '../../../loader/tables/variant-warnings.ts'
import type { Column } from '../../../loader/commit-unit.ts'
import type { TriedColumn } from '../../standard-sql.ts'
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

/** Names of those columns that the table has. */
export async function findExisting(
  query: DuckdbQuery,
  table: DuckdbTable,
  columns: readonly Column[],
): Promise<Set<string>> {
  const rows = await query(findColumns(table))
  const found = rows.map(([name]) => ({ name: String(name) }))
  const names = columns.map(({ name }) => name)
  return new Set(names.filter((name) => findNamed(found, name, DUCKDB)))
}

/**
 * Adds the variant columns that the batch uses and the table lacks. Returns all that the table has
 * then.
 */
export async function addVariants(
  { query, warnings, statements }: DuckdbForeignContext,
  table: DuckdbTable,
  { tried, used }: { tried: readonly TriedColumn[]; used: readonly TriedColumn[] },
): Promise<Set<string>> {
  const variants = tried.map(({ variant }) => variant)
  const existing = await findExisting(query, table, variants)
  for (const { column, variant } of used) {
    if (!existing.has(variant.name)) {
      for (const statement of statements.addColumn(table, variant)) await query(statement)
      existing.add(variant.name)
    }
    warnings.note({ table: table[2], column, variant: variant.name })
  }
  return existing
}
