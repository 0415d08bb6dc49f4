/**
 * Values into columns of types that are not ours, exactly or not at all. A value goes in as text, by the type's own input, and has to
 * come out of it as the same value; arrays and objects go by way of the server's JSON conversion.
 */

import { id, lit, list, render, sql, STANDARD_STYLE, typeName, type Sql } from '../sql.ts'
import type { Column, ForeignColumn } from '../../loader/warehouse.ts'
import { COMMA, type Trial, type TriedColumn } from '../standard-sql.ts'
import { STAGE, timeTextSql, typeSql, type PostgresTable } from './sql.ts'

/** Rows as they came, before foreign columns are tried. */
export const RAW: PostgresTable = ['pg_temp', '_sdc_raw']

const NUMBER = '^-?[0-9]+([.][0-9]+)?(e[-+]?[0-9]+)?$'
const SAFE_VERSION = '^-?[0-9]{1,18}([.][0-9]+)?$'
/** Classes of SQLSTATE, and states, that say nothing of the value: the server and what is around it. */
const TROUBLE = ['08', '25', '40', '53', '55', '57', '58'] as const
const DAMAGE = ['XX001', 'XX002'] as const

/** Digits without needless zeros, which an integer's input would refuse. */
function numberText(value: Sql): Sql {
  const text = sql`cast(${value} as text)`
  return sql`case when strpos(${text}, '.') > 0 then rtrim(rtrim(${text}, '0'), '.') else ${text} end`
}

function isTimeBase(base: string): boolean {
  return /^(?:date$|time(?:stamp)?(?:\(\d+\))? )/.test(base)
}

/** As it stands in JSON. */
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

/** The value in the column's type without its domains, which have checked it by then. */
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
  if (['integer', 'decimal', 'number'].includes(from.kind)) {
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

/** The value in the column's type, or null where it does not fit. Throws where the type's input does. */
export function fitSql(value: Sql, trial: Trial): Sql {
  return sql`case when ${value} is not null then (
  select case when ${isSame(sql`tried.value`, value, trial)} then tried.value end
  from (
    select ${castSql(value, trial)} as value
    offset 0
  ) as tried
) end`
}

/** Of the column with the tried values. */
function fitName(at: number): string {
  return `_sdc_fit_${at}`
}

function functionName(at: number): Sql {
  return id('pg_temp', fitName(at))
}

/** A function that gives the fitting value, or null where the type's input refuses it. */
export function createFit({ trial }: TriedColumn, at: number): Sql {
  const body = sql`begin
  return ${fitSql(sql`$1`, trial)};
exception when others then
  if left(sqlstate, 2) in (${list(TROUBLE.map((state) => lit(state)))})
    or sqlstate in (${list(DAMAGE.map((state) => lit(state)))}) then raise; end if;
  return null;
end`
  const { text } = render(body, STANDARD_STYLE)
  return sql`create function ${functionName(at)}(${typeSql(trial.from)})
returns ${typeName(trial.native.base)}
language plpgsql
as ${lit(text)}`
}

export function dropFit({ trial }: TriedColumn, at: number): Sql {
  return sql`drop function ${functionName(at)}(${typeSql(trial.from)})`
}

/** Each value by itself, where a whole batch was refused. */
function fitByFunction({ trial }: TriedColumn, value: Sql, at: number): Sql {
  return sql`cast(${functionName(at)}(${value}) as ${typeName(trial.native.base)})`
}

export interface StageOptions {
  columns: readonly Column[]
  tried: readonly TriedColumn[]
  /** True to try each value by itself. */
  oneByOne: boolean
}

/**
 * The stage, in the order in which the rows came: foreign columns have what fits, their variants the rest. A row of nulls is no null, as
 * \`is null\` would have it.
 */
export function createFittedStage({ columns, tried, oneByOne }: StageOptions): Sql {
  const fits = tried.map((one, at) => {
    const value = sql`raw.${id(one.variant.name)}`
    const fit = oneByOne ? fitByFunction(one, value, at) : fitSql(value, one.trial)
    return sql`${fit} as ${id(fitName(at))}`
  })
  const positions = new Map(tried.map(({ variant }, at) => [variant.name, at]))
  const kept = columns.map(({ name }) => {
    const at = positions.get(name)
    if (at === undefined) return sql`fitted.${id(name)}`
    return sql`case when fitted.${id(fitName(at))} is not distinct from null then fitted.${id(name)} end as ${id(name)}`
  })
  const made = [...new Set(tried.map(({ column }) => column))].map((column) => {
    const parts = tried.flatMap((one, at) =>
      one.column === column ? [sql`fitted.${id(fitName(at))}`] : [],
    )
    return sql`coalesce(${list(parts)}) as ${id(column)}`
  })
  return sql`create temp table ${id(STAGE[1])} on commit drop as
select
  ${list([...kept, ...made], COMMA)}
from (
  select
    raw.*,
    ${list(fits, COMMA)}
  from ${id(...RAW)} as raw
  offset 0
) as fitted`
}

/** Keys that only the column's type takes for one: the last row stays. */
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

/** Those of the columns that the table has. */
export function findColumns(table: PostgresTable, columns: readonly string[]): Sql {
  return sql`select attname
from pg_attribute
where attrelid = cast(${lit(table.map((name) => `"${name.replaceAll('"', '""')}"`).join('.'))} as regclass)
  and not attisdropped
  and attname in (${list(columns.map((name) => lit(name)))})`
}

/** A version as a number, whatever the column's type. */
export function versionSql({ name }: ForeignColumn, variants: readonly string[]): Sql {
  const text = sql`format('%s', ${id(name)})`
  const own = sql`case when ${text} ~ ${lit(SAFE_VERSION)} then cast(${text} as numeric) end`
  return sql`coalesce(${list([own, ...variants.map((variant) => id(variant))])})`
}
