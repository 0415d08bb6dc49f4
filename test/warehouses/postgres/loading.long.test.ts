import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { freshSchema, query } from '../../conformance/support/postgres.ts'
import { loadText } from '../../conformance/support/loading.ts'

function schema(stream: string, properties: Record<string, unknown>, keys = ['id']): string {
  const message = { type: 'SCHEMA', stream, schema: { properties }, key_properties: keys }
  return `${JSON.stringify(message)}\n`
}

function record(stream: string, value: unknown): string {
  return `${JSON.stringify({ type: 'RECORD', stream, record: value })}\n`
}

function line(id: number, rest: string): string {
  return `{"type":"RECORD","stream":"s","record":{"id":${id},${rest}}}\n`
}

const ID = { id: { type: 'integer' } }
const TEXT_ID = { id: { type: 'string' }, v: { type: ['null', 'integer'] } }

test('L33, W-24: replaces both rows of a duplicate key in a table without an index, and inserts new rows once', async (t) => {
  const { schema: name, url } = await freshSchema(t)
  await query(`create table ${name}.s (id integer, v varchar(20), extra text)`)
  await query(`insert into ${name}.s values (1, 'a', 'x'), (1, 'b', 'y'), (2, 'c', 'z')`)
  const input =
    schema('s', { ...ID, v: { type: ['null', 'string'] } }) +
    record('s', { id: 1, v: 'new' }) +
    record('s', { id: 3, v: 'a text that is longer than twenty characters' })
  const { error } = await loadText({ url, text: input })
  assert.equal(error, undefined)
  assert.deepEqual(await query(`select id, v, extra from ${name}.s order by id, extra`), [
    ['1', 'new', 'x'],
    ['1', 'new', 'y'],
    ['2', 'c', 'z'],
    ['3', 'a text that is longer than twenty characters', null],
  ])
})

test('uses an existing primary key and adds no index', async (t) => {
  const { schema: name, url } = await freshSchema(t)
  await query(`create table ${name}.s (id bigint primary key)`)
  const { error } = await loadText({ url, text: schema('s', ID) + record('s', { id: 1 }) })
  assert.equal(error, undefined)
  assert.deepEqual(
    await query(
      `select indexname from pg_indexes where schemaname = '${name}' and tablename = 's'`,
    ),
    [['s_pkey']],
  )
})

test('distinguishes string keys of any length, even with a common beginning', async (t) => {
  const { schema: name, url } = await freshSchema(t)
  const long = 'k'.repeat(20_000)
  const keys = [`${long}a`, `${long}b`, long, 'k', '']
  const input = schema('s', TEXT_ID) + keys.map((id, v) => record('s', { id, v })).join('')
  for (const text of [input, input]) {
    const { error } = await loadText({ url, text, config: { batch_size_rows: 2 } })
    assert.equal(error, undefined)
  }
  assert.deepEqual(await query(`select v, length(id) from ${name}.s order by v`), [
    ['0', '20001'],
    ['1', '20001'],
    ['2', '20000'],
    ['3', '1'],
    ['4', '0'],
  ])
})

test('merges through the index, whatever the statistics say', async (t) => {
  const { schema: name, url } = await freshSchema(t)
  const input =
    schema('s', TEXT_ID) +
    Array.from({ length: 500 }, (_, v) => record('s', { id: `k${v}`, v })).join('')
  await loadText({ url, text: input })
  await query(`select pg_stat_force_next_flush()`).catch(() => undefined)
  await query(
    `insert into ${name}.s (id, v) select 'x' || n, n from generate_series(1, 200000) as n; analyze ${name}.s`,
  )
  const before = performance.now()
  const { error } = await loadText({ url, text: input, config: { batch_size_rows: 10 } })
  assert.equal(error, undefined)
  const [row] = await query(
    `select coalesce(sum(seq_tup_read), 0) from pg_stat_user_tables where schemaname = '${name}' and relname = 's'`,
  )
  // 50 batches that read the whole table would read 20 million rows.
  assert.ok(Number(row?.[0]) < 2_000_000, `${row?.[0]} rows in ${performance.now() - before} ms`)
})

test('L19: refuses 1,700 columns before anything is written', async (t) => {
  const { schema: name, url } = await freshSchema(t)
  const many = Object.fromEntries(
    Array.from({ length: 1700 }, (_, at) => [`c${at}`, { type: ['null', 'integer'] }]),
  )
  const { error } = await loadText({
    url,
    text: schema('s', { ...ID, ...many }) + record('s', { id: 1 }),
  })
  assert.ok(error instanceof AppError && error.code === 'INPUT_INVALID', String(error))
  assert.match(error.fullText, /needs 1708 columns; postgres allows at most 1600/)
  assert.deepEqual(
    await query(
      `select relname from pg_class where relname = 's' and relnamespace = '${name}'::regnamespace`,
    ),
    [],
  )
})

