/** Columns of types that only PostgreSQL has, and the roles that may load into them. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { freshDatabase, freshSchema, query } from '../../conformance/support/postgres.ts'

function schemaLine(properties: object, keys: readonly string[] = ['id']): string {
  const message = { type: 'SCHEMA', stream: 's', schema: { properties }, key_properties: keys }
  return `${JSON.stringify(message)}\n`
}

function recordLine(record: object): string {
  return `${JSON.stringify({ type: 'RECORD', stream: 's', record })}\n`
}

const TEXT = { type: ['null', 'string'] }
const ANY = { id: TEXT, v: TEXT }

async function loadInto(url: string, text: string): Promise<string> {
  const { error, stderr } = await loadText({ url, text })
  assert.equal(error, undefined, String(error))
  return stderr.join('')
}

const [citext] = await query(`select 1 from pg_available_extensions where name = 'citext'`)

test(
  'matches keys of an extension type by its own equality, in any schema',
  { skip: citext ? false : 'the server has no citext' },
  async (t) => {
    const { url, client } = await freshDatabase(t)
    for (const place of ['public', 'extensions']) {
      await client.query(`drop extension if exists citext cascade;
        create schema if not exists extensions;
        create extension citext schema ${place};
        drop table if exists s;
        create domain public.code_${place} as ${place}.citext check (length(value) < 5);
        create table s (id ${place}.citext, part public.code_${place}, v text, primary key (id, part));
        insert into s values ('Ab', 'x', 'old')`)
      const properties = { ...ANY, part: TEXT }
      const text =
        schemaLine(properties, ['id', 'part']) +
        recordLine({ id: 'AB', part: 'X', v: 'first' }) +
        recordLine({ id: 'cd', part: 'x', v: 'new' }) +
        recordLine({ id: 'ab', part: 'x', v: 'last' }) +
        recordLine({ id: 'CD', part: 'x', v: 'newest' })
      await loadInto(url, text)
      const { rows } = await client.query('select id, part, v from s order by id')
      assert.deepEqual(rows, [
        { id: 'Ab', part: 'x', v: 'last' },
        { id: 'CD', part: 'x', v: 'newest' },
      ])
      const long = schemaLine(properties, ['id', 'part']) + recordLine({ id: 'x', part: 'toolong' })
      const { error } = await loadText({ url, text: long })
      assert.match(
        String(error),
        new RegExp(`key column "part" of table "s" is of type public.code_${place}`),
      )
    }
  },
)

test('matches keys in a character column without trailing blanks, and stores other values there exactly', async (t) => {
  const { schema, url } = await freshSchema(t)
  await query(`create table ${schema}.s (id char(5) primary key, v char(3));
    insert into ${schema}.s values ('ab', 'old'); create view ${schema}.held as select * from ${schema}.s`)
  const text =
    schemaLine(ANY) +
    recordLine({ id: 'ab', v: 'abc' }) +
    recordLine({ id: 'cd', v: 'x' }) +
    recordLine({ id: 'cd   ', v: 'y' })
  await loadInto(url, text)
  assert.deepEqual(await query(`select id, v, v__text from ${schema}.s order by id`), [
    ['ab   ', 'abc', null],
    ['cd   ', null, 'y'],
  ])
})

test('keeps the type of a uuid key with a foreign key, and uses its index', async (t) => {
  const { schema, url } = await freshSchema(t)
  const id = '7f0d9c2e-4b61-4d0a-9a55-0d1f2a3b4c5d'
  await query(`create table ${schema}.s (id uuid primary key, v text);
    insert into ${schema}.s values ('${id}', 'old');
    create table ${schema}.items (s_id uuid references ${schema}.s);
    insert into ${schema}.items values ('${id}')`)
  await loadInto(url, schemaLine(ANY) + recordLine({ id, v: 'new' }))
  assert.deepEqual(await query(`select cast(pg_typeof(id) as text), v from ${schema}.s`), [
    ['uuid', 'new'],
  ])
  assert.deepEqual(
    await query(
      `select indexname from pg_indexes where schemaname = '${schema}' and tablename = 's'`,
    ),
    [['s_pkey']],
  )
})

test('loads into a partition key of a foreign type', async (t) => {
  const { schema, url } = await freshSchema(t)
  await query(`create table ${schema}.s (id text, v varchar(5)) partition by list (v);
    create table ${schema}.a partition of ${schema}.s for values in ('a');
    create table ${schema}.rest partition of ${schema}.s default`)
  const text = schemaLine(ANY) + recordLine({ id: '1', v: 'a' }) + recordLine({ id: '2', v: 'b' })
  await loadInto(url, text)
  assert.deepEqual(await query(`select id from ${schema}.a`), [['1']])
  assert.deepEqual(await query(`select id from ${schema}.rest`), [['2']])
})

test('keeps a row of nulls in a composite column, and JSON in a json column as it came', async (t) => {
  const { schema, url } = await freshSchema(t)
  await query(`create type ${schema}.pair as (a integer);
    create table ${schema}.s (id text, v ${schema}.pair, j json)`)
  const properties = { id: TEXT, v: { type: 'object' }, j: TEXT }
  await loadInto(url, schemaLine(properties) + recordLine({ id: '1', v: { a: null }, j: '5' }))
  const columns = await query(
    `select attname from pg_attribute where attrelid = '${schema}.s'::regclass and attnum > 0 order by attnum`,
  )
  assert.deepEqual(columns.flat().slice(0, 4), ['id', 'v', 'j', '_sdc_extracted_at'])
  assert.deepEqual(await query(`select v, j, json_typeof(j) from ${schema}.s`), [
    ['()', '"5"', 'string'],
  ])
})

test('names a domain that refuses null, and a column that the stream does not fill', async (t) => {
  const { schema, url } = await freshSchema(t)
  await query(`create domain ${schema}.filled as varchar(3) not null;
    create table ${schema}.s (id text, v ${schema}.filled)`)
  for (const v of [null, 'long']) {
    const { error } = await loadText({ url, text: schemaLine(ANY) + recordLine({ id: '1', v }) })
    assert.ok(error instanceof AppError)
    assert.match(error.fullText, /The domain "filled" of a column refuses null/)
  }
  await loadInto(url, schemaLine(ANY) + recordLine({ id: '1', v: 'abc' }))
  await query(`alter table ${schema}.s add column other integer not null default 1;
    alter table ${schema}.s alter column other drop default`)
  const { error } = await loadText({
    url,
    text: schemaLine(ANY) + recordLine({ id: '2', v: 'abc' }),
  })
  assert.match((error as AppError).fullText, /refuses null and that the stream does not fill/)
})

test('loads what fits with a role that does not own the table', async (t) => {
  const { url, client, name } = await freshDatabase(t)
  await client.query(`create role ${name}_loader login password 'x';
    create table s (id uuid, v varchar(5), primary key (id));
    grant create, usage on schema public to ${name}_loader;
    grant select, insert, update, delete on s to ${name}_loader`)
  t.after(async () => {
    await query(`drop owned by ${name}_loader; drop role ${name}_loader`).catch(() => undefined)
  })
  const own = new URL(url)
  own.username = `${name}_loader`
  own.password = 'x'
  const id = '7f0d9c2e-4b61-4d0a-9a55-0d1f2a3b4c5d'
  const load = async (v: string) =>
    loadText({
      url: own.href,
      text: schemaLine(ANY) + recordLine({ id, v }),
      config: { add_record_metadata: false },
    })
  assert.equal((await load('abc')).error, undefined)
  const { rows } = await client.query('select id, v from s')
  assert.deepEqual(rows, [{ id, v: 'abc' }])
  const { error } = await load('too long')
  assert.ok(error instanceof AppError)
  assert.match(error.fullText, /Only the owner of a table can change its columns/)
})

test('names the type of a key column that has no equality', async (t) => {
  for (const type of ['json', 'xml', 'point']) {
    const { schema, url } = await freshSchema(t)
    await query(`create table ${schema}.s (id ${type}, v text)`)
    const id = { json: 'a', xml: '<a/>', point: '(1,2)' }[type]
    const { error } = await loadText({ url, text: schemaLine(ANY) + recordLine({ id, v: 'x' }) })
    assert.ok(error instanceof AppError && error.code === 'WAREHOUSE_FAILED', String(error))
    assert.match(
      error.fullText,
      new RegExp(`key column "id" of table "s" is of type ${type}, whose`),
    )
    assert.deepEqual(await query(`select count(*) from ${schema}.s`), [['0']])
  }
})
