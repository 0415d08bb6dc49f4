import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { loadText } from '../../conformance/support/loading.ts'
import { freshSchema, query, type SchemaUnderTest } from '../../conformance/support/postgres.ts'

interface Property {
  type: string
  value: number | string
}

function input(type: string, value: Property['value'], more: { later?: Property } = {}): string {
  const all = Object.entries({ size: { type, value }, ...more })
  const properties = {
    id: { type: 'integer' },
    ...Object.fromEntries(all.map(([name, one]) => [name, { type: ['null', one.type] }])),
  }
  const record = { id: 1, ...Object.fromEntries(all.map(([name, one]) => [name, one.value])) }
  return [
    { type: 'SCHEMA', stream: 'users', schema: { properties }, key_properties: ['id'] },
    { type: 'RECORD', stream: 'users', record },
  ]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join('')
}

test('a wider type keeps the live view with its grants, whether or not the load keeps views', async (t) => {
  const { schema, url } = await freshSchema(t)
  const role = `${schema}_reader`
  await query(`create role ${role}`)
  t.after(async () => {
    await query(`drop owned by ${role}; drop role ${role}`)
  })
  const config = { create_live_views: true }
  assert.equal((await loadText({ url, text: input('integer', 1), config })).error, undefined)
  await query(`grant select on ${schema}.users_live to ${role} with grant option`)
  await query(`grant select on ${schema}.users_live to public`)
  assert.equal((await loadText({ url, text: input('number', 1.5) })).error, undefined)
  assert.deepEqual(await query(`select id, size from ${schema}.users_live`), [['1', '1.5']])
  const grants = await query(
    `select grantee, is_grantable from information_schema.role_table_grants where table_schema = '${schema}' and table_name = 'users_live' and privilege_type = 'SELECT' and grantee in ('PUBLIC', '${role}') order by 1`,
  )
  assert.deepEqual(grants, [
    ['PUBLIC', 'NO'],
    [role, 'YES'],
  ])
  assert.equal((await loadText({ url, text: input('number', 2.5), config })).error, undefined)
  assert.deepEqual(await query(`select size from ${schema}.users_live`), [['2.5']])
})

/** Creates a role that may create tables in the schema, and a URL for its loads. */
async function loader(t: TestContext, { schema, url }: SchemaUnderTest): Promise<string> {
  const role = `${schema}_loader`
  await query(`create role ${role} login; grant usage, create on schema ${schema} to ${role}`)
  t.after(async () => {
    await query(`drop owned by ${role} cascade; drop role ${role}`)
  })
  const at = new URL(url)
  at.username = role
  return at.href
}

const VIEWS = { create_live_views: true }

/** What the view is, apart from its rows. */
async function factsOf(view: string): Promise<(string | null)[][]> {
  return query(`select relowner::regrole, reloptions,
    has_column_privilege('public', oid, 'id', 'select'), has_table_privilege('public', oid, 'select'),
    col_description(oid, 1)
    from pg_class where oid = '${view}'::regclass`)
}

interface Hindrance {
  /** `s` stands for the schema. */
  sql: (s: string, definition: string) => string
  /** Its name in the warning. */
  name: RegExp
  undo?: (s: string) => string
}

const HINDRANCES: Record<string, Hindrance> = {
  'a view that only counts its rows': {
    sql: (s) => `create view ${s}.mine as select count(*) from ${s}.users_live`,
    name: /rule _RETURN on view .*users_live/,
  },
  'a function that returns its rows': {
    sql: (s) => `create function ${s}.f() returns setof ${s}.users_live language sql
      as 'select * from ${s}.users_live'`,
    name: /rule _RETURN on view .*users_live/,
  },
  'a trigger of its own': {
    sql: (s) => `create function ${s}.f() returns trigger language plpgsql
      as 'begin return new; end';
      create trigger mine instead of insert on ${s}.users_live
      for each row execute function ${s}.f()`,
    name: /rule _RETURN on view .*users_live/,
  },
  'a query that does not fit the wider type': {
    sql: (s, definition) =>
      `create or replace view ${s}.users_live as ${definition.replace(
        /\b(?:users\.)?size\b/,
        'abs(size) as size',
      )}`,
    name: /view .*users_live/,
  },
  'another owner': {
    sql: (s) => `create role ${s}_bi; grant usage, create on schema ${s} to ${s}_bi;
      alter view ${s}.users_live owner to ${s}_bi; grant select on ${s}.users to ${s}_bi`,
    name: /rule _RETURN on view .*users_live/,
    undo: (s) => `drop owned by ${s}_bi cascade; drop role ${s}_bi`,
  },
}

