/** Retires rows when the column of the version or of the mark is foreign. */

import type { ForeignColumn, RetireStep } from '../../../loader/commit-unit.ts'
import { id, list, sql } from '../../sql.ts'
import { triedColumns } from '../../standard-sql.ts'
import { addColumn, type ClickhouseTable } from '../sql.ts'
import { plainRetireSql, retireRows, type RetireSql } from '../rows/retire.ts'
import type { StepContext } from '../rows/staging.ts'
import { microsSql } from '../types.ts'
import { convertSql, versionSql } from './convert.ts'
import { findExisting } from './variants.ts'

/** Returns how many rows the step retired. */
export async function retireForeign(
  context: StepContext,
  copy: ClickhouseTable,
  step: RetireStep & { foreign: ForeignColumn[] },
): Promise<number> {
  const variants = step.foreign.flatMap((column) => column.variants)
  const existing = await findExisting(context, copy, variants)
  const find = (name: string) => step.foreign.find((column) => column.name === name)
  const variantsOf = (column: ForeignColumn) =>
    column.variants.map(({ name }) => name).filter((name) => existing.has(name))
  const version = find(step.versionColumn)
  const mark = find(step.markColumn ?? '')
  const plain = plainRetireSql(step)
  const retired: RetireSql = {
    version: version ? versionSql(version, variantsOf(version)) : plain.version,
    mark: mark
      ? await findMarkSql(context, copy, { mark, variants: variantsOf(mark), step })
      : plain.mark,
  }
  return retireRows(context, copy, { step, retired })
}

/** Marks rows in the foreign column when the time fits into it, else in its variant column. */
async function findMarkSql(
  { query, run, warnings }: StepContext,
  copy: ClickhouseTable,
  { mark, variants, step }: { mark: ForeignColumn; variants: string[]; step: RetireStep },
): Promise<RetireSql['mark']> {
  const [tried] = triedColumns([mark], new Set())
  if (!tried) throw new Error(`The column ${mark.name} has no variant`)
  const { variant, trial } = tried
  const time = microsSql(step.atMicros)
  const [row] = await query(sql`select isNotNull(${convertSql(time, trial)})`)
  const isFit = Number(row?.[0]) === 1
  const marked = [mark.name, ...variants]
  if (!isFit && !variants.includes(variant.name)) {
    await run(addColumn(copy, variant))
    marked.push(variant.name)
  }
  if (!isFit) warnings.note({ table: step.table, column: mark.name, variant: variant.name })
  return {
    set: isFit
      ? sql`${id(mark.name)} = ${convertSql(time, trial)}`
      : sql`${id(variant.name)} = ${time}`,
    isUnmarked: list(
      marked.map((name) => sql`${id(name)} is null`),
      sql` and `,
    ),
  }
}
