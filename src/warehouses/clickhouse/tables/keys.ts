/**
 * Statements for keys whose type changes: what their columns hold, and how values move to another
 * column.
 */

import { id, list, lit, sql, type Sql } from '../../sql.ts'
import { isNumeric, type ColumnType } from '../../../loader/schema/types.ts'
import type { Content } from '../../../loader/warehouse.ts'
import type { Column, MoveValues } from '../../../loader/commit-unit.ts'
import { numberPattern, SCALAR_PATTERN, TIME_PATTERN } from '../../content-patterns.ts'
import * as standard from '../../standard-sql.ts'
import type { TableName } from '../../standard-sql.ts'
import { textSql, tryCast, typeText } from '../types.ts'
import type { Rewritten } from '../commit/working-copies.ts'

const TIME = lit(TIME_PATTERN)
const NUMBER = lit(`^${numberPattern()}$`)
const SCALAR = lit(`^(${SCALAR_PATTERN})$`)
const INT64_LIMIT = 9_223_372_036_854_775_807n
/** From here on, a double does not hold every integer. */
const DOUBLE_LIMIT = 9_007_199_254_740_992
/** The widest decimal, with enough digits before the decimal point for every scale of ours. */
const WIDEST_DIGITS = 76

/** True for JSON whose first character is among these. */
function beginsWith(column: Sql, characters: string): Sql {
  return sql`position(${lit(characters)}, substring(trimLeft(${column}), 1, 1)) > 0`
}

function jsonText(column: Sql): Sql {
  return sql`JSONExtractString(assumeNotNull(${column}))`
}

function contentSql({ name, type }: Column, content: Content): Sql {
  const column = id(name)
  const isString = beginsWith(column, '"')
  switch (content) {
    case 'anything':
      return sql`${column} is not null`
    case 'scalars':
      return type.kind === 'json'
        ? sql`${isString} and match(${jsonText(column)}, ${SCALAR})`
        : sql`match(${column}, ${SCALAR})`
    case 'odd-numbers':
      return sql`match(${column}, ${NUMBER}) and match(${column}, '[.eE]')`
    case 'json-strings':
      return isString
    case 'json-scalars':
      return beginsWith(column, '-0123456789tf')
    case 'json-times':
      return sql`${isString} and match(${jsonText(column)}, ${TIME})`
    case 'midnights':
      return sql`toUnixTimestamp64Micro(assumeNotNull(${column})) % 86400000000 = 0 and ${column} is not null`
    case 'large-numbers':
      return sql`${column} > ${lit(DOUBLE_LIMIT)} or ${column} < ${lit(-DOUBLE_LIMIT)}`
  }
}

/** One row when the column holds a value of the kind. */
export function findContent(table: TableName, column: Column, content: Content): Sql {
  return standard.findRowWhere(table, contentSql(column, content))
}

/** The number in the type; null where it does not fit. The text has only digits of the scale. */
function parsedSql(text: Sql, type: ColumnType): Sql {
  const scale = type.kind === 'decimal' ? type.scale : 0
  const number = sql`toDecimal256OrNull(${text}, ${lit(scale)})`
  if (type.kind !== 'integer') return tryCast(sql`toString(${number})`, typeText(type))
  const limit = sql`toInt256(${lit(String(INT64_LIMIT))})`
  return sql`if(${number} <= ${limit} and ${number} >= -${limit} - 1, toInt64(${number}), null)`
}

/** The value in the type of `to`; null where that type does not hold it exactly. */
function movedSql(from: Column, to: Column): Sql {
  const column = sql`target.${id(from.name)}`
  const toType = typeText(to.type)
  if (!isNumeric(to.type)) {
    if (to.type.kind === 'text') return textSql(column, from.type)
    return sql`accurateCastOrNull(${column}, ${lit(toType)})`
  }
  if (isNumeric(from.type)) {
    const moved = tryCast(sql`toString(${column})`, toType)
    const back = tryCast(sql`toString(${moved})`, typeText(from.type))
    return sql`if(${back} = ${column}, ${moved}, null)`
  }
  const scale = to.type.kind === 'decimal' ? to.type.scale : 0
  const digits = WIDEST_DIGITS - scale
  const exact = lit(String.raw`^-?[0-9]{1,${digits}}(\.[0-9]{0,${scale}}0*)?$`)
  const parsed = parsedSql(column, to.type)
  const near = sql`toFloat64OrNull(${column})`
  const isPlain = sql`match(${column}, ${exact})`
  const isScientific = sql`match(${column}, ${NUMBER}) and match(${column}, '[eE]')`
  const rounded = tryCast(sql`toString(${near})`, toType)
  return sql`multiIf(
    ${isPlain}, ${parsed},
    ${isScientific} and toFloat64(${rounded}) = ${near}, ${rounded},
    null
  )`
}

/** One row when `from` holds a value that a move would move. */
export function findMovable(table: TableName, from: Column, to: Column): Sql {
  return standard.findMovable(table, from, movedSql(from, to))
}

/** A value as one text, null included. */
function comparable(value: Sql): Sql[] {
  return [sql`isNull(${value})`, sql`ifNull(toString(${value}), '')`]
}

/**
 * The columns of a move, as a rewrite of the table takes them. A row is left alone if another row
 * has the resulting key.
 */
export function movedColumns(
  table: TableName,
  { from, to, otherKeys }: MoveValues,
): Map<string, Rewritten> {
  const moved = movedSql(from, to)
  const key = (alias: string, value: Sql) => [
    sql`toString(${value})`,
    ...otherKeys.flatMap((name) => comparable(sql`${id(alias)}.${id(name)}`)),
  ]
  const found = sql`(
    select ${list(key('other', sql`assumeNotNull(other.${id(to.name)})`))}
    from ${id(...table)} as other
    where other.${id(to.name)} is not null
  )`
  const isMoved = sql`target.${id(from.name)} is not null
  and target.${id(to.name)} is null
  and ${moved} is not null
  and (${list(key('target', sql`assumeNotNull(${moved})`))}) not in ${found}`
  return new Map([
    [to.name, { value: sql`if(${isMoved}, ${moved}, target.${id(to.name)})` }],
    [from.name, { value: sql`if(${isMoved}, null, target.${id(from.name)})` }],
  ])
}
