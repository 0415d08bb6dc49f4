/**
 * Statements that every warehouse words alike. What differs comes in as a parameter: the SQL of a
 * type, of a value or of a condition.
 */

import type { ColumnType } from '../loader/schema/types.ts'
import type {
  Column,
  ForeignColumn,
  MoveValues,
  NativeType,
  RetireStep,
  WidenColumn,
  WriteStep,
} from '../loader/commit-unit.ts'
import type { RowCounts } from '../loader/warehouse.ts'
import { id, list, sql, type Sql } from './sql.ts'

/** A table with its qualifiers: the schema, in DuckDB preceded by the database. */
export type TableName = readonly string[]

/** The database's own name of a type. */
type TypeSql = (type: ColumnType) => Sql

export const AND = sql`\n  and `
export const COMMA = sql`,\n  `

/** A write step whose rows are in the stage. Columns of our types have their type. */
export type StagedStep = Omit<WriteStep, 'columns'> & {
  columns: readonly { name: string; type?: ColumnType }[]
}

/** A write step with at least one foreign column. */
export type ForeignStep = WriteStep & { foreign: ForeignColumn[] }

export function hasForeign(step: WriteStep): step is ForeignStep {
  return step.foreign !== undefined && step.foreign.length > 0
}

/** How a value is converted into a foreign type. */
export interface Trial {
  native: NativeType
  /** Our type in which the value comes. */
  from: ColumnType
  /** True for a key, which may be compared by the column's own equality. */
  isKey: boolean
}

/** A variant column of a foreign column, and how its values are converted. */
export interface TriedColumn {
  column: string
  variant: Column
  trial: Trial
}

export function triedColumns(
  foreign: readonly ForeignColumn[],
  keys: ReadonlySet<string>,
): TriedColumn[] {
  return foreign.flatMap(({ name, native, variants }) =>
    variants.map((variant) => ({
      column: name,
      variant,
      trial: { native, from: variant.type, isKey: keys.has(name) },
    })),
  )
}

export function columnNames(columns: readonly { name: string }[]): Sql {
  return list(
    columns.map(({ name }) => id(name)),
    COMMA,
  )
}

/** The column definitions of `create table`. */
export function columnDefinitions(columns: readonly Column[], typeSql: TypeSql): Sql {
  return list(
    columns.map(({ name, type }) => sql`${id(name)} ${typeSql(type)}`),
    COMMA,
  )
}

export function createSchema(...path: readonly string[]): Sql {
  return sql`create schema if not exists ${id(...path)}`
}

export function createTable(table: TableName, columns: readonly Column[], typeSql: TypeSql): Sql {
  return sql`create table ${id(...table)} (
  ${columnDefinitions(columns, typeSql)}
)`
}

export function dropTable(table: TableName): Sql {
  return sql`drop table ${id(...table)}`
}

export function addColumn(table: TableName, column: Column, typeSql: TypeSql): Sql {
  return sql`alter table ${id(...table)}
  add column ${columnDefinitions([column], typeSql)}`
}

/** `converted` is the expression that turns the old value into the new type. */
export function widenColumn(
  table: TableName,
  { column, to }: Pick<WidenColumn, 'column' | 'to'>,
  { typeSql, converted }: { typeSql: TypeSql; converted: Sql },
): Sql {
  return sql`alter table ${id(...table)}
  alter column ${id(column)} type ${typeSql(to)}
  using ${converted}`
}

/** One row when the table has any. */
export function findRow(table: TableName): Sql {
  return sql`select 1
from ${id(...table)}
limit 1`
}

/** One row when the condition is true for any row. */
export function findRowWhere(table: TableName, condition: Sql): Sql {
  return sql`select 1
from ${id(...table)}
where ${condition}
limit 1`
}

/**
 * All rows, and those that are marked as deleted.
 * @param mark the column that is null in live rows, if there is one
 */
export function countRows(table: TableName, mark: string | undefined): Sql {
  return sql`select count(*), ${mark === undefined ? sql`0` : sql`count(${id(mark)})`}
from ${id(...table)}`
}

/** @param row of `countRows`. */
export function rowCounts(row: readonly unknown[] | undefined): RowCounts {
  const [all, deleted] = [Number(row?.[0]), Number(row?.[1])]
  return { live: all - deleted, deleted }
}

export function emptyTable(table: TableName): Sql {
  return sql`delete from ${id(...table)}`
}

function isMovable(from: Column, moved: Sql): Sql {
  return sql`target.${id(from.name)} is not null
  and ${moved} is not null`
}

