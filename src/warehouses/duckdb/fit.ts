/**
 * Values into columns of types that are not ours, exactly or not at all. A value goes in as text, by a cast, and has to come out as the
 * same value; lists, structs and maps go by way of DuckDB's JSON conversion.
 */

import { id, list, sql, typeName, type Sql } from '../sql.ts'
import type { Column, ForeignColumn, NativeType } from '../../loader/warehouse.ts'
import { COMMA, type Trial, type TriedColumn } from '../standard-sql.ts'
import { stageTable, typeSql } from './sql.ts'

const NUMERIC = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*|BIGNUM)$/
const NESTED = /^(?:STRUCT|MAP|UNION|VARIANT)\b|\]$/
const LOCAL_TIME = /^TIMESTAMP(?:_(?:S|MS|NS))?$/

function isArray({ name }: NativeType): boolean {
  return /\[\d+\]$/.test(name)
}

/** A cast of some types throws although it is tried. */
function cast(value: Sql, native: NativeType): Sql {
  return sql`try(try_cast(${value} as ${typeName(native.name)}))`
}

function text(value: Sql): Sql {
  return sql`cast(${value} as varchar)`
}

/** As it stands in JSON. */
function instantText(value: Sql, { name }: NativeType): Sql {
  const local = sql`${value} at time zone 'UTC'`
  if (LOCAL_TIME.test(name)) return text(local)
  return sql`replace(strftime(${local}, '%Y-%m-%dT%H:%M:%S.%fZ'), '.000000Z', 'Z')`
}

function inputText(value: Sql, { from, native }: Trial): Sql {
  return from.kind === 'timestamp' ? instantText(value, native) : text(value)
}

/** The value as JSON text of a list, struct or map; of all else only strings fit, and numbers into numbers. */
function madeOfJson(value: Sql, { native }: Trial): Sql {
  if (NESTED.test(native.name)) return cast(value, native)
  const isNumeric = NUMERIC.test(native.name)
  const wanted = isNumeric
    ? sql`json_type(${value}) in ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE')`
    : sql`json_type(${value}) = 'VARCHAR'`
  return sql`case when ${wanted} then ${cast(sql`(${value} ->> '$')`, native)} end`
}

function made(value: Sql, trial: Trial): Sql {
  const { from, native } = trial
  if (from.kind === 'json') return madeOfJson(value, trial)
  const isNumber = ['integer', 'decimal', 'number'].includes(from.kind)
  // As text, 1e20 would be no integer.
  if (isNumber && NUMERIC.test(native.name) && native.name !== 'BIGNUM') return cast(value, native)
  return cast(inputText(value, trial), native)
}

/** JSON conversion keeps the order of lists, so that only the order of members can differ. */
function isSameJson(shown: Sql, value: Sql): Sql {
  return sql`coalesce(
      length(${shown}) = length(${value})
      and json_contains(${shown}, ${value})
      and json_contains(${value}, ${shown}),
      false
    )`
}

function isSame(tried: Sql, value: Sql, trial: Trial): Sql {
  const { from, native } = trial
  const shown = text(tried)
  if (from.kind === 'json' && NESTED.test(native.name)) {
    return isSameJson(sql`try(to_json(${tried}))`, value)
  }
  if (from.kind === 'json' && NUMERIC.test(native.name)) {
    const number = sql`(${value} ->> '$')`
    return sql`${shown} = ${number} and try_cast(${tried} as double) = try_cast(${number} as double)`
  }
  if (from.kind === 'json') return sql`${shown} = (${value} ->> '$')`
  const isNumber = ['integer', 'decimal', 'number'].includes(from.kind)
  if (isNumber && NUMERIC.test(native.name)) {
    const isEqual = sql`try_cast(${tried} as ${typeSql(from)}) = ${value}`
    // A FLOAT shows fewer digits than it has.
    return native.name === 'FLOAT'
      ? sql`${isEqual} and try_cast(${shown} as double) = try_cast(${value} as double)`
      : isEqual
  }
  const came = inputText(value, trial)
  if (native.name === 'UUID') return sql`${shown} = lower(${came})`
  const also: Record<string, Sql> = {
    date: LOCAL_TIME.test(native.name) ? sql`${came} || ' 00:00:00'` : came,
    time: native.name.startsWith('TIME') ? sql`${came} || '+00'` : came,
  }
  return sql`${shown} in (${came}, ${also[from.kind] ?? came})`
}

function madeName(at: number): string {
  return `_sdc_made_${at}`
}

/** The value in the column's type, or null where it does not fit. */
export function fitSql(value: Sql, trial: Trial): Sql {
  const tried = made(value, trial)
  const fits = isSame(tried, value, trial)
  if (!isArray(trial.native)) return sql`case when ${fits} then ${tried} end`
  // A CASE cannot give an array, so it picks what is cast.
  return made(sql`case when ${fits} then ${value} end`, trial)
}

/** The stage, with the number of each row: foreign columns have what fits, their variants the rest. */
export function createFittedStage(
  names: { stage: string; raw: string },
  columns: readonly Column[],
  tried: readonly TriedColumn[],
): Sql {
  const fits = tried.map(({ variant, trial }, at) => {
    return sql`${fitSql(sql`raw.${id(variant.name)}`, trial)} as ${id(madeName(at))}`
  })
  const positions = new Map(tried.map(({ variant }, at) => [variant.name, at]))
  const kept = columns.map(({ name }) => {
    const at = positions.get(name)
    if (at === undefined) return sql`fitted.${id(name)}`
    return sql`case when fitted.${id(madeName(at))} is null then fitted.${id(name)} end as ${id(name)}`
  })
  const combined = [...new Set(tried.map(({ column }) => column))].map((column) => {
    const parts = tried.flatMap((one, at) =>
      one.column === column ? [sql`fitted.${id(madeName(at))}`] : [],
    )
    const [only] = parts
    const value = parts.length === 1 && only ? only : sql`coalesce(${list(parts)})`
    return sql`${value} as ${id(column)}`
  })
  return sql`create temp table ${id(names.stage)} as
select
  ${list([...kept, ...combined], COMMA)}
from (
  select
    raw.*,
    ${list(fits, COMMA)}
  from ${id(...stageTable(names.raw))} as raw
) as fitted`
}

/** Keys that only the column's type takes for one: the last row stays. */
export function deleteEarlier(stage: string, keys: readonly string[]): Sql {
  return sql`delete from ${id(...stageTable(stage))}
where rowid not in (
  select max(rowid)
  from ${id(...stageTable(stage))}
  group by ${list(keys.map((key) => id(key)))}
)`
}

/** A version as a number, whatever the column's type. */
export function versionSql({ name }: ForeignColumn, variants: readonly string[]): Sql {
  const own = sql`try_cast(${id(name)} as bigint)`
  return sql`coalesce(${list([own, ...variants.map((variant) => id(variant))])})`
}
