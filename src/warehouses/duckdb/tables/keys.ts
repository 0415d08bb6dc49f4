/**
 * Statements for keys whose type changes: what their columns hold, and how values move to another
 * column.
 */

import { id, lit, sql, type Sql } from '../../sql.ts'
import { isNumeric } from '../../../loader/schema/types.ts'
import type { Content } from '../../../loader/warehouse.ts'
import type { Column, MoveValues } from '../../../loader/commit-unit.ts'
import { numberPattern, SCALAR_PATTERN, TIME_PATTERN } from '../../content-patterns.ts'
import * as standard from '../../standard-sql.ts'
import { typeSql, type DuckdbTable } from '../sql.ts'

const TIME = lit(TIME_PATTERN)
const NUMBER = lit(numberPattern())
const SCALAR = lit(SCALAR_PATTERN)

function contentSql({ name, type }: Column, content: Content): Sql {
  const column = id(name)
  switch (content) {
    case 'anything':
      return sql`${column} is not null`
    case 'scalars':
      return type.kind === 'json'
        ? sql`json_type(${column}) = 'VARCHAR' and regexp_full_match(${column} ->> '$', ${SCALAR})`
        : sql`regexp_full_match(${column}, ${SCALAR})`
    case 'odd-numbers':
      return sql`regexp_full_match(${column}, ${NUMBER}) and regexp_matches(${column}, '[.eE]')`
    case 'json-strings':
      return sql`json_type(${column}) = 'VARCHAR'`
    case 'json-scalars':
      return sql`json_type(${column}) not in ('VARCHAR', 'OBJECT', 'ARRAY', 'NULL')`
    case 'json-times':
      return sql`json_type(${column}) = 'VARCHAR' and regexp_matches(${column} ->> '$', ${TIME})`
    case 'midnights':
      return sql`date_trunc('day', ${column}) = ${column}`
    case 'large-numbers':
      return sql`${column} > 9007199254740992 or ${column} < -9007199254740992`
  }
}

/** One row when the column holds a value of the kind. */
export function findContent(table: DuckdbTable, column: Column, content: Content): Sql {
  return standard.findRowWhere(table, contentSql(column, content))
}

/** The value in the type of `to`; null where that type does not hold it exactly. */
function movedSql(from: Column, to: Column): Sql {
  const column = sql`target.${id(from.name)}`
  const moved = sql`try_cast(${column} as ${typeSql(to.type)})`
  if (!isNumeric(to.type)) return moved
  if (isNumeric(from.type)) {
    return sql`case when try_cast(${moved} as ${typeSql(from.type)}) = ${column} then ${moved} end`
  }
  // A cast would round digits beyond the scale of the column.
  const scale = to.type.kind === 'decimal' ? to.type.scale : 0
  const exact = lit(`-?[0-9]+(\\.[0-9]{0,${scale}}0*)?`)
  const text = sql`cast(${column} as varchar)`
  return sql`case
    when regexp_full_match(${text}, ${exact}) then try_cast(${text} as ${typeSql(to.type)})
    when regexp_full_match(${text}, ${NUMBER}) and regexp_matches(${text}, '[eE]')
      and try_cast(try_cast(${text} as ${typeSql(to.type)}) as double) = try_cast(${text} as double)
      then try_cast(${text} as ${typeSql(to.type)})
  end`
}

/** One row when `from` holds a value that `moveValues` would move. */
export function findMovable(table: DuckdbTable, from: Column, to: Column): Sql {
  return standard.findMovable(table, from, movedSql(from, to))
}

export function moveValues(table: DuckdbTable, move: MoveValues): Sql {
  return standard.moveValues(table, move, movedSql(move.from, move.to))
}