for (const [what, { sql, name, undo }] of Object.entries(HINDRANCES)) {
  test(`a live view with ${what} stays, and the column keeps its type`, async (t) => {
    const place = await freshSchema(t)
    const { schema } = place
    const url = await loader(t, place)
    assert.equal(
      (await loadText({ url, text: input('integer', 1), config: VIEWS })).error,
      undefined,
    )
    const view = `'${schema}.users_live'::regclass`
    const [found] = await query(`select pg_get_viewdef(${view}), ${view}::oid`)
    await query(sql(schema, String(found?.[0])))
    if (undo) t.after(async () => query(undo(schema)))
    const { error, stderr } = await loadText({ url, text: input('string', 'x'), config: VIEWS })
    assert.equal(error, undefined, String(error))
    const warning = stderr.find((line) => line.includes('A column was not widened')) ?? ''
    assert.match(warning, name)
    assert.deepEqual(await query(`select size, size__text from ${schema}.users`), [[null, 'x']])
    assert.deepEqual(await query(`select ${view}::oid`), [[found?.[1] ?? null]])
  })
}

test('a live view without the column is left alone when the column changes', async (t) => {
  const { schema, url } = await freshSchema(t)
  assert.equal((await loadText({ url, text: input('integer', 1), config: VIEWS })).error, undefined)
  await query(`create view ${schema}.mine as select id from ${schema}.users_live`)
  const load = async (type: string, value: number) =>
    loadText({ url, text: input('integer', 1, { later: { type, value } }) })
  assert.equal((await load('integer', 2)).error, undefined)
  const { error, stderr } = await load('number', 2.5)
  assert.equal(error, undefined, String(error))
  assert.equal(
    stderr.find((line) => line.includes('A column was not widened')),
    undefined,
  )
  assert.deepEqual(await query(`select later from ${schema}.users`), [['2.5']])
})

test('a wider type keeps what protects a live view, also in another schema', async (t) => {
  const place = await freshSchema(t)
  const other = await freshSchema(t)
  const { schema } = place
  const url = await loader(t, place)
  const { error } = await loadText({ url, text: input('integer', 1), config: VIEWS })
  assert.equal(error, undefined, String(error))
  const role = `${schema}_bi`
  await query(`create role ${role}; grant ${role} to ${schema}_loader;
    grant usage, create on schema ${other.schema} to ${role}, ${schema}_loader;
    alter view ${schema}.users_live set (security_barrier = true);
    alter view ${schema}.users_live set schema ${other.schema};
    alter view ${other.schema}.users_live owner to ${role};
    grant select on ${schema}.users to ${role};
    grant select (id) on ${other.schema}.users_live to public;
    comment on column ${other.schema}.users_live.id is 'It''s mine'`)
  t.after(async () => query(`drop owned by ${role} cascade; drop role ${role}`))
  const facts = await factsOf(`${other.schema}.users_live`)
  assert.deepEqual(facts, [[role, '{security_barrier=true}', 't', 'f', "It's mine"]])
  const wider = await loadText({ url, text: input('number', 1.5) })
  assert.equal(wider.error, undefined, String(wider.error))
  assert.deepEqual(await query(`select size from ${other.schema}.users_live`), [['1.5']])
  assert.deepEqual(await factsOf(`${other.schema}.users_live`), facts)
})

test('a new column keeps the options of a live view', async (t) => {
  const { schema, url } = await freshSchema(t)
  const load = async (text: string) => loadText({ url, text, config: VIEWS })
  assert.equal((await load(input('integer', 1))).error, undefined)
  await query(`alter view ${schema}.users_live set (security_barrier = true)`)
  const facts = await factsOf(`${schema}.users_live`)
  const later = { later: { type: 'integer', value: 2 } }
  assert.equal((await load(input('integer', 1, later))).error, undefined)
  assert.deepEqual(await query(`select later from ${schema}.users_live`), [['2']])
  assert.deepEqual(await factsOf(`${schema}.users_live`), facts)
})

test('a live view follows a column that was renamed, and keeps its grants', async (t) => {
  const { schema, url } = await freshSchema(t)
  const load = async (value: number) =>
    loadText({ url, text: input('integer', value), config: VIEWS })
  assert.equal((await load(1)).error, undefined)
  await query(`grant select on ${schema}.users_live to public;
    alter table ${schema}.users rename size to size_old`)
  const facts = await factsOf(`${schema}.users_live`)
  const { error, stderr } = await load(2)
  assert.equal(error, undefined, String(error))
  assert.deepEqual(
    stderr.filter((line) => line.includes('live view')),
    [],
  )
  assert.deepEqual(await query(`select size, size_old from ${schema}.users_live`), [['2', '1']])
  assert.deepEqual(await factsOf(`${schema}.users_live`), facts)
})

test('a view of somebody else on a live view keeps the column as it is', async (t) => {
  const { schema, url } = await freshSchema(t)
  const config = { create_live_views: true }
  assert.equal((await loadText({ url, text: input('integer', 1), config })).error, undefined)
  await query(`create view ${schema}.mine as select id, size from ${schema}.users_live`)
  const { error, stderr } = await loadText({ url, text: input('number', 1.5), config })
  assert.equal(error, undefined)
  assert.ok(stderr.some((line) => line.includes('other objects depend on it')))
  const live = `select size, size__number from ${schema}.users_live`
  assert.deepEqual(await query(live), [[null, '1.5']])
  assert.deepEqual(await query(`select size from ${schema}.mine`), [[null]])
})
