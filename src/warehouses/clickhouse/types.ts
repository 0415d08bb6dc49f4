/** ClickHouse's types for our columns, and conversions between them. */

import { lit, sql, typeName, type Sql } from '../sql.ts'
import type { ColumnType } from '../../loader/schema/types.ts'
import { JSON_COMMENT } from './dialect.ts'

/** The type that a column wraps in `Nullable`. */
export function typeText(type: ColumnType): string {
  switch (type.kind) {
    case 'boolean':
      return 'Bool'
    case 'integer':
      return 'Int64'
    case 'decimal':
      return `Decimal(${type.precision}, ${type.scale})`
    case 'number':
      return 'Float64'
    case 'date':
      return 'Date32'
    case 'time':
      return 'Time64(6)'
    case 'timestamp':
      return "DateTime64(6, 'UTC')"
    case 'text':
    case 'json':
      return 'String'
  }
}

/** The type of a column in its definition, with the comment that marks JSON. */
export function typeSql(type: ColumnType): Sql {
  const nullable = typeName(`Nullable(${typeText(type)})`)
  return type.kind === 'json' ? sql`${nullable} comment ${lit(JSON_COMMENT)}` : nullable
}

/**
 * The string in the type; null where it does not fit. From other types the conversion wraps, rounds
 * or fails in some cases.
 */
export function tryCast(value: Sql, type: string): Sql {
  return sql`accurateCastOrNull(${value}, ${lit(type)})`
}

/** The value in the type. Throws in the database where it does not fit. */
function cast(value: Sql, type: string): Sql {
  return sql`cast(${value}, ${lit(`Nullable(${type})`)})`
}

/** Times become strings in the form that JSON uses, and decimals keep all digits of their scale. */
export function textSql(value: Sql, from: ColumnType | undefined): Sql {
  if (from?.kind === 'timestamp') {
    return sql`formatDateTime(${value}, '%Y-%m-%dT%H:%i:%S.%fZ', 'UTC')`
  }
  if (from?.kind === 'decimal') return sql`toDecimalString(${value}, ${lit(from.scale)})`
  return sql`toString(${value})`
}

/** The value of a column that changes its type. */
export function convertedSql(value: Sql, from: ColumnType | undefined, to: ColumnType): Sql {
  return to.kind === 'text' ? textSql(value, from) : cast(value, typeText(to))
}

/** A point in time as a value of our timestamps. */
export function microsSql(micros: number): Sql {
  return sql`fromUnixTimestamp64Micro(toInt64(${lit(String(micros))}), 'UTC')`
}
