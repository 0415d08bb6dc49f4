/** Lists the column types of PostgreSQL from its catalog, with sample values where possible. */

import type { ShownCell } from './type-samples.ts'
import { OLD_TEXTS } from './type-samples.ts'
import { parseJson } from '../../../src/singer/json.ts'
import type { TypeSample } from './warehouses.ts'

type Query = (statement: string) => Promise<(string | null)[][]>

const CUSTOM_TYPES = `
create type mood as enum ('5', 'abc', 'true', 'old');
create domain short_text as varchar(3);
create domain deep_text as short_text check (value <> 'A');
create domain free_text as text;
create domain positive as integer check (value > 0);
create domain amount as numeric(5, 2);
create domain document as jsonb check (jsonb_typeof(value) <> 'boolean');
create domain label as mood;
create domain tags as text[] check (array_length(value, 1) < 2);
create domain flag as boolean;
create domain moment as timestamp(0);
create type pair as (a integer, b text);
create type single as (a integer);
create type texts as range (subtype = text);
`

const SAMPLES = `varchar(3),varchar(50),char(3),char(100),numeric(5,2),numeric(38,10),numeric(3,3),timestamp(0),timestamp(3),timestamptz(0),time(0),timetz(0),
interval(0),interval day,bit(3),varbit(5),mood,short_text,deep_text,free_text,positive,amount,document,label,tags,flag,moment,pair,single,texts,
text[],varchar(3)[],integer[],bigint[],float8[],numeric[],boolean[],jsonb[],pair[],mood[],timestamptz[],text[][]`

/** Returns the first of the strings that the type accepts, as an SQL expression. */
const OLD_OF = `
create or replace function pg_temp.old_of(type text, texts text[]) returns text language plpgsql as $$
declare one text;
begin
  foreach one in array texts loop
    begin
      execute format('create temp table tried (c %s default cast(%L as %s))', type, one, type);
      execute 'insert into tried values (default)';
      drop table tried;
      return format('cast(%L as %s)', one, type);
    exception when others then
      if to_regclass('pg_temp.tried') is not null then drop table tried; end if;
    end;
  end loop;
  begin
    execute format('create temp table tried (c %s)', type);
    drop table tried;
    return '';
  exception when others then
    return null;
  end;
end $$;`

export async function postgresTypes(schema: string, query: Query): Promise<TypeSample[]> {
  const extensions = await query(
    `select name from pg_available_extensions where name in ('citext', 'hstore', 'ltree') order by 1`,
  )
  for (const [name] of extensions) {
    await query(`create extension if not exists ${name} schema public`)
  }
  await query(`set search_path = ${schema}; ${CUSTOM_TYPES} ${OLD_OF}`)
  const found = await query(`select format_type(type.oid, null)
    from pg_type as type
    join pg_namespace as namespace on namespace.oid = type.typnamespace
    where (nspname = 'pg_catalog' or type.oid in (
        select objid from pg_depend where deptype = 'e' and classid = 'pg_type'::regclass))
      and typtype in ('b', 'r', 'm') and typcategory <> 'A' and typisdefined
    order by 1`)
  const texts = OLD_TEXTS.map((text) => `'${text.replaceAll("'", "''")}'`).join(', ')
  const names = [...found.map(([name]) => String(name)), ...SAMPLES.split(/,\n?(?!\d)/)]
  const types: TypeSample[] = []
  for (const type of names) {
    const [row] = await query(
      `select pg_temp.old_of('${type.replaceAll("'", "''")}', array[${texts}])`,
    )
    const old = row?.[0] ?? undefined
    if (old !== undefined) types.push({ type, old: old === '' ? undefined : old })
  }
  await query('reset search_path')
  return types
}

/** PostgreSQL changes no column type that a view depends on. */
export function holdPostgres(table: string): string {
  return `create view held as select * from ${table}`
}

export async function showPostgres(
  { query, table }: { query: Query; table: string },
  columns: readonly string[],
): Promise<(ShownCell | null)[][]> {
  const parts = columns.flatMap((name) => [
    `case when "${name}" is not null or format('%s', "${name}") <> '' then format('%s', "${name}") end`,
    `to_jsonb("${name}")::text`,
  ])
  const rows: (string | null)[][] = []
  // A select list has at most 1,664 expressions.
  rows.push(...(await query(`select ${parts.join(', ')} from ${table} order by id`)))
  return rows.map((row) =>
    columns.map((_, at): ShownCell | null => {
      const text = row[at * 2] ?? null
      const json = row[at * 2 + 1] ?? null
      return text === null ? null : { text, json: json === null ? undefined : parseJson(json) }
    }),
  )
}
