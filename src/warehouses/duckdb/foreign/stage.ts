/** Stages rows with foreign columns: converts their values before the rows go into the table. */

import { findUnfit, placeUnfit, trialsOf } from '../../foreign-columns.ts'
import type { ForeignStep } from '../../standard-sql.ts'
import { stageTable, type DuckdbTable } from '../sql.ts'
import { createConvertedStage, deleteEarlier } from './convert.ts'
import { variantWork, type DuckdbForeignContext } from './variants.ts'

/**
 * Fills the stage from the raw one. Returns those of its columns that go into the table, which has
 * all of them then. Throws WAREHOUSE_FAILED when a key does not fit its column.
 */
export async function stageForeign(
  context: DuckdbForeignContext,
  table: DuckdbTable,
  { names, ...step }: ForeignStep & { names: { stage: string; raw: string } },
): Promise<{ name: string }[]> {
  const { query } = context
  const { tried, foreignKeys } = trialsOf(step)
  await query(createConvertedStage(names, step.columns, tried))
  const stage = stageTable(names.stage)
  const unfit = await findUnfit(query, stage, { table: table[2], tried, foreignKeys })
  const keys = step.keys.map(({ column }) => column)
  if (foreignKeys.length > 0) await query(deleteEarlier(names.stage, keys))
  return placeUnfit(variantWork(context, table), step, { tried, unfit })
}
