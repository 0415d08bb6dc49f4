/** Stages rows with foreign columns: converts their values before the rows go into the table. */

import { cellsOf } from '../../../loader/columns/cells.ts'
import type { ColumnData } from '../../../loader/commit-unit.ts'
import { findUnfit, placeUnfit, trialsOf } from '../../foreign-columns.ts'
import type { ForeignStep, StagedStep } from '../../standard-sql.ts'
import { createFrom } from '../rows/merge.ts'
import { dropTable, type ClickhouseTable } from '../sql.ts'
import { stageRows, type StepContext } from '../rows/staging.ts'
import { convertedRows, ROW_COLUMN } from './convert.ts'
import { variantWork } from './variants.ts'

function rowNumbers(rowCount: number): ColumnData {
  const type = { kind: 'integer' } as const
  const numbers = Array.from({ length: rowCount }, (_, at) => at)
  return { name: ROW_COLUMN, type, cells: cellsOf(type, numbers) }
}

/**
 * Fills a stage. Its step has those columns that go into the table, which has all of them then.
 * Throws WAREHOUSE_FAILED when a key does not fit its column.
 */
export async function stageForeign(
  context: StepContext,
  copy: ClickhouseTable,
  step: ForeignStep,
): Promise<{ stage: ClickhouseTable; staged: StagedStep }> {
  const { query, run, place, names } = context
  const { table, columns, rowCount } = step
  const { tried, foreignKeys } = trialsOf(step)
  const raw = await stageRows(context, { columns: [...columns, rowNumbers(rowCount)], rowCount })
  const stage: ClickhouseTable = [place.database, names.work()]
  const uniqueBy = foreignKeys.length > 0 ? step.keys.map(({ column }) => column) : []
  const rows = convertedRows(raw, columns, { tried, uniqueBy })
  await run(createFrom(stage, rows))
  await run(dropTable(place, raw[1]))
  const unfit = await findUnfit(query, stage, { table, tried, foreignKeys })
  const placed = await placeUnfit(variantWork(context, table, copy), step, { tried, unfit })
  return { stage, staged: { ...step, columns: placed } }
}