test('loads and replaces rows of 1,500 columns, and reports a row that is too large for a page', async (t) => {
  const { schema: name, url } = await freshSchema(t)
  const names = Array.from({ length: 1500 }, (_, at) => `c${at}`)
  const many = Object.fromEntries(names.map((column) => [column, { type: ['null', 'string'] }]))
  const valueOf = (step: number) =>
    Object.fromEntries(
      names.filter((_, at) => at % step === 0).map((column) => [column, 'some text']),
    )
  const input = schema('s', { ...ID, ...many }) + record('s', { ...valueOf(3), id: 1 })
  for (const text of [input, input]) {
    const { error } = await loadText({ url, text })
    assert.equal(error, undefined)
  }
  assert.deepEqual(await query(`select id, c0, c1, c1497 from ${name}.s`), [
    ['1', 'some text', null, 'some text'],
  ])
  const { error } = await loadText({ url, text: input + record('s', { ...valueOf(1), id: 2 }) })
  assert.ok(error instanceof AppError && error.code === 'WAREHOUSE_FAILED', String(error))
  assert.match(error.fullText, /row is too big.*deselect properties/)
})

test('does not widen a column that a view uses: other values go to the variant column', async (t) => {
  const { schema: name, url } = await freshSchema(t)
  await loadText({
    url,
    text: schema('s', { ...ID, v: { type: 'integer' } }) + record('s', { id: 1, v: 1 }),
  })
  await query(`create view ${name}.shown as select v from ${name}.s`)
  const { error, stderr } = await loadText({
    url,
    text: schema('s', { ...ID, v: { type: 'string' } }) + record('s', { id: 2, v: 'x' }),
  })
  assert.equal(error, undefined)
  assert.match(
    stderr.join(''),
    /A column was not widened because other objects depend on it.*shown/,
  )
  assert.deepEqual(await query(`select id, v, v__text from ${name}.s order by id`), [
    ['1', '1', null],
    ['2', null, 'x'],
  ])
})

test('rejects numbers and JSON that PostgreSQL cannot hold, or stores them as text, and continues', async (t) => {
  const { schema: name, url } = await freshSchema(t)
  const input =
    schema('s', { ...ID, n: { type: 'number' }, j: {} }) +
    line(1, '"n":1e131071,"j":[1e131071,1e-16383]') +
    line(2, '"n":1e131072') +
    line(3, '"n":1e-16384') +
    line(4, '"j":[1e131072]') +
    line(5, '"j":{"a":1e-16384}') +
    line(6, '"j":"text with 1e999999 in it"') +
    line(7, `"n":${'9'.repeat(140_000)}`) +
    line(8, `"j":${'['.repeat(3000)}${']'.repeat(3000)}`) +
    line(9, `"n":0.${'1'.repeat(16_400)}`)
  const { error } = await loadText({ url, text: input, config: { on_invalid_record: 'reject' } })
  assert.equal(error, undefined)
  const found = await query(
    `select id, n is not null, coalesce(left(n__text, 9), '-'), j is not null from ${name}.s order by id`,
  )
  const rejected = await query(`select record_key ->> 'id' from ${name}._sdc_rejects order by 1`)
  assert.deepEqual(
    [found, rejected],
    [
      [
        ['1', 't', '-', 't'],
        ['2', 'f', '1e131072', 'f'],
        ['3', 'f', '1e-16384', 'f'],
        ['6', 'f', '-', 't'],
        ['7', 'f', '999999999', 'f'],
        ['8', 'f', '-', 't'],
        ['9', 'f', '0.1111111', 'f'],
      ],
      [['4'], ['5']],
    ],
  )
})

test('runs two loads with different prefixes into one schema at the same time', async (t) => {
  const { schema: name, url } = await freshSchema(t)
  const load = (prefix: string) =>
    loadText({
      url,
      text: schema('s', ID) + record('s', { id: 1 }),
      config: { table_prefix: prefix },
    })
  const results = await Promise.all(['a_', 'b_', 'c_'].map(load))
  assert.deepEqual(
    results.map(({ error }) => error),
    [undefined, undefined, undefined],
  )
  assert.equal((await query(`select 1 from pg_tables where schemaname = '${name}'`)).length, 6)
})

test('L49: loads the same with any settings of server, database and role', async (t) => {
  const { schema: name, url } = await freshSchema(t)
  const role = `odd_${name}`
  await query(`create role ${role} superuser login`)
  t.after(() => query(`drop role ${role}`))
  for (const setting of [
    'standard_conforming_strings = off',
    "datestyle = 'German'",
    "timezone = 'Asia/Kathmandu'",
    "client_encoding = 'LATIN1'",
    "intervalstyle = 'sql_standard'",
    "default_transaction_isolation = 'serializable'",
    'default_transaction_read_only = on',
    "statement_timeout = '400ms'",
    `search_path = ${name}`,
  ]) {
    await query(`alter role ${role} set ${setting}`)
  }
  const at = new URL(url)
  at.username = role
  at.searchParams.delete('options')
  const fields = schema('s', {
    ...ID,
    v: { type: 'string' },
    at: { type: 'string', format: 'date-time' },
  })
  assert.equal((await loadText({ url, text: fields })).error, undefined)
  await query(`create function ${name}.slow() returns trigger language plpgsql
    as $$ begin perform pg_sleep(0.8); return null; end $$`)
  await query(`create trigger slow after insert on ${name}.s execute function ${name}.slow()`)
  const input =
    fields + record('s', { id: 1, v: "back\\slash 'quote' 🎉", at: '2026-01-02T03:04:05+01:00' })
  const { error } = await loadText({ url: at.href, text: input })
  assert.equal(error, undefined)
  assert.deepEqual(await query(`select v, at from ${name}.s`), [
    ["back\\slash 'quote' 🎉", '2026-01-02 02:04:05+00'],
  ])
})
