/** Columns whose type should change, and the objects that use them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../../src/errors.ts'
import { freshDatabase, freshSchema, query } from '../../../conformance/support/postgres.ts'
import { loadText } from '../../../conformance/support/loading.ts'

function schemaOf(type: string): string {
  return `{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"v":{"type":["null","${type}"]}}},"key_properties":["id"]}\n`
}

function record(id: number, v: unknown): string {
  return `{"type":"RECORD","stream":"s","record":{"id":${id},"v":${JSON.stringify(v)}}}\n`
}

const [version] = await query(`select current_setting('server_version_num')`)
const VERSION = Number(version?.[0])

interface Hindrance {
  /** `s` stands for the schema. */
  sql: (s: string) => string
  /** Its name in the warning. */
  name: RegExp
  since?: number
}

const HINDRANCES: Record<string, Hindrance> = {
  'a view': { sql: (s) => `create view ${s}.shown as select v from ${s}.s`, name: /view .*shown/ },
  'a materialized view': {
    sql: (s) => `create materialized view ${s}.kept as select sum(v) from ${s}.s`,
    name: /view .*kept/,
  },
  'a generated column': {
    sql: (s) => `alter table ${s}.s add column twice bigint generated always as (v * 2) stored`,
    name: /generated column twice of table .*s/,
  },
  'a policy': {
    sql: (s) => `create policy positive on ${s}.s using (v > 0)`,
    name: /policy positive/,
  },
  'a trigger': {
    sql: (
      s,
    ) => `create function ${s}.f() returns trigger language plpgsql as 'begin return new; end';
      create trigger noticed before update of v on ${s}.s for each row execute function ${s}.f()`,
    name: /trigger noticed/,
  },
  'a function in plain SQL': {
    sql: (s) =>
      `create function ${s}.total() returns numeric begin atomic select sum(v) from ${s}.s; end`,
    name: /function .*total\(\)/,
    since: 140_000,
  },
  'a publication of some rows': {
    sql: (s) => `create publication ${s} for table ${s}.s where (v > 0) with (publish = 'insert')`,
    name: /publication/,
    since: 150_000,
  },
  'a foreign key to it': {
    sql: (s) =>
      `alter table ${s}.s add unique (v); create table ${s}.other (v bigint constraint leads_here references ${s}.s (v))`,
    name: /constraint leads_here/,
  },
  'a foreign key from it': {
    sql: (s) => `create table ${s}.other (v bigint primary key); insert into ${s}.other values (1);
      alter table ${s}.s add constraint leads_away foreign key (v) references ${s}.other`,
    name: /constraint leads_away/,
  },
  'a check of its numbers': {
    sql: (s) => `alter table ${s}.s add constraint positive check (v > 0)`,
    name: /constraint positive/,
  },
  'an index over an expression': {
    sql: (s) => `create index odd on ${s}.s ((v % 2))`,
    name: /index .*odd/,
  },
  'a partial index': {
    sql: (s) => `create index few on ${s}.s (id) where v > 100`,
    name: /index .*few/,
  },
  'a column with rows of the table': {
    sql: (s) => `create table ${s}.log (before ${s}.s); insert into ${s}.log select s from ${s}.s`,
    name: /column before of .*log/,
  },
  'a partitioned table with arrays of types with rows of the table': {
    sql: (s) => `create type ${s}.pair as (one ${s}.s, two ${s}.s);
      create domain ${s}.pairs as ${s}.pair[];
      create table ${s}.log (at date, kept ${s}.pairs) partition by range (at)`,
    name: /column kept of .*log/,
  },
}

for (const [what, { sql, name, since = 0 }] of Object.entries(HINDRANCES)) {
  if (since > VERSION) continue
  test(`${what} on a column: keeps the type, uses the variant column, and names both in the warning`, async (t) => {
    const { schema, url } = await freshSchema(t)
    t.after(async () => {
      await query(`drop publication if exists ${schema}`)
    })
    await loadText({ url, text: schemaOf('integer') + record(1, 1) })
    await query(sql(schema))
    const { error, stderr } = await loadText({ url, text: schemaOf('string') + record(2, 'x') })
    assert.equal(error, undefined, String(error))
    const warning = stderr.find((line) => line.includes('A column was not widened')) ?? ''
    assert.match(warning, name)
    assert.match(warning, /drop the dependent objects, run again, then recreate them/)
    assert.deepEqual(await query(`select id, v, v__text from ${schema}.s order by id`), [
      ['1', '1', null],
      ['2', null, 'x'],
    ])
  })
}

for (const [what, sql] of [
  ['an index', (s: string) => `create index plain on ${s}.s (v)`],
  ['a default', (s: string) => `alter table ${s}.s alter column v set default 7`],
  [
    'a check that suits both types',
    (s: string) => `alter table ${s}.s add check (length(cast(v as text)) < 10)`,
  ],
  [
    'a type and a function with rows of the table, which are stored nowhere,',
    (s: string) => `create type ${s}.pair as (one ${s}.s);
      create function ${s}.f(${s}.pair) returns ${s}.s language sql as 'select ($1).one'`,
  ],
] as const) {
  test(`${what} on a column: widens it`, async (t) => {
    const { schema, url } = await freshSchema(t)
    await loadText({ url, text: schemaOf('integer') + record(1, 1) })
    await query(sql(schema))
    const { error } = await loadText({ url, text: schemaOf('string') + record(2, 'x') })
    assert.equal(error, undefined, String(error))
    assert.deepEqual(await query(`select v from ${schema}.s order by id`), [['1'], ['x']])
  })
}

