/** Tries a change of a column's type on an empty copy of its table. */

import { id, lit, param, sql, type Sql } from '../../sql.ts'
import type { ColumnType } from '../../../loader/schema/types.ts'
import type { PostgresConnection } from '../connect/connection.ts'
import { isTransient, sqlStateOf } from '../errors.ts'
import { beginTransaction } from '../connect/settings.ts'
import { typeSql, type PostgresTable } from '../sql.ts'

const PROBE = ['pg_temp', '_sdc_probe'] as const

/** Classes of SQLSTATE: insufficient resources, operator intervention, system error. */
const SERVER_CLASSES = new Set(['53', '57', '58'])

export interface ColumnChange {
  table: PostgresTable
  column: string
  to: ColumnType
  /** True when the column may also keep its type. */
  mayStay: boolean
}

/** An empty table with the same constraints, indexes and defaults. */
function createProbe(table: PostgresTable): Sql {
  return sql`create temp table ${id(PROBE[1])} (
  like ${id(...table)} including all
) on commit drop`
}

/**
 * Copies of our indexes, which a real change drops. Found by expression, because copies have other
 * names.
 */
function findProbeIndexes(): Sql {
  return sql`select cast(indexrelid as regclass)
from pg_index
where indrelid = cast(${param(PROBE.join('.'))} as regclass)
  and pg_get_expr(indexprs, indrelid) like '%hash_numeric_extended(%'`
}

function changeProbe({ column, to }: ColumnChange): Sql {
  return sql`alter table ${id(...PROBE)}
  alter column ${id(column)} type ${typeSql(to)}
  using cast(${lit(null)} as ${typeSql(to)})`
}

/**
 * True when the failure says nothing about the change: it is transient, or the server lacks
 * resources.
 */
export function isUnrelated(error: unknown): boolean {
  const state = sqlStateOf(error)
  return state === undefined || isTransient(error) || SERVER_CLASSES.has(state.slice(0, 2))
}

/**
 * Tries the change on an empty copy, and rolls back. Throws failures that are unrelated to the
 * change.
 */
export async function isRefused(
  connection: PostgresConnection,
  change: ColumnChange,
): Promise<boolean> {
  await connection.query(beginTransaction())
  try {
    await connection.query(createProbe(change.table))
    for (const [index] of await connection.query(findProbeIndexes()))
      await connection.query(sql`drop index ${id(PROBE[0], String(index))}`)
    await connection.query(changeProbe(change))
    return false
  } catch (error) {
    if (isUnrelated(error)) throw error
    return true
  } finally {
    if (!connection.isLost) await connection.query(sql`rollback`)
  }
}
