/**
 * Columns of foreign types: the database tries each value in the type, and a variant column takes
 * what does not fit. This is what all engines do; how they try a value is theirs.
 */

import type { Column, ForeignColumn, RetireStep } from '../loader/commit-unit.ts'
import { keyMisfit } from '../loader/tables/key-errors.ts'
import type { VariantWarnings } from '../loader/tables/variant-warnings.ts'
import { id, list, sql, type Sql } from './sql.ts'
import {
  countUnconverted,
  triedColumns,
  type ForeignStep,
  type MarkSql,
  type RetireSql,
  type TableName,
  type Trial,
  type TriedColumn,
} from './standard-sql.ts'

/** How an engine changes the variant columns of one table. */
export interface VariantWork {
  /** Its name, for warnings and errors. */
  table: string
  warnings: VariantWarnings
  /** Names of those columns that the table has. */
  findExisting: (columns: readonly Column[]) => Promise<Set<string>>
  addColumn: (column: Column) => Promise<void>
}

/** The trials of a write step. */
export interface Trials {
  tried: readonly TriedColumn[]
  foreignKeys: readonly ForeignColumn[]
}

export function trialsOf({ keys, foreign }: ForeignStep): Trials {
  const names = new Set(keys.map(({ column }) => column))
  return {
    tried: triedColumns(foreign, names),
    foreignKeys: foreign.filter(({ name }) => names.has(name)),
  }
}

/**
 * The trials that left a value in their variant column of the stage. Throws WAREHOUSE_FAILED when a
 * key does not fit its column.
 */
export async function findUnfit(
  query: (statement: Sql) => Promise<readonly (readonly unknown[])[]>,
  stage: TableName,
  { table, tried, foreignKeys }: Trials & { table: string },
): Promise<TriedColumn[]> {
  const keyNames = foreignKeys.map(({ name }) => name)
  const [counts = []] = await query(countUnconverted(stage, tried, keyNames))
  const misfit = foreignKeys.find((_, at) => Number(counts[tried.length + at]) > 0)
  if (misfit) throw keyMisfit({ table, column: misfit.name, type: misfit.native.name })
  return tried.filter((_, at) => Number(counts[at]) > 0)
}

/**
 * Adds the variant columns that the unfit values need and the table lacks. Returns the columns of
 * the stage that go into the table, which has all of them then.
 */
export async function placeUnfit(
  { table, warnings, findExisting, addColumn }: VariantWork,
  { columns, foreign }: ForeignStep,
  { tried, unfit }: { tried: readonly TriedColumn[]; unfit: readonly TriedColumn[] },
): Promise<{ name: string }[]> {
  const variants = tried.map(({ variant }) => variant)
  const existing = await findExisting(variants)
  for (const { column, variant } of unfit) {
    if (!existing.has(variant.name)) {
      await addColumn(variant)
      existing.add(variant.name)
    }
    warnings.note({ table, column, variant: variant.name })
  }
  const names = new Set(variants.map(({ name }) => name))
  const kept = columns.filter(({ name }) => !names.has(name) || existing.has(name))
  return [...kept, ...foreign]
}

/** How an engine retires rows by foreign columns. */
export interface RetireWork extends VariantWork {
  /** The time at which rows are marked. */
  time: Sql
  /** Whether that time fits into the column. */
  doesFit: (trial: Trial) => Promise<boolean>
  convertSql: (value: Sql, trial: Trial) => Sql
  /** The version as a number, from the column or from its variant columns. */
  versionSql: (column: ForeignColumn, variants: readonly string[]) => Sql
}

/** The expressions for the columns of the step that are foreign. */
export async function foreignRetireSql(
  work: RetireWork,
  { versionColumn, markColumn = '', foreign }: RetireStep & { foreign: ForeignColumn[] },
): Promise<RetireSql> {
  const existing = await work.findExisting(foreign.flatMap(({ variants }) => variants))
  const find = (name: string) => foreign.find((column) => column.name === name)
  const variantsOf = ({ variants }: ForeignColumn) =>
    variants.map(({ name }) => name).filter((name) => existing.has(name))
  const version = find(versionColumn)
  const mark = find(markColumn)
  return {
    ...(version && { version: work.versionSql(version, variantsOf(version)) }),
    ...(mark && { mark: await markSql(work, mark, variantsOf(mark)) }),
  }
}

/** Marks rows in the foreign column when the time fits into it, else in its variant column. */
async function markSql(
  { table, warnings, addColumn, time, doesFit, convertSql }: RetireWork,
  mark: ForeignColumn,
  variants: readonly string[],
): Promise<MarkSql> {
  const [tried] = triedColumns([mark], new Set())
  if (!tried) throw new Error(`The column ${mark.name} has no variant`)
  const { variant, trial } = tried
  const isFit = await doesFit(trial)
  const marked = [mark.name, ...variants]
  if (!isFit && !variants.includes(variant.name)) {
    await addColumn(variant)
    marked.push(variant.name)
  }
  if (!isFit) warnings.note({ table, column: mark.name, variant: variant.name })
  const isUnmarked = marked.map((name) => sql`${id(name)} is null`)
  return {
    set: isFit
      ? sql`${id(mark.name)} = ${convertSql(time, trial)}`
      : sql`${id(variant.name)} = ${time}`,
    isUnmarked: list(isUnmarked, sql` and `),
  }
}
