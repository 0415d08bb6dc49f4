/**
 * Converts values into foreign types, exactly or not at all: the result must read back as the same
 * value.
 */

import { id, list, lit, sql, typeName, type Sql } from '../../sql.ts'
import type { ForeignColumn } from '../../../loader/commit-unit.ts'
import { COMMA, type TableName, type Trial, type TriedColumn } from '../../standard-sql.ts'
import { textSql, tryCast, typeText } from '../types.ts'

/** Counts the rows of a stage in their order. */
export const ROW_COLUMN = '_sdc_row'

const NUMERIC = /^(?:U?Int\d+|B?Float\d+|Decimal\(.*)$/
const TIMES: Partial<Record<Trial['from']['kind'], RegExp>> = {
  date: /^(?:Date|Date32|DateTime(?:64)?(?:\(.*\))?)$/,
  time: /^Time(?:64\(\d\))?$/,
  timestamp: /^DateTime(?:64)?(?:\(.*\))?$/,
}
const ROUNDS = /^(?:B?Float(?:16|32))$/
const ENUM_NAME = /'(?:[^'\\]|\\.)*'/gs

function isNumeric({ from }: Trial): boolean {
  return ['integer', 'decimal', 'number'].includes(from.kind)
}

/** Whether ClickHouse itself converts between the two types, and not from a string. */
function isCastable(trial: Trial): boolean {
  const { from, native } = trial
  if (isNumeric(trial)) return NUMERIC.test(native.base)
  return TIMES[from.kind]?.test(native.base) === true
}

/** The string that the record had; null for JSON that is neither a string nor a number. */
function inputText(value: Sql, { from, native }: Trial): Sql {
  if (from.kind === 'timestamp') return sql`replace(${textSql(value, from)}, '.000000Z', 'Z')`
  if (from.kind !== 'json') return textSql(value, from)
  if (NUMERIC.test(native.base)) {
    return sql`if(position('-0123456789', substring(${value}, 1, 1)) > 0, ${value}, null)`
  }
  return sql`if(startsWith(${value}, '"'), JSONExtractString(assumeNotNull(${value})), null)`
}

function castText(text: Sql, base: string): Sql {
  const tried = tryCast(text, base)
  if (!base.startsWith('Enum')) return tried
  // The cast of a name that the type lacks fails.
  const names = list((base.match(ENUM_NAME) ?? []).map((name) => typeName(name)))
  return sql`if(${text} in (${names}), ${tried}, null)`
}

function castTrial(value: Sql, trial: Trial): Sql {
  const { base } = trial.native
  return isCastable(trial) ? tryCast(value, base) : castText(inputText(value, trial), base)
}

function isSame(tried: Sql, value: Sql, trial: Trial): Sql {
  const { from, native } = trial
  if (isCastable(trial)) {
    const isEqual = sql`${tryCast(tried, typeText(from))} = ${value}`
    return ROUNDS.test(native.base)
      ? sql`${isEqual} and toFloat64OrNull(toString(${tried})) = toFloat64(${value})`
      : isEqual
  }
  const text = inputText(value, trial)
  const shown = sql`toString(${tried})`
  return native.base === 'UUID' ? sql`${shown} = lower(${text})` : sql`${shown} = ${text}`
}

/** The value in the foreign type; null where it does not fit. */
export function convertSql(value: Sql, trial: Trial): Sql {
  const tried = castTrial(value, trial)
  return sql`if(${isSame(tried, value, trial)}, ${tried}, null)`
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
  const positions = new Map(tried.map(({ variant }, at) => [variant.name, at]))
  const kept = columns.map(({ name }) => {
    const at = positions.get(name)
    if (at === undefined) return sql`fitted.${id(name)} as ${id(name)}`
    return sql`if(isNull(fitted.${id(convertedName(at))}), fitted.${id(name)}, null) as ${id(name)}`
  })
  const combined = [...new Set(tried.map(({ column }) => column))].map((column) => {
    const parts = tried.flatMap((one, at) =>
      one.column === column ? [sql`fitted.${id(convertedName(at))}`] : [],
    )
    return sql`coalesce(${list(parts)}) as ${id(column)}`
  })
  const keys = list(uniqueBy.map((name) => id(name)))
  const last =
    uniqueBy.length === 0 ? sql`` : sql`\norder by fitted.${id(ROW_COLUMN)} desc\nlimit 1 by ${keys}`
  return sql`select
  ${list([...kept, ...combined], COMMA)}
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

/** A point in time as a value of our timestamps. */
export function microsSql(micros: number): Sql {
  return sql`fromUnixTimestamp64Micro(toInt64(${lit(String(micros))}), 'UTC')`
}
