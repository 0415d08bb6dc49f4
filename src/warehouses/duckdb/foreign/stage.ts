/** Stages rows with foreign columns: converts their values before the rows go into the table. */

import { keyMisfit } from '../../../loader/tables/key-errors.ts'
import { countUnconverted, triedColumns, type ForeignStep } from '../../standard-sql.ts'
import { stageTable, type DuckdbTable } from '../sql.ts'
import { createConvertedStage, deleteEarlier } from './convert.ts'
import { addVariants, type DuckdbForeignContext } from './variants.ts'

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
  const { columns, foreign } = step
  const keys = step.keys.map(({ column }) => column)
  const tried = triedColumns(foreign, new Set(keys))
  await query(createConvertedStage(names, columns, tried))
  const foreignKeys = foreign.filter(({ name }) => keys.includes(name))
  const keyNames = foreignKeys.map(({ name }) => name)
  const [row = []] = await query(countUnconverted(stageTable(names.stage), tried, keyNames))
  const misfit = foreignKeys.find((_, at) => Number(row[tried.length + at]) > 0)
  if (misfit) throw keyMisfit({ table: table[2], column: misfit.name, type: misfit.native.name })
  if (foreignKeys.length > 0) await query(deleteEarlier(names.stage, keys))
  const used = tried.filter((_, at) => Number(row[at]) > 0)
  const existing = await addVariants(context, table, { tried, used })
  const variants = new Set(tried.map(({ variant }) => variant.name))
  const kept = columns.filter(({ name }) => !variants.has(name) || existing.has(name))
  return [...kept, ...foreign]
}
