/** Conditions and rows for merging a stage into a table. */

import { id, list, sql, type Sql } from '../../sql.ts'
import { deletionMarks, keyMatches } from '../../merge-sql.ts'
import { AND, COMMA, type StagedStep, type TableName } from '../../standard-sql.ts'

/**
 * A key column as it is compared. A comparison with a set ignores rows with null, so a column that
 * may be null takes part as its text and as whether it is null.
 */
export function keyParts(prefix: Sql, { column, isNullable }: StagedStep['keys'][number]): Sql[] {
  const value = sql`${prefix}${id(column)}`
  return isNullable ? [sql`isNull(${value})`, sql`ifNull(toString(${value}), '')`] : [value]
}

function keyTuple(prefix: Sql, { keys }: Pick<StagedStep, 'keys'>): Sql {
  return sql`(${list(keys.flatMap((key) => keyParts(prefix, key)))})`
}

/** True for a row whose key is in the other table. */
export function isIn(other: TableName, step: Pick<StagedStep, 'keys'>, condition?: Sql): Sql {
  const where = condition ? sql`\n  where ${condition}` : sql``
  return sql`${keyTuple(sql``, step)} in (
  select ${list(step.keys.flatMap((key) => keyParts(sql``, key)))}
  from ${id(...other)}${where}
)`
}

/** True for a row of the stage that is written; undefined when all are. */
export function isKept(step: StagedStep): Sql | undefined {
  const { deleteWhereSet } = step
  if (deleteWhereSet === undefined) return undefined
  return list(
    deletionMarks(deleteWhereSet, step).map((name) => sql`${id(name)} is null`),
    AND,
  )
}

/** The rows of the stage, with the condition if there is one. */
export function stagedRows(stage: TableName, { columns }: StagedStep, condition?: Sql): Sql {
  const where = condition ? sql`\nwhere ${condition}` : sql``
  return sql`select
  ${list(
    columns.map(({ name }) => id(name)),
    COMMA,
  )}
from ${id(...stage)}${where}`
}

/**
 * Rows whose key the table has: the columns of the step with their new values, the others with
 * those of the table.
 */
export function mergedRows(
  table: TableName,
  stage: TableName,
  step: StagedStep & { others: readonly string[] },
): Sql {
  const written = step.columns.map(({ name }) => sql`stage.${id(name)} as ${id(name)}`)
  const others = step.others.map((name) => sql`target.${id(name)} as ${id(name)}`)
  const kept = isKept(step)
  const where = kept ? sql`\nwhere ${kept}` : sql``
  return sql`select
  ${list([...written, ...others], COMMA)}
from ${stagedSource(stage, where)} as stage
inner join ${id(...table)} as target
  on ${keyMatches(step)}`
}

function stagedSource(stage: TableName, where: Sql): Sql {
  return sql`(
  select *
  from ${id(...stage)}${where}
)`
}

/** A table with the rows of a query, for this server alone. */
export function createFrom(table: TableName, query: Sql): Sql {
  return sql`create table ${id(...table)}
engine = MergeTree
order by ()
as ${query}`
}
