/** Retires rows when the column of the version or of the mark is foreign. */

import type { ForeignColumn, RetireStep } from '../../../loader/commit-unit.ts'
import { foreignRetireSql } from '../../foreign-columns.ts'
import { lit, param, sql } from '../../sql.ts'
import type { Trial } from '../../standard-sql.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { isTransient } from '../errors.ts'
import { retireRows, type PostgresTable } from '../sql.ts'
import { convertSql, versionSql } from './convert.ts'
import { variantWork, type PostgresForeignContext } from './variants.ts'

/** Returns how many rows the step retired. */
export async function retireForeign(
  context: PostgresForeignContext,
  table: PostgresTable,
  step: RetireStep & { foreign: ForeignColumn[] },
): Promise<number> {
  const { connection } = context
  const at = new Date(step.atMicros / 1000).toISOString()
  const work = {
    ...variantWork(context, table),
    time: sql`cast(${param(at)} as timestamptz)`,
    doesFit: async (trial: Trial) => doesFit(connection, trial, at),
    convertSql,
    versionSql,
  }
  return connection.change(retireRows(table, step, await foreignRetireSql(work, step)))
}

async function doesFit(connection: PostgresConnection, trial: Trial, at: string): Promise<boolean> {
  await connection.query(sql`savepoint _sdc_fit`)
  try {
    const value = sql`cast(${lit(at)} as timestamptz)`
    const [row] = await connection.query(sql`select ${convertSql(value, trial)} is not null`)
    return row?.[0] === 't'
  } catch (error) {
    if (isTransient(error) || connection.isLost) throw error
    await connection.query(sql`rollback to savepoint _sdc_fit`)
    return false
  } finally {
    if (!connection.isLost) await connection.query(sql`release savepoint _sdc_fit`)
  }
}
