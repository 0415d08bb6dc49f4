/**
 * Converts values into foreign types, exactly or not at all. A value is read from a string by the
 * type's own input, and the result must read back as the same value. Arrays and objects go through
 * the server's JSON conversion.
 */

import { id, lit, list, render, sql, STANDARD_STYLE, typeName, type Sql } from '../../sql.ts'
import type { Column, ForeignColumn } from '../../../loader/commit-unit.ts'
import { isNumeric } from '../../../loader/schema/types.ts'
import { COMMA, convertedColumns, type Trial, type TriedColumn } from '../../standard-sql.ts'
import { STAGE, timeTextSql, typeSql, type PostgresTable } from '../sql.ts'

/** The stage of rows whose values are not converted yet. */
export const RAW: PostgresTable = ['pg_temp', '_sdc_raw']

const NUMBER = '^-?[0-9]+([.][0-9]+)?(e[-+]?[0-9]+)?$'
const SAFE_VERSION = '^-?[0-9]{1,18}([.][0-9]+)?$'
/** Classes of SQLSTATE, and SQLSTATEs, of failures of the server rather than of the value. */
const SERVER_CLASSES = ['08', '25', '40', '53', '55', '57', '58'] as const
const SERVER_STATES = ['XX001', 'XX002'] as const

/** The digits without trailing zeros, which the input of an integer would refuse. */
function numberText(value: Sql): Sql {
  const text = sql`cast(${value} as text)`
  return sql`case when strpos(${text}, '.') > 0 then rtrim(rtrim(${text}, '0'), '.') else ${text} end`
}

function isTimeBase(base: string): boolean {
  return /^(?:date$|time(?:stamp)?(?:\(\d+\))? )/.test(base)
}

/** The string that the record had. */
function instantText(value: Sql, base: string): Sql {
  if (/^timestamp(?:\(\d+\))? without time zone$/.test(base)) {
    return sql`cast(${value} at time zone 'UTC' as text)`
  }
  if (isTimeBase(base)) return sql`cast(${value} as text)`
  return sql`replace(${timeTextSql(value)}, '.000000Z', 'Z')`
}

function inputText(value: Sql, { from, native }: Trial): Sql {
  if (from.kind === 'timestamp') return instantText(value, native.base)
  const isFraction = from.kind === 'decimal' || from.kind === 'number'
  return isFraction ? numberText(value) : sql`cast(${value} as text)`
}

/**
 * The value in the foreign type without its domains. The inner cast has checked their constraints.
 */
function castSql(value: Sql, trial: Trial): Sql {
  const { native, from } = trial
  const base = typeName(native.base)
  if (from.kind === 'json') {
    return sql`(
      select cast(made.value as ${base})
      from jsonb_to_record(jsonb_build_object('value', ${value})) as made (value ${typeName(native.name)})
    )`
  }
  return sql`cast(cast(${inputText(value, trial)} as ${typeName(native.name)}) as ${base})`
}

function isSameNumber(made: Sql, value: Sql, base: string): Sql {
  if (base === 'money') return sql`cast(${made} as numeric) = ${value}`
  return sql`case
      when format('%s', ${made}) ~ ${lit(NUMBER)} then cast(format('%s', ${made}) as numeric) = ${value}
      else false
    end`
}

function isSame(made: Sql, value: Sql, trial: Trial): Sql {
  const { from, native, isKey } = trial
  if (from.kind === 'json') return sql`to_jsonb(${made}) = ${value}`
  if (isNumeric(from)) {
    return isSameNumber(made, value, native.base)
  }
  const shown = sql`format('%s', ${made}) collate "C"`
  const text = sql`${inputText(value, trial)} collate "C"`
  if (native.base === 'uuid') return sql`${shown} = lower(${text})`
  if (isKey && /^character(?:\(\d+\))?$/.test(native.base)) {
    return sql`rtrim(${shown}, ' ') = rtrim(${text}, ' ')`
  }
  const also: Record<string, Sql> = {
    boolean: native.base === 'boolean' ? sql`left(${text}, 1)` : text,
    date: native.base.startsWith('timestamp') ? sql`${text} || ' 00:00:00'` : text,
    time: native.base.startsWith('time') ? sql`${text} || '+00'` : text,
  }
  return sql`${shown} in (${text}, ${also[from.kind] ?? text})`
}

