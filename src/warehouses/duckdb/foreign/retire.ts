/** Retires rows when the column of the version or of the mark is foreign. */

import type { ForeignColumn, RetireStep } from '../../../loader/commit-unit.ts'
import { foreignRetireSql } from '../../foreign-columns.ts'
import { param, sql } from '../../sql.ts'
import type { Trial } from '../../standard-sql.ts'
import { retireRows, type DuckdbTable } from '../sql.ts'
import { convertSql, versionSql } from './convert.ts'
import { variantWork, type DuckdbForeignContext } from './variants.ts'

/** Returns how many rows the step retired. */
export async function retireForeign(
  context: DuckdbForeignContext,
  table: DuckdbTable,
  step: RetireStep & { foreign: ForeignColumn[] },
): Promise<number> {
  const { query } = context
  const time = sql`make_timestamptz(cast(${param(BigInt(step.atMicros))} as bigint))`
  const work = {
    ...variantWork(context, table),
    time,
    doesFit: async (trial: Trial) => {
      const [row] = await query(sql`select ${convertSql(time, trial)} is not null`)
      return row?.[0] === true
    },
    convertSql,
    versionSql,
  }
  const [row] = await query(retireRows(table, step, await foreignRetireSql(work, step)))
  return Number(row?.[0] ?? 0)
}
