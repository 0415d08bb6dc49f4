/** Retires rows when the column of the version or of the mark is foreign. */

import type { ForeignColumn, RetireStep } from '../../../loader/commit-unit.ts'
import { id, list, lit, param, sql } from '../../sql.ts'
import { triedColumns, type MarkSql, type TriedColumn } from '../../standard-sql.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { isTransient } from '../errors.ts'
import { addColumn, retireRows, type PostgresTable } from '../sql.ts'
import { convertSql, versionSql } from './convert.ts'
import { findExisting, type PostgresForeignContext } from './variants.ts'

/** Returns how many rows the step retired. */
export async function retireForeign(
  context: PostgresForeignContext,
  table: PostgresTable,
  step: RetireStep & { foreign: ForeignColumn[] },
): Promise<number> {
  const { connection } = context
  const variants = step.foreign.flatMap((column) => column.variants)
  const existing = await findExisting(connection, table, variants)
  const find = (name: string) => step.foreign.find((column) => column.name === name)
  const variantsOf = (column: ForeignColumn) =>
    column.variants.map(({ name }) => name).filter((name) => existing.has(name))
  const version = find(step.versionColumn)
  const mark = find(step.markColumn ?? '')
  const markSql =
    mark && (await findMarkSql(context, table, { mark, variants: variantsOf(mark), step }))
  return connection.change(
    retireRows(table, step, {
      ...(version && { version: versionSql(version, variantsOf(version)) }),
      ...(markSql && { mark: markSql }),
    }),
  )
}

/** Marks rows in the foreign column when the time fits into it, else in its variant column. */
async function findMarkSql(
  { connection, warnings }: PostgresForeignContext,
  table: PostgresTable,
  { mark, variants, step }: { mark: ForeignColumn; variants: string[]; step: RetireStep },
): Promise<MarkSql> {
  const [tried] = triedColumns([mark], new Set())
  if (!tried) throw new Error(`The column ${mark.name} has no variant`)
  const { variant, trial } = tried
  const at = new Date(step.atMicros / 1000).toISOString()
  const isFit = await doesFit(connection, tried, at)
  const marked = [mark.name, ...variants]
  if (!isFit && !variants.includes(variant.name)) {
    await connection.query(addColumn(table, variant))
    marked.push(variant.name)
  }
  if (!isFit) warnings.note({ table: table[1], column: mark.name, variant: variant.name })
  const time = sql`cast(${param(at)} as timestamptz)`
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

async function doesFit(
  connection: PostgresConnection,
  { trial }: TriedColumn,
  at: string,
): Promise<boolean> {
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
