/** Hints for a role that lacks a right, whatever language the server speaks. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { AppError } from '../../../../src/errors.ts'
import { freshDatabase, freshSchema, query } from '../../../conformance/support/postgres.ts'
import { loadText } from '../../../conformance/support/loading.ts'
import { startPostgres, type PostgresServer } from '../../../support/postgres-server.ts'
import { temporaryFolder } from '../../../support/programs.ts'

function input(stream: string, type = 'integer', value: unknown = 1): string {
  const properties = { id: { type: 'integer' }, v: { type } }
  const schema = { type: 'SCHEMA', stream, schema: { properties }, key_properties: ['id'] }
  const record = { type: 'RECORD', stream, record: { id: 1, v: value } }
  return `${JSON.stringify(schema)}\n${JSON.stringify(record)}\n`
}

/** Creates a schema, and a role without rights in it. */
async function stage(t: TestContext) {
  const { schema, url } = await freshSchema(t)
  const role = `role_${schema}`
  await query(`create role ${role} login`)
  t.after(async () => {
    await query(`drop owned by ${role} cascade`)
    await query(`drop role if exists ${role}`)
  })
  const at = new URL(url)
  at.username = role
  const load = async (text: string) => {
    const { error } = await loadText({ url: at.href, text })
    return error instanceof AppError ? error.fullText : String(error)
  }
  return { schema, role, url, load }
}

const TABLES = /Run: grant select, insert, update, delete on all tables in schema/

for (const stream of ['for schema', 'for database', 'temporary tables', 'must be owner']) {
  test(`a stream ${JSON.stringify(stream)} without the right to write: hints at the tables`, async (t) => {
    const { schema, role, url, load } = await stage(t)
    await query(`grant usage, create on schema ${schema} to ${role}`)
    await loadText({ url, text: input(stream) })
    await query(`grant select, insert on ${schema}._sdc_loads to ${role}`)
    assert.match(await load(input(stream)), TABLES)
  })
}

test('hints at the owner when a column of a table of another role must change', async (t) => {
  const { schema, role, url, load } = await stage(t)
  await loadText({ url, text: input('for schema') })
  await query(`grant usage, create on schema ${schema} to ${role};
    grant select, insert, update, delete on all tables in schema ${schema} to ${role}`)
  const text = input('for schema', 'string', 'x')
  assert.match(await load(text), new RegExp(`alter table ... owner to "${role}";`))
})

test('has a hint for each right on a database: to connect, to create temporary tables, to create a schema', async (t) => {
  const { role } = await stage(t)
  const { name, url, client: admin } = await freshDatabase(t)
  await query(`revoke all on database ${name} from public`)
  const at = new URL(url)
  at.username = role
  const load = async () => {
    const { error } = await loadText({ url: at.href, text: input('s') })
    return error instanceof AppError ? error.fullText : String(error)
  }
  assert.match(await load(), new RegExp(`Run: grant connect on database "${name}" to "${role}";`))
  await loadText({ url, text: input('s') })
  await admin.query(`grant connect on database ${name} to ${role}; grant usage on schema public to ${role};
    grant select, insert, update, delete on all tables in schema public to ${role}`)
  assert.match(await load(), new RegExp(`Run: grant temporary on database "${name}" to "${role}";`))
  await admin.query('drop schema public cascade')
  assert.match(await load(), new RegExp(`Run: grant create on database "${name}" to "${role}"; or`))
})

for (const table of ['s', '_sdc_loads']) {
  test(`row-level security on ${table}: names it, and the statement of the hint helps`, async (t) => {
    const { schema, role, load } = await stage(t)
    await query(`grant usage, create on schema ${schema} to ${role}`)
    assert.equal(await load(input('s')), 'undefined')
    const guard = `enable row level security; alter table ${schema}.${table} force row level security`
    await query(
      `alter table ${schema}.${table} ${guard}; create policy p on ${schema}.${table} using (true) with check (true)`,
    )
    const change = `alter table "${schema}"."${table}" no force row level security;`
    const text = await load(input('s'))
    assert.ok(text.includes(`Run: ${change} or: alter role "${role}" bypassrls;`), text)
    await query(`set role ${role}; ${change} reset role`)
    assert.equal(await load(input('s')), 'undefined')

    await query(`grant ${role} to postgres; alter table ${schema}.${table} owner to postgres;
      grant select, insert, update, delete on ${schema}.${table} to ${role}`)
    const others = await load(input('s'))
    assert.ok(others.includes(`alter table "${schema}"."${table}" owner to "${role}";`), others)
    await query(`alter role ${role} bypassrls`)
    assert.equal(await load(input('s')), 'undefined')
  })
}

test('names an unknown role, or one that may not log in, with the statement that creates it', async (t) => {
  const { role, load } = await stage(t)
  const hint = `create role "${role}" login; alter role "${role}" login; or correct the user`
  await query(`alter role ${role} nologin`)
  assert.ok((await load(input('s'))).includes(hint))
  await query(
    `drop role ${role}; create role ${role}_other; alter role ${role}_other rename to ${role}`,
  )
  assert.ok((await load(input('s'))).includes(hint))
})

/** A server that speaks German; undefined when its messages or the locale are not installed. */
async function germanServer(t: TestContext): Promise<PostgresServer | undefined> {
  const folder = await temporaryFolder(t)
  await chmod(folder, 0o755)
  const locale = join(folder, 'de_DE.UTF-8')
  const made = spawnSync('localedef', ['-i', 'de_DE', '-f', 'UTF-8', locale])
  if (made.status !== 0 || !existsSync(locale)) return undefined
  const server = await startPostgres({ env: { LOCPATH: folder } })
  t.after(() => server.stop())
  const client = new Client({ connectionString: server.url })
  await client.connect()
  try {
    await client.query(`alter system set lc_messages = 'de_DE.UTF-8'`)
    await client.query('select pg_reload_conf()')
    await client.query(`create role reader login`)
    return server
  } catch {
    return undefined
  } finally {
    await client.end()
  }
}

test('gives the same hints when the server speaks another language', async (t) => {
  const server = await germanServer(t)
  const at = new URL(server?.url ?? 'postgres://nowhere')
  at.username = 'reader'
  const load = async () => {
    const { error } = await loadText({ url: at.href, text: input('s') })
    return error instanceof AppError ? error.fullText : String(error)
  }
  const text = server ? await load() : ''
  if (!/keine Berechtigung/.test(text)) {
    t.skip('no server with German messages')
    return
  }
  assert.match(text, /Run: grant usage, create on schema "public" to "reader";/)
  at.pathname = '/nirgends'
  assert.match(await load(), /existiert nicht.*Create the database, or correct/)
})
