/** Pieces of the statements that move staged rows into their table. */

import { id, list, sql, type Sql } from './sql.ts'
import { AND, columnNames, type StagedStep, type TableName } from './standard-sql.ts'

/** True when the row `target` of the table and the row `stage` have the same key. */
export function keyMatches({ keys }: Pick<StagedStep, 'keys'>): Sql {
  return list(
    keys.map(({ column, isNullable }) =>
      isNullable
        ? sql`target.${id(column)} is not distinct from stage.${id(column)}`
        : sql`target.${id(column)} = stage.${id(column)}`,
    ),
    AND,
  )
}

/** Columns of the stage. One of them is set in a row that asks for the deletion of its key. */
export function deletionMarks(
  deleteWhereSet: string,
  { foreign = [] }: Pick<StagedStep, 'foreign'>,
): string[] {
  const variants = foreign.find(({ name }) => name === deleteWhereSet)?.variants ?? []
  return [deleteWhereSet, ...variants.map(({ name }) => name)]
}

/** The values of the row `stage`. */
export function stagedValues({ columns }: Pick<StagedStep, 'columns'>): Sql[] {
  return columns.map(({ name }) => sql`stage.${id(name)}`)
}

/** The columns that belong to no key, each set to its value in the row `stage`. */
export function stagedUpdates({ keys, columns }: StagedStep): Sql[] {
  const keyNames = new Set(keys.map(({ column }) => column))
  const others = columns.filter(({ name }) => !keyNames.has(name))
  return others.map(({ name }) => sql`${id(name)} = stage.${id(name)}`)
}

/** Inserts the rows of a query, which has these columns in this order. */
export function insertFrom(
  table: TableName,
  columns: readonly { name: string }[],
  query: Sql,
): Sql {
  return sql`insert into ${id(...table)} (
  ${columnNames(columns)}
)
${query}`
}
