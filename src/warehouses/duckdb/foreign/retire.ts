/** Retires rows when the column of the version or of the mark is foreign. */

import type { ForeignColumn, RetireStep } from '../../../loader/commit-unit.ts'
import { id, list, param, sql } from '../../sql.ts'
import { triedColumns, type MarkSql } from '../../standard-sql.ts'
import { retireRows, type DuckdbTable } from '../sql.ts'
import { convertSql, versionSql } from './convert.ts'
import { findExisting, type DuckdbForeignContext } from './variants.ts'

/** Returns how many rows the step retired. */
export async function retireForeign(
  context: DuckdbForeignContext,
  table: DuckdbTable,
  step: RetireStep & { foreign: ForeignColumn[] },
): Promise<number> {
  const { query } = context
  const variants = step.foreign.flatMap((column) => column.variants)
  const existing = await findExisting(query, table, variants)
  const find = (name: string) => step.foreign.find((column) => column.name === name)
  const variantsOf = (column: ForeignColumn) =>
    column.variants.map(({ name }) => name).filter((name) => existing.has(name))
  const version = find(step.versionColumn)
  const mark = find(step.markColumn ?? '')
  const markSql =
    mark && (await findMarkSql(context, table, { mark, variants: variantsOf(mark), step }))
  const [row] = await query(
    retireRows(table, step, {
      ...(version && { version: versionSql(version, variantsOf(version)) }),
      ...(markSql && { mark: markSql }),
    }),
  )
  return Number(row?.[0] ?? 0)
}

/** Marks rows in the foreign column when the time fits into it, else in its variant column. */
async function findMarkSql(
  { query, warnings, statements }: DuckdbForeignContext,
  table: DuckdbTable,
  { mark, variants, step }: { mark: ForeignColumn; variants: string[]; step: RetireStep },
): Promise<MarkSql> {
  const [tried] = triedColumns([mark], new Set())
  if (!tried) throw new Error(`The column ${mark.name} has no variant`)
  const { variant, trial } = tried
  const time = sql`make_timestamptz(cast(${param(BigInt(step.atMicros))} as bigint))`
  const [row] = await query(sql`select ${convertSql(time, trial)} is not null`)
  const isFit = row?.[0] === true
  const marked = [mark.name, ...variants]
  if (!isFit && !variants.includes(variant.name)) {
    for (const statement of await statements.addColumn(query, table, variant)) {
      await query(statement)
    }
    marked.push(variant.name)
  }
  if (!isFit) warnings.note({ table: table[2], column: mark.name, variant: variant.name })
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
