/** Statements about keys whose type changes: what their columns hold, and how values get from one into another. */

import { id, list, lit, sql, type Sql } from '../sql.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import type { Column, Content, MoveValues } from '../../loader/warehouse.ts'
import { typeSql, type TableName } from './sql.ts'

/** Exponents beyond that are refused by `numeric` anyway. */
const NUMBER = sql`'^-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]{1,5})?$'`
const SCALAR = sql`'^(-?[0-9]+(\\.[0-9]+)?([eE][+-]?[0-9]+)?|true|false)$'`
const TIME = sql`'^([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{2}:[0-9]{2})'`

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

/** One row where the column holds something of the kind. */
export function findContent(table: TableName, column: Column, content: Content): Sql {
  return sql`select 1
from ${id(...table)}
where ${contentSql(column, content)}
limit 1`
}

/** As a number; null where a text is none. */
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

/** The value as one of the other type; null where that does not hold it exactly. */
function movedSql(from: Column, to: Column): Sql {
  const column = sql`target.${id(from.name)}`
  if (['integer', 'decimal', 'number'].includes(to.type.kind)) {
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

function isMovable(from: Column, to: Column): Sql {
  return sql`target.${id(from.name)} is not null
  and ${movedSql(from, to)} is not null`
}

/** One row where there is something to move. */
export function findMovable(table: TableName, from: Column, to: Column): Sql {
  return sql`select 1
from ${id(...table)} as target
where ${isMovable(from, to)}
limit 1`
}

export function moveValues(table: TableName, { from, to, otherKeys }: MoveValues): Sql {
  const others = otherKeys.map(
    (key) => sql`
      and other.${id(key)} is not distinct from target.${id(key)}`,
  )
  return sql`update ${id(...table)} as target
set ${id(to.name)} = ${movedSql(from, to)},
  ${id(from.name)} = null
where ${isMovable(from, to)}
  and target.${id(to.name)} is null
  and not exists (
    select 1
    from ${id(...table)} as other
    where other.${id(to.name)} = ${movedSql(from, to)}${list(others, sql``)}
  )`
}
