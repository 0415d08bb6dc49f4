/** What the steps of a unit work with, and their rows in tables of their own. */

import type { WriteStep } from '../../../loader/commit-unit.ts'
import type { VariantWarnings } from '../../../loader/tables/variant-warnings.ts'
import type { Sql } from '../../sql.ts'
import { rowChunks } from './row-binary.ts'
import { createTable, insertBytes, localPlace, type ClickhouseTable } from '../sql.ts'
import type { Stages } from './stages.ts'
import type { ClickhouseContext, WorkingCopies } from '../commit/working-copies.ts'

export interface StepContext extends ClickhouseContext {
  insert: (statement: Sql, chunks: Iterable<Buffer>) => Promise<void>
  copies: WorkingCopies
  stages: Stages
  warnings: VariantWarnings
}

/** Puts the rows into a table of their own. */
export async function stageRows(
  { run, insert, place, names }: StepContext,
  { columns, rowCount }: Pick<WriteStep, 'columns' | 'rowCount'>,
): Promise<ClickhouseTable> {
  const stage: ClickhouseTable = [place.database, names.work()]
  await run(createTable(localPlace(place), stage[1], { columns }))
  await insert(insertBytes(stage, columns), rowChunks(columns, rowCount))
  return stage
}