/**
 * The value in the foreign type; null where it does not fit. Fails where the type's input fails.
 */
export function convertSql(value: Sql, trial: Trial): Sql {
  return sql`case when ${value} is not null then (
  select case when ${isSame(sql`tried.value`, value, trial)} then tried.value end
  from (
    select ${castSql(value, trial)} as value
    offset 0
  ) as tried
) end`
}

/** The name of the column with the converted values. */
function convertedName(at: number): string {
  return `_sdc_fit_${at}`
}

function functionName(at: number): Sql {
  return id('pg_temp', convertedName(at))
}

/**
 * Creates a function that returns the converted value, or null where the type's input refuses it.
 */
export function createConverter({ trial }: TriedColumn, at: number): Sql {
  const body = sql`begin
  return ${convertSql(sql`$1`, trial)};
exception when others then
  if left(sqlstate, 2) in (${list(SERVER_CLASSES.map((state) => lit(state)))})
    or sqlstate in (${list(SERVER_STATES.map((state) => lit(state)))}) then raise; end if;
  return null;
end`
  const { text } = render(body, STANDARD_STYLE)
  return sql`create function ${functionName(at)}(${typeSql(trial.from)})
returns ${typeName(trial.native.base)}
language plpgsql
as ${lit(text)}`
}

export function dropConverter({ trial }: TriedColumn, at: number): Sql {
  return sql`drop function ${functionName(at)}(${typeSql(trial.from)})`
}

/** Converts one value at a time, after the server refused a whole batch. */
function callConverter({ trial }: TriedColumn, value: Sql, at: number): Sql {
  return sql`cast(${functionName(at)}(${value}) as ${typeName(trial.native.base)})`
}

export interface StageOptions {
  columns: readonly Column[]
  tried: readonly TriedColumn[]
  /** True to convert each value by itself. */
  isOneByOne: boolean
}

/**
 * Creates the stage in the order of the raw rows: foreign columns get the values that fit, their
 * variant columns the rest. `is null` would be true for a row value of nulls, so the statement uses
 * `is not distinct`.
 */
export function createConvertedStage({ columns, tried, isOneByOne }: StageOptions): Sql {
  const converted = tried.map((one, at) => {
    const value = sql`raw.${id(one.variant.name)}`
    const fit = isOneByOne ? callConverter(one, value, at) : convertSql(value, one.trial)
    return sql`${fit} as ${id(convertedName(at))}`
  })
  const kept = convertedColumns(columns, tried, {
    made: (at) => sql`fitted.${id(convertedName(at))}`,
    plain: (value) => value,
    unfit: (value, made) => sql`case when ${made} is not distinct from null then ${value} end`,
    first: (values) => sql`coalesce(${list(values)})`,
  })
  return sql`create temp table ${id(STAGE[1])} on commit drop as
select
  ${kept}
from (
  select
    raw.*,
    ${list(converted, COMMA)}
  from ${id(...RAW)} as raw
  offset 0
) as fitted`
}

/** Keeps the last row of each key: the column's type may compare two keys of ours as equal. */
export function deleteEarlier(keys: readonly string[]): Sql {
  return sql`delete from ${id(...STAGE)}
where ctid = any (array(
  select ctid
  from (
    select
      ctid,
      row_number() over (
        partition by ${list(keys.map((key) => id(key)))}
        order by ctid desc
      ) as place
    from ${id(...STAGE)}
  ) as placed
  where place > 1
))`
}

/** The version as a number, from the column or from its variant columns. */
export function versionSql({ name }: ForeignColumn, variants: readonly string[]): Sql {
  const text = sql`format('%s', ${id(name)})`
  const own = sql`case when ${text} ~ ${lit(SAFE_VERSION)} then cast(${text} as numeric) end`
  return sql`coalesce(${list([own, ...variants.map((variant) => id(variant))])})`
}