/** One row when a value can move. `moved` reads the row by the alias `target`. */
export function findMovable(table: TableName, from: Column, moved: Sql): Sql {
  return sql`select 1
from ${id(...table)} as target
where ${isMovable(from, moved)}
limit 1`
}

/** `moved` reads the row by the alias `target`, and is null where the value does not fit. */
export function moveValues(
  table: TableName,
  { from, to, otherKeys }: Pick<MoveValues, 'from' | 'to' | 'otherKeys'>,
  moved: Sql,
): Sql {
  const others = otherKeys.map(
    (key) => sql`
      and other.${id(key)} is not distinct from target.${id(key)}`,
  )
  return sql`update ${id(...table)} as target
set ${id(to.name)} = ${moved},
  ${id(from.name)} = null
where ${isMovable(from, moved)}
  and target.${id(to.name)} is null
  and not exists (
    select 1
    from ${id(...table)} as other
    where other.${id(to.name)} = ${moved}${list(others, sql``)}
  )`
}

/** One row: how many values each variant column still has, then how many keys are null. */
export function countUnconverted(
  stage: TableName,
  tried: readonly TriedColumn[],
  keys: readonly string[],
): Sql {
  const variants = tried.map(({ variant }) => sql`count(${id(variant.name)})`)
  const missing = keys.map((key) => sql`count(*) - count(${id(key)})`)
  return sql`select
  ${list([...variants, ...missing], COMMA)}
from ${id(...stage)}`
}

/** How an engine words the columns of a stage that is made from converted rows, `fitted`. */
export interface ConvertedWords {
  /** The column of `fitted` with the values that a trial made. */
  made: (at: number) => Sql
  /** A column whose values are not tried. */
  plain: (value: Sql, name: Sql) => Sql
  /** The value where a trial made nothing of it, else null. */
  unfit: (value: Sql, made: Sql) => Sql
  /** The first value that is not null. */
  first: (values: readonly Sql[]) => Sql
}

/** Foreign columns get the values that fit, and their variant columns the rest. */
export function convertedColumns(
  columns: readonly { name: string }[],
  tried: readonly TriedColumn[],
  { made, plain, unfit, first }: ConvertedWords,
): Sql {
  const positions = new Map(tried.map(({ variant }, at) => [variant.name, at]))
  const kept = columns.map(({ name }) => {
    const value = sql`fitted.${id(name)}`
    const at = positions.get(name)
    if (at === undefined) return plain(value, id(name))
    return sql`${unfit(value, made(at))} as ${id(name)}`
  })
  const foreign = [...new Set(tried.map(({ column }) => column))].map((name) => {
    const values = tried.flatMap(({ column }, at) => (column === name ? [made(at)] : []))
    return sql`${first(values)} as ${id(name)}`
  })
  return list([...kept, ...foreign], COMMA)
}

/** How rows are marked as deleted when the mark column is foreign. */
export interface MarkSql {
  set: Sql
  isUnmarked: Sql
}

/** Expressions for the foreign columns of a retire step. */
export interface RetireSql {
  version?: Sql
  mark?: MarkSql
}

/** The values of a retire step, in the types of the database. */
export interface RetireValues {
  version: Sql
  markedAt: Sql
}

/** Deletes or marks the rows of older versions, unless the table already holds a newer version. */
export function retireRows(
  table: TableName,
  { versionColumn, markColumn }: RetireStep,
  { values, foreign = {} }: { values: RetireValues; foreign?: RetireSql | undefined },
): Sql {
  const column = foreign.version ?? id(versionColumn)
  const retired = sql`(${column} < ${values.version} or ${column} is null)
  and not exists (
    select 1
    from ${id(...table)}
    where ${column} > ${values.version}
  )`
  if (markColumn === undefined) {
    return sql`delete from ${id(...table)}
where ${retired}`
  }
  const mark = foreign.mark ?? {
    set: sql`${id(markColumn)} = ${values.markedAt}`,
    isUnmarked: sql`${id(markColumn)} is null`,
  }
  return sql`update ${id(...table)}
set ${mark.set}
where ${mark.isUnmarked}
  and ${retired}`
}

const NEWEST_WITH_STATE = sql`max(load_number) filter (where state is not null)`

/** The newest row of the ledger, and every row since the newest one with a state. */
export function lastLoads(ledger: TableName, newestWithState = NEWEST_WITH_STATE): Sql {
  return sql`select load_number, run_id, state
from ${id(...ledger)}
where load_number >= (
  select coalesce(${newestWithState}, max(load_number))
  from ${id(...ledger)}
)
order by load_number`
}

export function lastLoadNumber(ledger: TableName): Sql {
  return sql`select max(load_number)
from ${id(...ledger)}`
}
