/**
 * Statements for keys whose type changes: what their columns hold, and how values move to another
 * column.
 */

import { id, lit, sql, type Sql } from '../sql.ts'
import { isNumeric, type ColumnType } from '../../loader/schema/types.ts'
import type { Content } from '../../loader/warehouse.ts'
import type { Column, MoveValues } from '../../loader/commit-unit.ts'
import { numberPattern, SCALAR_PATTERN, TIME_PATTERN } from '../content-patterns.ts'
import * as standard from '../standard-sql.ts'
import { typeSql, type PostgresTable } from './sql.ts'

/** `numeric` refuses larger exponents. */
const NUMBER = lit(`^${numberPattern('[0-9]{1,5}')}$`)
const SCALAR = lit(`^(${SCALAR_PATTERN})$`)
const TIME = lit(TIME_PATTERN)

function contentSql({ name, type }: Column, content: Content): Sql {
  const column = id(name)
  switch (content) {
    case 'anything':
      return sql`${column} is not null`
    case 'scalars':
      return type.kind === 'json'
        ? sql`jsonb_typeof(${column}) = 'string' and ${column} #>> '{}' ~ ${SCALAR}`
        : sql`${column} ~ ${SCALAR}`
    case 'odd-numbers':
      return sql`${column} ~ ${NUMBER} and ${column} ~ '[.eE]'`
    case 'json-strings':
      return sql`jsonb_typeof(${column}) = 'string'`
    case 'json-scalars':
      return sql`jsonb_typeof(${column}) in ('number', 'boolean')`
    case 'json-times':
      return sql`jsonb_typeof(${column}) = 'string' and ${column} #>> '{}' ~ ${TIME}`
    case 'midnights':
      return sql`date_trunc('day', ${column}) = ${column}`
    case 'large-numbers':
      return sql`${column} > 9007199254740992 or ${column} < -9007199254740992`
  }
}

/** One row when the column holds a value of the kind. */
export function findContent(table: PostgresTable, column: Column, content: Content): Sql {
  return standard.findRowWhere(table, contentSql(column, content))
}

/** The value as a number; null for a string that is not a number. */
function numberSql({ name, type }: Column): Sql {
  const column = sql`target.${id(name)}`
  if (type.kind === 'json') {
    return sql`case when jsonb_typeof(${column}) = 'number' then cast(${column} as numeric) end`
  }
  if (type.kind !== 'text') return sql`cast(${column} as numeric)`
  return sql`case when ${column} ~ ${NUMBER} then cast(${column} as numeric) end`
}

function fits(number: Sql, type: ColumnType): Sql {
  if (type.kind === 'integer') {
    return sql`${number} = trunc(${number})
    and ${number} between -9223372036854775808 and 9223372036854775807`
  }
  if (type.kind !== 'decimal') return sql`true`
  const limit = lit(String(10n ** BigInt(type.precision - type.scale)))
  return sql`${number} = trunc(${number}, ${lit(type.scale)})
    and abs(${number}) < cast(${limit} as numeric)`
}

/** The value in the type of `to`; null where that type does not hold it exactly. */
function movedSql(from: Column, to: Column): Sql {
  const column = sql`target.${id(from.name)}`
  if (isNumeric(to.type)) {
    const number = numberSql(from)
    return sql`case
    when ${fits(number, to.type)}
      then cast(${number} as ${typeSql(to.type)})
  end`
  }
  if (from.type.kind === 'date' && to.type.kind === 'timestamp') {
    return sql`cast(${column} as timestamp) at time zone 'UTC'`
  }
  return sql`cast(${column} as ${typeSql(to.type)})`
}

/** One row when `from` holds a value that `moveValues` would move. */
export function findMovable(table: PostgresTable, from: Column, to: Column): Sql {
  return standard.findMovable(table, from, movedSql(from, to))
}

export function moveValues(table: PostgresTable, move: MoveValues): Sql {
  return standard.moveValues(table, move, movedSql(move.from, move.to))
}
