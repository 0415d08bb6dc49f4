/**
 * Statements that merge staged rows into their table. Rows are matched by key, not by a unique
 * index: the tables of others may have none, and keys may change between runs, repeat in
 * append-only tables, be null in one of several columns, or be too long for an index. Two loads
 * cannot conflict, because each holds the lock of its tables. Our index only makes the merge
 * faster.
 */

import { id, list, sql, type Sql } from '../sql.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import { deletionMarks, insertFrom, stagedUpdates, stagedValues } from '../merge-sql.ts'
import { AND, COMMA, type StagedStep } from '../standard-sql.ts'
import { STAGE, type PostgresTable } from './sql.ts'
import { indexedSql, isLong, typedKeys, type TypedKey } from './typed-keys.ts'

/**
 * A value that replaces null, so that a join can compare by equality. Nulls are compared again on
 * top.
 */
function standInSql(type: ColumnType): Sql {
  switch (type.kind) {
    case 'boolean':
      return sql`false`
    case 'integer':
    case 'decimal':
    case 'number':
      return sql`0`
    case 'date':
    case 'timestamp':
      return sql`'epoch'`
    case 'time':
      return sql`'00:00'`
    case 'text':
      return sql`''`
    case 'json':
      return sql`'null'`
  }
}

function keyMatch(key: TypedKey, keys: readonly TypedKey[]): Sql {
  const target = sql`target.${id(key.name)}`
  const stage = sql`stage.${id(key.name)}`
  if (key.isNullable) {
    const standIn = standInSql(key.type)
    return sql`coalesce(${target}, ${standIn}) = coalesce(${stage}, ${standIn})
  and ${target} is not distinct from ${stage}`
  }
  const schema = key.native?.equalitySchema
  if (schema !== undefined) return sql`${target} operator(${id(schema)}.=) ${stage}`
  if (!isLong(key)) return sql`${target} = ${stage}`
  return sql`${indexedSql(key, target, keys)} = ${indexedSql(key, stage, keys)}
  and ${target} = ${stage}`
}

function matches(step: StagedStep): Sql {
  const keys = typedKeys(step)
  return list(
    keys.map((key) => keyMatch(key, keys)),
    AND,
  )
}

function isKept(deleteWhereSet: string, step: StagedStep): Sql {
  const marks = deletionMarks(deleteWhereSet, step).map((name) => sql`stage.${id(name)} is null`)
  return list(marks, AND)
}

function stageFilter(step: StagedStep): Sql {
  const { deleteWhereSet } = step
  return deleteWhereSet === undefined ? sql`` : sql`\n  and ${isKept(deleteWhereSet, step)}`
}

/** Deletes the rows whose staged key has a deletion mark. */
export function deleteStaged(
  table: PostgresTable,
  step: StagedStep & { deleteWhereSet: string },
): Sql {
  const names = deletionMarks(step.deleteWhereSet, step)
  const marks = names.map((name) => sql`stage.${id(name)} is not null`)
  return sql`delete from ${id(...table)} as target
using ${id(...STAGE)} as stage
where ${matches(step)}
  and (${list(marks, sql` or `)})`
}

/** Undefined when rows consist of their key only. */
export function updateStaged(table: PostgresTable, step: StagedStep): Sql | undefined {
  const updates = stagedUpdates(step)
  if (updates.length === 0) return undefined
  return sql`update ${id(...table)} as target
set ${list(updates, COMMA)}
from ${id(...STAGE)} as stage
where ${matches(step)}${stageFilter(step)}`
}

/**
 * One row when a staged key is already in the table. The join is materialized, so that it is
 * planned for all rows: planned for one row it would compare every pair of rows.
 */
export function findStaged(table: PostgresTable, step: StagedStep): Sql {
  return sql`with found as materialized (
  select 1
  from ${id(...STAGE)} as stage
  join ${id(...table)} as target
    on ${matches(step)}
)
select 1
from found
limit 1`
}

function stagedRows(step: StagedStep): Sql {
  return sql`select
  ${list(stagedValues(step), COMMA)}
from ${id(...STAGE)} as stage`
}

/** Inserts all rows. None of their keys may be in the table. */
export function insertNew(table: PostgresTable, step: StagedStep): Sql {
  const filter =
    step.deleteWhereSet === undefined ? sql`` : sql`\nwhere ${isKept(step.deleteWhereSet, step)}`
  return insertFrom(table, step.columns, sql`${stagedRows(step)}${filter}`)
}

/** Inserts the rows whose key is not in the table. */
export function insertStaged(table: PostgresTable, step: StagedStep): Sql {
  const isNew = sql`not exists (
  select 1
  from ${id(...table)} as target
  where ${matches(step)}
)`
  return insertFrom(
    table,
    step.columns,
    sql`${stagedRows(step)}
where ${isNew}${stageFilter(step)}`,
  )
}