test('a foreign key blocks the change only when its columns could no longer be compared', async (t) => {
  const { schema, url } = await freshSchema(t)
  await query(`create table ${schema}.other (v numeric primary key);
    insert into ${schema}.other values (1), (2.5);
    create table ${schema}.s (id bigint, v integer references ${schema}.other)`)
  const text = schemaOf('number') + record(1, 1) + record(2, 2.5)
  const { error } = await loadText({ url, text })
  assert.equal(error, undefined, String(error))
  assert.deepEqual(await query(`select v from ${schema}.s order by id`), [['1'], ['2.5']])
})

for (const [what, sql, named] of [
  ['a view', (s: string) => `create view ${s}.deep as select v from ${s}.p`, /view .*deep/],
  ['a check', (s: string) => `alter table ${s}.p add constraint deep check (v > -7)`, /deep/],
  ['an index of some rows', (s: string) => `create index deep on ${s}.p (id) where v > 0`, /deep/],
] as const) {
  test(`${what} of a partition only: blocks the change like one of the table`, async (t) => {
    const { schema, url } = await freshSchema(t)
    await query(`create table ${schema}.s (id bigint, v bigint) partition by hash (id);
    create table ${schema}.p partition of ${schema}.s for values with (modulus 1, remainder 0);
    ${sql(schema)}`)
    const { error, stderr } = await loadText({ url, text: schemaOf('string') + record(2, 'x') })
    assert.equal(error, undefined, String(error))
    assert.match(stderr.join(''), new RegExp(`not widened.*${named.source}`))
    assert.deepEqual(await query(`select v, v__text from ${schema}.s`), [[null, 'x']])
  })
}

for (const [what, sql, named] of [
  [
    'a partition key',
    (s: string) => `create table ${s}.s (id bigint, v bigint) partition by range (v);
      create table ${s}.rest partition of ${s}.s default`,
    /the partition key of .*s/,
  ],
  [
    'an expression of a partition key',
    (s: string) => `create table ${s}.s (id bigint, v bigint) partition by list ((v % 2));
      create table ${s}.rest partition of ${s}.s default`,
    /the partition key of .*s/,
  ],
  [
    'a partition',
    (s: string) => `create table ${s}.whole (id bigint, v bigint) partition by hash (id);
      create table ${s}.s partition of ${s}.whole for values with (modulus 1, remainder 0)`,
    /the table .*whole, of which this one is a partition/,
  ],
  [
    'a typed table',
    (s: string) => `create type ${s}.row as (id bigint, v bigint); create table ${s}.s of ${s}.row`,
    /the type .*row"?, of which the table is/,
  ],
] as const) {
  test(`${what} can neither change nor be replaced: names it and changes nothing`, async (t) => {
    const { schema, url } = await freshSchema(t)
    await query(sql(schema))
    const text = schemaOf('string') + record(1, 'x') + '{"type":"STATE","value":{"s":1}}\n'
    const { error, stdout } = await loadText({ url, text })
    assert.ok(error instanceof AppError && error.code === 'WAREHOUSE_FAILED', String(error))
    assert.match(error.fullText, /The column "v" of table "s" cannot become text, because of/)
    assert.match(error.fullText, named)
    assert.match(error.fullText, /Rename the table/)
    assert.deepEqual(stdout, [])
    assert.deepEqual(
      await query(
        `select attname from pg_attribute where attrelid = '${schema}.s'::regclass and attnum > 0`,
      ),
      [['id'], ['v']],
    )
    assert.deepEqual(await query(`select to_regclass('${schema}._sdc_loads')`), [[null]])
  })
}

test('fails, and decides nothing, when the server has no room for the trial of a change', async (t) => {
  const { url, client } = await freshDatabase(t)
  await loadText({ url, text: schemaOf('integer') + record(1, 1) })
  await client.query(`alter table s alter v set default 7;
    create function public.full() returns event_trigger language plpgsql as
      $$begin raise exception using errcode = 'insufficient_resources'; end$$;
    create event trigger no_room on ddl_command_start when tag in ('ALTER TABLE') execute function public.full()`)
  const full = await loadText({ url, text: schemaOf('string') + record(2, 'x') })
  assert.match(String(full.error), /refused a query/)
  assert.ok(!full.stderr.join().includes('was not widened'), full.stderr.join('\n'))
  await client.query('drop event trigger no_room')
  const { error } = await loadText({ url, text: schemaOf('string') + record(2, 'x') })
  assert.equal(error, undefined, String(error))
  const { rows } = await client.query('select v from s order by id')
  assert.deepEqual(rows, [{ v: '1' }, { v: 'x' }])
})
