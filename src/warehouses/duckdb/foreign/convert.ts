/**
 * Converts values into foreign types, exactly or not at all. A value is cast from a string, and the
 * result must read back as the same value. Lists, structs and maps go through DuckDB's JSON
 * conversion.
 */

import { id, list, sql, typeName, type Sql } from '../../sql.ts'
import type { Column, ForeignColumn, NativeType } from '../../../loader/commit-unit.ts'
import { isNumeric } from '../../../loader/schema/types.ts'
import { COMMA, convertedColumns, type Trial, type TriedColumn } from '../../standard-sql.ts'
import { stageTable, typeSql } from '../sql.ts'

const NUMERIC = /^(?:U?(?:TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|DECIMAL\(.*|BIGNUM)$/
const NESTED = /^(?:STRUCT|MAP|UNION|VARIANT)\b|\]$/
const LOCAL_TIME = /^TIMESTAMP(?:_(?:S|MS|NS))?$/

function isArray({ name }: NativeType): boolean {
  return /\[\d+\]$/.test(name)
}

/** Null when the cast fails. `try_cast` alone throws for some types. */
function cast(value: Sql, { name, storedAs }: NativeType): Sql {
  const type = typeName(name)
  const tried = sql`try(try_cast(${value} as ${type}))`
  if (storedAs === 'double') return sql`try(try_cast(try_cast(${tried} as double) as ${type}))`
  if (storedAs === 'milliseconds') return sql`date_trunc('milliseconds', ${tried})`
  return storedAs === 'nothing' ? sql`cast(null as ${type})` : tried
}

function text(value: Sql): Sql {
  return sql`cast(${value} as varchar)`
}

/** The string that the record had. */
function instantText(value: Sql, { name }: NativeType): Sql {
  const local = sql`${value} at time zone 'UTC'`
  if (LOCAL_TIME.test(name)) return text(local)
  return sql`replace(strftime(${local}, '%Y-%m-%dT%H:%M:%S.%fZ'), '.000000Z', 'Z')`
}

function inputText(value: Sql, { from, native }: Trial): Sql {
  return from.kind === 'timestamp' ? instantText(value, native) : text(value)
}

/**
 * JSON converts into lists, structs and maps. Into other types only a string does, or a number into
 * a number.
 */
function castJson(value: Sql, { native }: Trial): Sql {
  if (NESTED.test(native.name)) return cast(value, native)
  const wanted = NUMERIC.test(native.name)
    ? sql`json_type(${value}) in ('BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE')`
    : sql`json_type(${value}) = 'VARCHAR'`
  return sql`case when ${wanted} then ${cast(sql`(${value} ->> '$')`, native)} end`
}

function castTrial(value: Sql, trial: Trial): Sql {
  const { from, native } = trial
  if (from.kind === 'json') return castJson(value, trial)
  // From a string, 1e20 would not be an integer.
  if (isNumeric(from) && NUMERIC.test(native.name) && native.name !== 'BIGNUM')
    return cast(value, native)
  return cast(inputText(value, trial), native)
}

/** The conversion keeps the order of lists; only the order of object members may differ. */
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
  if (isNumeric(from) && NUMERIC.test(native.name)) {
    const isEqual = sql`try_cast(${tried} as ${typeSql(from)}) = ${value}`
    // A FLOAT prints fewer digits than it has.
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

function convertedName(at: number): string {
  return `_sdc_made_${at}`
}

/** The value in the foreign type; null where it does not fit. */
export function convertSql(value: Sql, trial: Trial): Sql {
  const tried = castTrial(value, trial)
  const fits = isSame(tried, value, trial)
  if (!isArray(trial.native)) return sql`case when ${fits} then ${tried} end`
  // A CASE cannot return an array, so the CASE chooses the value that is cast.
  return castTrial(sql`case when ${fits} then ${value} end`, trial)
}

/**
 * Creates the stage from the raw rows: foreign columns get the values that fit, their variant
 * columns the rest.
 */
export function createConvertedStage(
  names: { stage: string; raw: string },
  columns: readonly Column[],
  tried: readonly TriedColumn[],
): Sql {
  const converted = tried.map(({ variant, trial }, at) => {
    return sql`${convertSql(sql`raw.${id(variant.name)}`, trial)} as ${id(convertedName(at))}`
  })
  const kept = convertedColumns(columns, tried, {
    made: (at) => sql`fitted.${id(convertedName(at))}`,
    plain: (value) => value,
    unfit: (value, made) => sql`case when ${made} is null then ${value} end`,
    first: (values) => {
      const [only] = values
      return values.length === 1 && only ? only : sql`coalesce(${list(values)})`
    },
  })
  return sql`create temp table ${id(names.stage)} as
select
  ${kept}
from (
  select
    raw.*,
    ${list(converted, COMMA)}
  from ${id(...stageTable(names.raw))} as raw
) as fitted`
}

/** Keeps the last row of each key: the column's type may compare two keys of ours as equal. */
export function deleteEarlier(stage: string, keys: readonly string[]): Sql {
  return sql`delete from ${id(...stageTable(stage))}
where rowid not in (
  select max(rowid)
  from ${id(...stageTable(stage))}
  group by ${list(keys.map((key) => id(key)))}
)`
}

/** The version as a number, from the column or from its variant columns. */
export function versionSql({ name }: ForeignColumn, variants: readonly string[]): Sql {
  const own = sql`try_cast(${id(name)} as bigint)`
  return sql`coalesce(${list([own, ...variants.map((variant) => id(variant))])})`
}
