/** Which indexes of other owners lead to the rows of a batch. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freshSchema, query } from '../../../conformance/support/postgres.ts'
import { loadText } from '../../../conformance/support/loading.ts'

const INPUT = `{"type":"SCHEMA","stream":"s","schema":{"properties":{"n":{"type":"integer"},"x":{"type":"string"}}},"key_properties":["n","x"]}
{"type":"RECORD","stream":"s","record":{"n":1,"x":"a"}}
`
const ONE_KEY = INPUT.replace('["n","x"]', '["n"]')

/** Whether a load created its own index next to the existing one. */
async function makesIndex(
  t: { after: (work: () => Promise<void>) => void },
  { index, text }: { index: string; text: string },
): Promise<boolean> {
  const { schema, url } = await freshSchema(t)
  await query(`create table ${schema}.s (n bigint, x text);
    ${index.replace('on s', `on ${schema}.s`)}`)
  for (const input of [text, text]) {
    const { error } = await loadText({ url, text: input })
    assert.equal(error, undefined, String(error))
  }
  const made = await query(
    `select 1 from pg_indexes where schemaname = '${schema}' and tablename = 's' and indexname like '\\_sdc\\_key\\_%'`,
  )
  return made.length > 0
}

const USABLE = [
  [ONE_KEY, 'create index on s (n)'],
  [ONE_KEY, 'create unique index on s (n desc nulls last)'],
  [ONE_KEY, 'create index on s (n, x)'],
  [ONE_KEY, 'create index on s using hash (n)'],
  [ONE_KEY, 'create index on s (n) include (x)'],
  [INPUT, 'create index on s (x, n)'],
] as const

const USELESS = [
  [ONE_KEY, 'create index on s using brin (n)'],
  [ONE_KEY, 'create index on s (n) where x is not null'],
  [ONE_KEY, 'create index on s ((n + 1))'],
  [ONE_KEY, 'create index on s (x, n)'],
  [ONE_KEY, 'create index on s using gin ((array[n]))'],
  [ONE_KEY, 'create index on s using spgist ((int8range(n, n)))'],
  [INPUT, 'create index on s (n) include (x)'],
  [INPUT, 'create index on s (n, lower(x))'],
  [INPUT, 'create index on s (n, x collate "POSIX")'],
  [INPUT, 'create index on s (n, x text_pattern_ops)'],
] as const

for (const [text, index] of USABLE) {
  const keys = text === INPUT ? 'n and x' : 'n'
  test(`keys ${keys}: uses ${index} and adds no index`, async (t) => {
    assert.equal(await makesIndex(t, { index, text }), false)
  })
}

for (const [text, index] of USELESS) {
  const keys = text === INPUT ? 'n and x' : 'n'
  test(`keys ${keys}: adds an index next to ${index}, which does not lead to them`, async (t) => {
    assert.equal(await makesIndex(t, { index, text }), true)
  })
}

test('ignores an invalid index', async (t) => {
  const { schema, url } = await freshSchema(t)
  await query(
    `create table ${schema}.s (n bigint, x text); insert into ${schema}.s values (2, 'a'), (2, 'b')`,
  )
  await assert.rejects(query(`create unique index concurrently on ${schema}.s (n)`))
  await loadText({ url, text: ONE_KEY })
  const valid = await query(
    `select indisvalid from pg_index where indrelid = '${schema}.s'::regclass order by 1`,
  )
  assert.deepEqual(valid, [['f'], ['t']])
})

test('merges without an index when another object has its name', async (t) => {
  const { schema, url } = await freshSchema(t)
  await loadText({ url, text: ONE_KEY })
  const [[name] = []] = await query(
    `select indexname from pg_indexes where schemaname = '${schema}' and tablename = 's'`,
  )
  await query(`create table ${schema}.seen (hashjoin text);
    create function ${schema}.see() returns trigger language plpgsql as $$
      begin insert into ${schema}.seen values (current_setting('enable_hashjoin')); return null; end $$;
    create trigger see after insert on ${schema}.s for each statement execute function ${schema}.see()`)
  await loadText({ url, text: ONE_KEY })
  await query(`drop index ${schema}.${name}; create index ${name} on ${schema}.s using brin (n)`)
  const { error } = await loadText({ url, text: ONE_KEY })
  assert.equal(error, undefined, String(error))
  assert.deepEqual(await query(`select hashjoin from ${schema}.seen`), [['off'], ['on']])
})

test('loads without an index when the role may not create one', async (t) => {
  const { schema, url } = await freshSchema(t)
  const role = `role_${schema}`
  await loadText({ url, text: ONE_KEY })
  await query(`create role ${role} login; grant usage on schema ${schema} to ${role};
    grant select, insert, update, delete on all tables in schema ${schema} to ${role};
    drop table ${schema}.s; create table ${schema}.s (n bigint, x text)`)
  for (const column of ['extracted', 'received', 'batched', 'deleted']) {
    await query(`alter table ${schema}.s add _sdc_${column}_at timestamptz`)
  }
  for (const column of ['sequence', 'table_version', 'sync_started_at']) {
    await query(`alter table ${schema}.s add _sdc_${column} bigint`)
  }
  await query(`grant create on schema ${schema} to ${role}; alter table ${schema}.s owner to ${role};
    revoke create on schema ${schema} from ${role}`)
  t.after(async () => {
    await query(`drop owned by ${role} cascade; drop role ${role}`)
  })
  const at = new URL(url)
  at.username = role
  const { error } = await loadText({ url: at.href, text: ONE_KEY })
  assert.equal(error, undefined, String(error))
  assert.deepEqual(await query(`select n, x from ${schema}.s`), [['1', 'a']])
})
