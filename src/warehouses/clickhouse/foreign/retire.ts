/** Retires rows when the column of the version or of the mark is foreign. */

import type { ForeignColumn, RetireStep } from '../../../loader/commit-unit.ts'
import { foreignRetireSql } from '../../foreign-columns.ts'
import { sql } from '../../sql.ts'
import type { Trial } from '../../standard-sql.ts'
import type { ClickhouseTable } from '../sql.ts'
import { plainRetireSql, retireRows } from '../rows/retire.ts'
import type { StepContext } from '../rows/staging.ts'
import { microsSql } from '../types.ts'
import { convertSql, versionSql } from './convert.ts'
import { variantWork } from './variants.ts'

/** Returns how many rows the step retired. */
export async function retireForeign(
  context: StepContext,
  copy: ClickhouseTable,
  step: RetireStep & { foreign: ForeignColumn[] },
): Promise<number> {
  const time = microsSql(step.atMicros)
  const work = {
    ...variantWork(context, step.table, copy),
    time,
    doesFit: async (trial: Trial) => {
      const [row] = await context.query(sql`select isNotNull(${convertSql(time, trial)})`)
      return Number(row?.[0]) === 1
    },
    convertSql,
    versionSql,
  }
  const retired = { ...plainRetireSql(step), ...(await foreignRetireSql(work, step)) }
  return retireRows(context, copy, { step, retired })
}
