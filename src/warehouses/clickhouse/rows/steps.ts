/** Applies the changes and steps of a unit to working copies. */

import type { Change, Column, CommitUnit, Step, WriteStep } from '../../../loader/commit-unit.ts'
import { id, list, sql } from '../../sql.ts'
import { insertFrom } from '../../merge-sql.ts'
import { findRow, findRowWhere, hasForeign, type StagedStep } from '../../standard-sql.ts'
import { columnsOf } from '../tables/catalog.ts'
import { retireForeign } from '../foreign/retire.ts'
import { stageForeign } from '../foreign/stage.ts'
import { movedColumns } from '../tables/keys.ts'
import { createFrom, isIn, isKept, mergedRows, stagedRows } from './merge.ts'
import { plainRetireSql, retireRows } from './retire.ts'
import { rowChunks } from './row-binary.ts'
import {
  addColumn,
  dropTable,
  insertBytes,
  setComments,
  truncateTable,
  type ClickhouseTable,
} from '../sql.ts'
import { isStaged } from './stages.ts'
import { stageRows, type StepContext } from './staging.ts'
import { convertedSql, typeSql, typeText } from '../types.ts'

/** The columns that a table is sorted by: its keys, unless they are in several columns each. */
function sortableKeys({ keys }: WriteStep): string[] {
  return keys.some(({ isNullable }) => isNullable) ? [] : keys.map(({ column }) => column)
}

function sortedBy(table: string, { steps }: CommitUnit): string[] {
  const step = steps.find(
    (one): one is WriteStep => one.kind === 'write' && one.table === table && one.keys.length > 0,
  )
  return step ? sortableKeys(step) : []
}

export async function applyChange(
  context: StepContext,
  unit: CommitUnit,
  change: Change,
): Promise<void> {
  const { run, copies } = context
  const { table } = change
  switch (change.kind) {
    case 'create-table':
      await copies.create(table, change.columns, sortedBy(table, unit))
      return
    case 'add-column':
      await run(addColumn(await copies.of(table), change.column))
      return
    case 'widen-column': {
      const { column, from, to } = change
      const value = convertedSql(sql`target.${id(column)}`, from, to)
      await copies.rewrite(table, new Map([[column, { type: typeSql(to), value }]]))
      return
    }
    case 'move-values':
      await copies.rewrite(table, movedColumns(await copies.of(table), change))
      return
    case 'set-comments': {
      const statements = setComments(context.place, await copies.of(table), change)
      for (const statement of statements) await run(statement)
      return
    }
    case 'live-view':
    // Views are replaced when the tables have their names.
  }
}

/** Returns how many rows the step retired. */
export async function applyStep(context: StepContext, step: Step): Promise<number> {
  const table = await context.copies.of(step.table)
  switch (step.kind) {
    case 'write':
      await write(context, table, step)
      return 0
    case 'retire':
      return step.foreign
        ? retireForeign(context, table, { ...step, foreign: step.foreign })
        : retireRows(context, table, { step, retired: plainRetireSql(step) })
    case 'empty':
      await context.run(truncateTable(context.place, table[1]))
      return 0
  }
}

/** Whether the rows can go into the table as they are: with no other row, and the same types. */
async function isPlain(
  { query }: StepContext,
  table: ClickhouseTable,
  { columns, keys, deleteWhereSet }: WriteStep,
): Promise<boolean> {
  if (deleteWhereSet !== undefined) return false
  if (keys.length > 0 && (await query(findRow(table))).length > 0) return false
  const types = new Map((await columnsOf(query, table)).map(({ name, type }) => [name, type]))
  return columns.every(({ name, type }) => types.get(name) === `Nullable(${typeText(type)})`)
}

async function write(context: StepContext, table: ClickhouseTable, step: WriteStep): Promise<void> {
  if (!hasForeign(step) && (await isPlain(context, table, step))) {
    await insertPlain(context, step)
    return
  }
  const { stage, staged } = hasForeign(step)
    ? await stageForeign(context, table, step)
    : { stage: await stageOf(context, step), staged: step }
  await merge(context, table, { stage, step: staged })
  // Rows that were staged ahead must outlast a failure.
  if (!isStaged(step)) await context.run(dropTable(context.place, stage[1]))
}

async function stageOf(context: StepContext, step: WriteStep): Promise<ClickhouseTable> {
  return isStaged(step) ? context.stages.rowsOf(context, step) : stageRows(context, step)
}

async function insertPlain(context: StepContext, step: WriteStep): Promise<void> {
  const { insert, run, copies, stages } = context
  const { columns, rowCount } = step
  const keys = sortableKeys(step)
  if (keys.length > 0) await copies.sort(step.table, keys)
  const sorted = await copies.of(step.table)
  if (isStaged(step)) {
    const stage = await stages.rowsOf(context, step)
    await run(insertFrom(sorted, columns, stagedRows(stage, step)))
  } else await insert(insertBytes(sorted, columns), rowChunks(columns, rowCount))
}

async function merge(
  context: StepContext,
  table: ClickhouseTable,
  { stage, step }: { stage: ClickhouseTable; step: StagedStep },
): Promise<void> {
  const { query, run, copies } = context
  const { columns, keys } = step
  const kept = isKept(step)
  const isFound = keys.length > 0 ? isIn(stage, { keys }) : undefined
  if (!isFound || (await query(findRowWhere(table, isFound))).length === 0) {
    await run(insertFrom(table, columns, stagedRows(stage, step, kept)))
    return
  }
  const written = new Set(columns.map(({ name }) => name))
  const others = (await columnsOf(query, table))
    .filter(({ name, isComputed }) => !isComputed && !written.has(name))
    .map(({ name }) => name)
  if (others.length > 0) {
    await mergeSome(context, table, { stage, step: { ...step, others } })
    return
  }
  await copies.delete(step.table, isFound)
  const left = await copies.of(step.table)
  await run(insertFrom(left, columns, stagedRows(stage, step, kept)))
}

/** For a table with columns that the step does not write: rows that stay keep their values. */
async function mergeSome(
  { run, place, names, copies }: StepContext,
  table: ClickhouseTable,
  { stage, step }: { stage: ClickhouseTable; step: StagedStep & { others: string[] } },
): Promise<void> {
  const merged: ClickhouseTable = [place.database, names.work()]
  const columns: { name: string }[] = [
    ...step.columns,
    ...step.others.map((name): Pick<Column, 'name'> => ({ name })),
  ]
  await run(createFrom(merged, mergedRows(table, stage, step)))
  await copies.delete(step.table, isIn(stage, step))
  const left = await copies.of(step.table)
  const kept = isKept(step)
  const isNew = sql`not ${isIn(merged, step)}`
  const conditions = list(kept ? [kept, isNew] : [isNew], sql`\n  and `)
  await run(insertFrom(left, step.columns, stagedRows(stage, step, conditions)))
  await run(insertFrom(left, columns, stagedRows(merged, { ...step, columns })))
  await run(dropTable(place, merged[1]))
}
