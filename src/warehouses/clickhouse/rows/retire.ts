/** Retires the rows of older versions. */

import type { RetireStep } from '../../../loader/commit-unit.ts'
import { id, lit, sql, type Sql } from '../../sql.ts'
import { findRowWhere } from '../../standard-sql.ts'
import { countWhere, deleteRows, updateRows, type ClickhouseTable } from '../sql.ts'
import type { StepContext } from './staging.ts'
import { microsSql } from '../types.ts'

/** How a retire step finds old rows, and marks them. */
export interface RetireSql {
  version: Sql
  /** Undefined where rows are deleted. */
  mark: { set: Sql; isUnmarked: Sql } | undefined
}

/** For columns of our types. */
export function plainRetireSql({ versionColumn, markColumn, atMicros }: RetireStep): RetireSql {
  const at = microsSql(atMicros)
  const mark = markColumn === undefined ? undefined : id(markColumn)
  return {
    version: id(versionColumn),
    mark: mark && { set: sql`${mark} = ${at}`, isUnmarked: sql`${mark} is null` },
  }
}

/** Returns how many rows were retired: none when the table has a newer version. */
export async function retireRows(
  { query, run }: StepContext,
  table: ClickhouseTable,
  { step, retired: { version: column, mark } }: { step: RetireStep; retired: RetireSql },
): Promise<number> {
  const version = sql`toInt64(${lit(String(step.version))})`
  const newer = await query(findRowWhere(table, sql`${column} > ${version}`))
  if (newer.length > 0) return 0
  const isOld = sql`(${column} < ${version} or ${column} is null)`
  const isRetired = mark ? sql`${isOld} and ${mark.isUnmarked}` : isOld
  const [row] = await query(countWhere(table, isRetired))
  const count = Number(row?.[0] ?? 0)
  if (count === 0) return 0
  await run(mark ? updateRows(table, [mark.set], isRetired) : deleteRows(table, isRetired))
  return count
}
