/**
 * Finds the constraint that refused the rows. DuckDB's message names it together with values of a
 * record, so the name comes from the catalog.
 */

import type { DuckDBValue } from '@duckdb/node-api'
import type { DuckdbQuery } from '../sql.ts'
import { param, sql, type Sql } from '../../sql.ts'
import { foldedSql, type DuckdbTable } from '../sql.ts'

/** Replaces DuckDB's message. */
export interface BrokenConstraint {
  reason: string
  hint: string
}

interface Kind {
  /** Matches DuckDB's message. */
  pattern: RegExp
  /** Constraint types in the catalog. */
  types: readonly string[]
  reason: string
  hint: string
}

const KINDS: readonly Kind[] = [
  {
    pattern: /duplicate key/i,
    types: ['PRIMARY KEY', 'UNIQUE'],
    reason: 'a key would be duplicated',
    hint: 'The table has a unique constraint of its own that the rows break.',
  },
  {
    pattern: /foreign key/i,
    types: ['FOREIGN KEY'],
    reason: 'a key is not in the table that it refers to',
    hint: 'The table has a foreign key of its own that the rows break.',
  },
  {
    pattern: /CHECK constraint/,
    types: ['CHECK'],
    reason: 'a check failed',
    hint: 'The table has a check constraint of its own that the rows break.',
  },
]

/** Type, name and columns of each constraint, including unique indexes. */
export function findConstraints([database, schema, table]: DuckdbTable): Sql {
  return sql`select constraint_type, constraint_name, constraint_column_names
from duckdb_constraints()
where database_name = ${param(database)}
  and ${foldedSql(sql`schema_name`)} = ${foldedSql(param(schema))}
  and ${foldedSql(sql`table_name`)} = ${foldedSql(param(table))}
union all
select 'UNIQUE', index_name, [expressions]
from duckdb_indexes()
where database_name = ${param(database)}
  and ${foldedSql(sql`schema_name`)} = ${foldedSql(param(schema))}
  and ${foldedSql(sql`table_name`)} = ${foldedSql(param(table))}
  and is_unique
order by 1, 2`
}

function columnsOf(cell: DuckDBValue | undefined): string[] {
  const items = cell !== null && typeof cell === 'object' && 'items' in cell ? cell.items : []
  return Array.isArray(items) ? items.map(String) : []
}

/**
 * How many columns the constraint has, when the message lists all of them as `column: value`; else
 * 0.
 */
function matchLength(columns: readonly string[], message: string): number {
  const starts = columns.map((name, at) => `${at === 0 ? '"' : ', '}${name}: `)
  return starts.every((start) => message.includes(start)) ? columns.length : 0
}

/** Undefined for another kind of error. `query` must run outside of the failed transaction. */
export async function findBroken(
  cause: unknown,
  table: DuckdbTable,
  query: DuckdbQuery,
): Promise<BrokenConstraint | undefined> {
  const message = cause instanceof Error ? cause.message : ''
  const kind = KINDS.find(({ pattern }) => pattern.test(message))
  if (!/^(?:Constraint|TransactionContext) Error/.test(message) || !kind) return undefined
  const rows = await query(findConstraints(table)).catch(() => [])
  const found = rows
    .filter(([type]) => kind.types.includes(String(type)))
    .map(([type, name, columns]) => ({
      text: `${String(type)} ${JSON.stringify(name)}`,
      length: matchLength(columnsOf(columns), message),
    }))
  const longest = Math.max(0, ...found.map(({ length }) => length))
  const names = found.filter(({ length }) => length === longest).map(({ text }) => text)
  const where = names.length === 0 ? '' : ` in ${names.join(' or ')}`
  return { reason: `${kind.reason}${where} of table ${JSON.stringify(table[2])}`, hint: kind.hint }
}
