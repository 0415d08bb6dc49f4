/**
 * Converts values into foreign types, exactly or not at all: the result must read back as the same
 * value.
 */

import { id, list, lit, sql, typeName, type Sql } from '../../sql.ts'
import type { ForeignColumn } from '../../../loader/commit-unit.ts'
import { isNumeric } from '../../../loader/schema/types.ts'
import {
  COMMA,
  convertedColumns,
  type TableName,
  type Trial,
  type TriedColumn,
} from '../../standard-sql.ts'
import { textSql, tryCast, typeText } from '../types.ts'

/** Counts the rows of a stage in their order. */
export const ROW_COLUMN = '_sdc_row'

const NUMERIC = /^(?:U?Int\d+|Float\d+|Decimal\(.*)$/
const TIMES = /^DateTime(?:64)?(?:\(.*\))?$/
const DATES = /^Date(?:32)?$/
const DAY_TIMES = /^Time(?:64\(\d\))?$/
/** Nanoseconds end with these days. */
const NANOSECOND_TIMES = /^DateTime64\([789]/
const NANOSECONDS = { first: '1900-01-01', end: '2262-04-11' }
const ENUM_NAME = /'(?:[^'\\]|\\.)*'/gs

/** For two types of times: the value and the result in one type, in which they are compared. */
interface TimeSql {
  tried: Sql
  isSame: (tried: Sql) => Sql
}

function day(text: string): Sql {
  return sql`toDateTime64(${lit(text)}, 6, 'UTC')`
}

function instantSql(value: Sql, base: string): TimeSql {
  const { first, end } = NANOSECONDS
  // Null would not do: the cast also reads what a null hides.
  const bounded = NANOSECOND_TIMES.test(base)
    ? sql`if(${value} >= ${day(first)} and ${value} < ${day(end)}, ${value}, ${day(first)})`
    : value
  return {
    tried: sql`accurateCastOrNull(${bounded}, ${lit(base)})`,
    // A time beyond the range of the type becomes another time.
    isSame: (tried) => sql`toDateTime64(${tried}, 6, 'UTC') = ${value}`,
  }
}

/** A time of day without the zeros at the end of its fraction. */
function dayTimeText(value: Sql): Sql {
  const text = sql`toString(${value})`
  return sql`if(position(${text}, '.') > 0, trimRight(trimRight(${text}, '0'), '.'), ${text})`
}

/** Undefined when one of the types is no time. */
function timeSql(value: Sql, { from, native: { base } }: Trial): TimeSql | undefined {
  if (from.kind === 'timestamp' && TIMES.test(base)) return instantSql(value, base)
  if (from.kind === 'date' && TIMES.test(base)) {
    return instantSql(sql`toDateTime64(${value}, 6, 'UTC')`, base)
  }
  if (from.kind === 'date' && DATES.test(base)) {
    return {
      tried: sql`accurateCastOrNull(${value}, ${lit(base)})`,
      isSame: (made) => sql`toDate32(${made}) = ${value}`,
    }
  }
  if (from.kind === 'time' && DAY_TIMES.test(base)) {
    const text = dayTimeText(value)
    return { tried: tryCast(text, base), isSame: (made) => sql`${dayTimeText(made)} = ${text}` }
  }
  return undefined
}

/** The string that the record had; null for JSON that is neither a string nor a number. */
function inputText(value: Sql, { from, native }: Trial): Sql {
  if (from.kind === 'timestamp') return sql`replace(${textSql(value, from)}, '.000000Z', 'Z')`
  // Without the zeros at the end of a decimal, which an integer would refuse.
  if (from.kind !== 'json') return sql`toString(${value})`
  if (NUMERIC.test(native.base)) {
    return sql`if(position('-0123456789', substring(${value}, 1, 1)) > 0, ${value}, null)`
  }
  return sql`if(startsWith(${value}, '"'), JSONExtractString(assumeNotNull(${value})), null)`
}

function castText(text: Sql, base: string): Sql {
  const tried = tryCast(text, base)
  if (!base.startsWith('Enum')) return tried
  // The cast of a name that the type lacks fails.
  const names = (base.match(ENUM_NAME) ?? []).map((name) => typeName(name))
  return tryCast(sql`if(${text} in (${list(names)}), ${text}, ${names[0] ?? lit('')})`, base)
}

function isSameNumber(tried: Sql, value: Sql, { from, native }: Trial): Sql {
  const isEqual = sql`${tryCast(sql`toString(${tried})`, typeText(from))} = ${value}`
  // A Float32 prints fewer digits than it has.
  return native.base === 'Float32'
    ? sql`${isEqual} and toFloat64(${tried}) = toFloat64(${value})`
    : isEqual
}

function isSameText(tried: Sql, value: Sql, trial: Trial): Sql {
  const text = inputText(value, trial)
  // A string without a zone is another time in the zone of the column.
  const isTime = TIMES.test(trial.native.base)
  const shown = sql`toString(${isTime ? sql`toTimeZone(${tried}, 'UTC')` : tried})`
  // A shorter string is filled up with zeros, which it is printed without.
  const length = /^FixedString\((\d+)\)$/.exec(trial.native.base)?.[1]
  if (length !== undefined) {
    return sql`${shown} = ${text} and length(${text}) = ${lit(Number(length))}`
  }
  return trial.native.base === 'UUID' ? sql`${shown} = lower(${text})` : sql`${shown} = ${text}`
}

/** The value in the foreign type; null where it does not fit. */
export function convertSql(value: Sql, trial: Trial): Sql {
  const time = timeSql(value, trial)
  if (time) return sql`if(${time.isSame(time.tried)}, ${time.tried}, null)`
  const tried = castText(inputText(value, trial), trial.native.base)
  const isSame =
    isNumeric(trial.from) && NUMERIC.test(trial.native.base)
      ? isSameNumber(tried, value, trial)
      : isSameText(tried, value, trial)
  return sql`if(${isSame}, ${tried}, null)`
}

function convertedName(at: number): string {
  return `_sdc_made_${at}`
}

/**
 * The rows of the stage: foreign columns get the values that fit, their variant columns the rest.
 * Of rows with the same foreign keys only the last one stays: the column's type may compare two
 * keys of ours as equal.
 */
export function convertedRows(
  raw: TableName,
  columns: readonly { name: string }[],
  { tried, uniqueBy }: { tried: readonly TriedColumn[]; uniqueBy: readonly string[] },
): Sql {
  const converted = tried.map(({ variant, trial }, at) => {
    return sql`${convertSql(sql`raw.${id(variant.name)}`, trial)} as ${id(convertedName(at))}`
  })
  const kept = convertedColumns(columns, tried, {
    made: (at) => sql`fitted.${id(convertedName(at))}`,
    plain: (value, name) => sql`${value} as ${name}`,
    unfit: (value, made) => sql`if(isNull(${made}), ${value}, null)`,
    first: (values) => sql`coalesce(${list(values)})`,
  })
  const keys = list(uniqueBy.map((name) => id(name)))
  const last =
    uniqueBy.length === 0
      ? sql``
      : sql`\norder by fitted.${id(ROW_COLUMN)} desc\nlimit 1 by ${keys}`
  return sql`select
  ${kept}
from (
  select
    raw.*,
    ${list(converted, COMMA)}
  from ${id(...raw)} as raw
) as fitted${last}`
}

/** The version as a number, from the column or from its variant columns. */
export function versionSql({ name }: ForeignColumn, variants: readonly string[]): Sql {
  const own = sql`toInt64OrNull(toString(${id(name)}))`
  return sql`coalesce(${list([own, ...variants.map((variant) => id(variant))])})`
}
