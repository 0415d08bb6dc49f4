/** Variant columns: which of them a table has, and those that a batch needs. */

import type { Column } from '../../../loader/commit-unit.ts'
import type { TriedColumn } from '../../standard-sql.ts'
import { columnsOf } from '../tables/catalog.ts'
import { addColumn, type ClickhouseTable } from '../sql.ts'
import type { StepContext } from '../rows/staging.ts'

/** Names of those columns that the table has. */
export async function findExisting(
  { query }: Pick<StepContext, 'query'>,
  table: ClickhouseTable,
  columns: readonly Column[],
): Promise<Set<string>> {
  const found = new Set((await columnsOf(query, table)).map(({ name }) => name))
  return new Set(columns.map(({ name }) => name).filter((name) => found.has(name)))
}

/**
 * Adds the variant columns that the batch uses and the table lacks. Returns all that the table has
 * then.
 */
export async function addVariants(
  context: StepContext,
  { table, copy }: { table: string; copy: ClickhouseTable },
  { tried, used }: { tried: readonly TriedColumn[]; used: readonly TriedColumn[] },
): Promise<Set<string>> {
  const { run, warnings } = context
  const variants = tried.map(({ variant }) => variant)
  const existing = await findExisting(context, copy, variants)
  for (const { column, variant } of used) {
    if (!existing.has(variant.name)) {
      await run(addColumn(copy, variant))
      existing.add(variant.name)
    }
    warnings.note({ table, column, variant: variant.name })
  }
  return existing
}
