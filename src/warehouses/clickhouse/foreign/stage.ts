/** Stages rows with foreign columns: converts their values before the rows go into the table. */

import { cellsOf } from '../../../loader/columns/cells.ts'
import { keyMisfit } from '../../../loader/tables/key-errors.ts'
import type { ColumnData } from '../../../loader/commit-unit.ts'
import { typeName } from '../../sql.ts'
import {
  countUnconverted,
  triedColumns,
  type ForeignStep,
  type StagedStep,
} from '../../standard-sql.ts'
import { createFrom } from '../rows/merge.ts'
import { dropTable, type ClickhouseTable } from '../sql.ts'
import { stageRows, type StepContext } from '../rows/staging.ts'
import { convertedRows, ROW_COLUMN } from './convert.ts'
import { addVariants } from './variants.ts'

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
  const { table, columns, foreign, rowCount } = step
  const keys = step.keys.map(({ column }) => column)
  const tried = triedColumns(foreign, new Set(keys))
  const foreignKeys = foreign.filter(({ name }) => keys.includes(name))
  const raw = await stageRows(context, { columns: [...columns, rowNumbers(rowCount)], rowCount })
  const stage: ClickhouseTable = [place.database, names.work()]
  const uniqueBy = foreignKeys.length > 0 ? keys : []
  const rows = convertedRows(raw, columns, { tried, uniqueBy })
  await run(createFrom(stage, rows, typeName(place.engine)))
  await run(dropTable(place, raw[1]))
  const keyNames = foreignKeys.map(({ name }) => name)
  const [row = []] = await query(countUnconverted(stage, tried, keyNames))
  const misfit = foreignKeys.find((_, at) => Number(row[tried.length + at]) > 0)
  if (misfit) throw keyMisfit({ table, column: misfit.name, type: misfit.native.name })
  const used = tried.filter((_, at) => Number(row[at]) > 0)
  const existing = await addVariants(context, { table, copy }, { tried, used })
  const variants = new Set(tried.map(({ variant }) => variant.name))
  const kept = columns.filter(({ name }) => !variants.has(name) || existing.has(name))
  return { stage, staged: { ...step, columns: [...kept, ...foreign] } }
}
