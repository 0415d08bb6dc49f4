import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Client } from 'pg'
import { AppError } from '../../../../src/errors.ts'
import { otherSession, untilBlocked } from '../../../conformance/support/other-session.ts'
import { freshSchema, query, SERVER_URL } from '../../../conformance/support/postgres.ts'
import { loadText } from '../../../conformance/support/loading.ts'
import { cutAt, delayed, paced, startProxy } from '../../../support/network/tcp-proxy.ts'
import { until } from '../../../support/wait.ts'

const SCHEMA =
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}\n'

function record(id: number): string {
  return `{"type":"RECORD","stream":"s","record":{"id":${id}}}\n`
}

function state(id: number): string {
  return `{"type":"STATE","value":{"s":${id}}}\n`
}

/** Input in pieces, with work between two of them. */
async function* pieces(...parts: (string | (() => Promise<unknown>))[]): AsyncGenerator<Buffer> {
  for (const part of parts) {
    if (typeof part === 'string') yield Buffer.from(part)
    else await part()
  }
}

async function idsOf(schema: string): Promise<number[]> {
  const rows = await query(`select id from ${schema}.s order by id`)
  return rows.map(([id]) => Number(id))
}

/** Waits until the row has been committed. */
async function untilLoaded(schema: string, id: number): Promise<void> {
  const statement = `select 1 from pg_tables where schemaname = '${schema}' and tablename = 's'`
  const isLoaded = async () => {
    const [table] = await query(statement)
    return table !== undefined && (await idsOf(schema)).includes(id)
  }
  await until(isLoaded, { what: `row ${id}` })
}

/** PIDs of the sessions of loads into the schema. */
async function sessionsOf(schema: string): Promise<string[]> {
  const rows = await query(
    `select pid from pg_stat_activity
     where application_name like 'target-warehouse, process ${process.pid} %' and pid in (
       select pid from pg_locks where locktype = 'advisory'
     ) and exists (select 1 from pg_namespace where nspname = '${schema}')`,
  )
  return rows.map(([pid]) => String(pid))
}

/** Ends the sessions of loads into the schema, and returns their number. */
async function terminate(schema: string): Promise<number> {
  const pids = await sessionsOf(schema)
  for (const pid of pids) await query(`select pg_terminate_backend(${pid})`)
  return pids.length
}

test('L39: a second load waits, then names the process that holds the tables', async (t) => {
  const { schema, url } = await freshSchema(t)
  const second = new URL(url)
  second.searchParams.set('lock_wait_seconds', '0.2')
  let loaded: Awaited<ReturnType<typeof loadText>> | undefined
  const first = await loadText({
    url,
    text: pieces(SCHEMA, record(1), async () => {
      loaded = await loadText({ url: second.href, text: SCHEMA + record(2) })
    }),
  })
  assert.equal(first.error, undefined)
  assert.ok(loaded?.error instanceof AppError && loaded.error.code === 'WAREHOUSE_BUSY')
  assert.match(
    loaded.error.message,
    new RegExp(
      `^The tables of schema "${schema}" are held by server process \\d+ \\(target-warehouse, process ${process.pid} on .*, connected since 20`,
    ),
  )
  assert.match(loaded.stderr.join(''), /Another load holds the tables; waiting for it/)
  assert.deepEqual(await idsOf(schema), [1])
})

test('a second load continues when the first one ends in time', async (t) => {
  const { schema, url } = await freshSchema(t)
  let second: ReturnType<typeof loadText> | undefined
  await loadText({
    url,
    text: pieces(SCHEMA, record(1), async () => {
      let isWaiting = false
      const onLog = (line: string) => (isWaiting ||= line.includes('Another load holds the tables'))
      second = loadText({ url, text: SCHEMA + record(2), onLog })
      await until(() => isWaiting, { what: 'the second load to wait' })
    }),
  })
  assert.equal((await second)?.error, undefined)
  assert.deepEqual(await idsOf(schema), [1, 2])
})

test('L30: replaces a connection that ended while the input was idle, and loses nothing', async (t) => {
  const { schema, url } = await freshSchema(t)
  const loaded = await loadText({
    url,
    config: { batch_size_rows: 1 },
    text: pieces(
      SCHEMA + record(1) + state(1),
      async () => {
        assert.equal(await terminate(schema), 1)
        const hasEnded = async () => (await sessionsOf(schema)).length === 0
        await until(hasEnded, { what: 'the session to end' })
      },
      record(2) + state(2),
    ),
  })
  assert.equal(loaded.error, undefined)
  assert.deepEqual(loaded.stdout, ['{"s":1}', '{"s":2}'])
  assert.deepEqual(await idsOf(schema), [1, 2])
})

test('L40: refuses a disconnected load after another load has written, and keeps the newer rows', async (t) => {
  const { schema, url } = await freshSchema(t)
  let other: unknown
  const loaded = await loadText({
    url,
    config: { batch_size_rows: 1 },
    text: pieces(
      SCHEMA + record(1) + state(1),
      async () => {
        await untilLoaded(schema, 1)
        assert.equal(await terminate(schema), 1)
        other = (await loadText({ url, text: SCHEMA + record(3) })).error
      },
      record(2) + state(2),
    ),
  })
  assert.equal(other, undefined)
  assert.ok(loaded.error instanceof AppError && loaded.error.code === 'WAREHOUSE_FAILED')
  assert.match(loaded.error.message, /Another load has written/)
  assert.deepEqual(await idsOf(schema), [1, 3])
})

for (const [name, pattern, isDelivered] of [
  ['before COMMIT arrives', /Q....commit/s, false],
  ['after COMMIT, before its response', /Q....commit/s, true],
  ['in COPY', /copy /, false],
  ['at the start of the transaction', /begin transaction/, false],
] as const) {
  test(`L1, L29: loads the batch once when the connection is cut ${name}`, async (t) => {
    const { schema, url } = await freshSchema(t)
    const port = Number(new URL(SERVER_URL).port)
    const proxy = await startProxy({ port, ...cutAt(pattern, isDelivered) })
    t.after(() => proxy.close())
    const behindProxy = new URL(url)
    behindProxy.port = String(proxy.port)
    const loaded = await loadText({
      url: behindProxy.href,
      text: SCHEMA.replace('["id"]', '[]') + record(1) + record(2) + state(2),
    })
    assert.equal(loaded.error, undefined, String(loaded.error))
    assert.match(loaded.stderr.join(''), /A commit failed and is retried\./)
    assert.deepEqual(loaded.stdout, ['{"s":2}'])
    assert.deepEqual(await idsOf(schema), [1, 2])
  })
}

test('L31: waits for a table that another session has locked', async (t) => {
  const { schema, url } = await freshSchema(t)
  await loadText({ url, text: SCHEMA + record(1) })
  const other = await otherSession(t)
  await other.query(`begin; lock table ${schema}.s in access exclusive mode`)
  const load = loadText({ url, text: SCHEMA + record(2) })
  await untilBlocked(other)
  await other.query('commit')
  assert.equal((await load).error, undefined)
  assert.deepEqual(await idsOf(schema), [1, 2])
})

test('names an unreachable server, an unknown database and an unknown role', async (t) => {
  const { url } = await freshSchema(t)
  const cases: [change: (at: URL) => void, code: string, text: RegExp][] = [
    [(at) => (at.port = '1'), 'CONNECTION_FAILED', /127\.0\.0\.1:1 could not be opened .*REFUSED/],
    [(at) => (at.pathname = '/nowhere'), 'WAREHOUSE_FAILED', /"nowhere" does not exist.*Create/],
    [(at) => (at.username = 'nobody_here'), 'WAREHOUSE_FAILED', /role "nobody_here"/],
  ]
  for (const [change, code, text] of cases) {
    const at = new URL(url)
    change(at)
    const { error } = await loadText({ url: at.href, text: SCHEMA })
    assert.ok(error instanceof AppError, String(error))
    assert.equal(error.code, code)
    assert.match(error.fullText, text)
  }
})

test('L34: names a missing right with the statement that grants it', async (t) => {
  const { schema, url } = await freshSchema(t)
  const role = `role_${schema}`
  await query(`create role ${role} login`)
  t.after(async () => {
    await query(`drop owned by ${role}; drop role ${role}`)
  })
  const at = new URL(url)
  at.username = role
  at.searchParams.set('options', `-c search_path=${schema}`)
  const load = async () => {
    const { error } = await loadText({ url: at.href, text: SCHEMA + record(1) })
    return error instanceof AppError ? error.fullText : String(error)
  }
  await query(`grant usage on schema ${schema} to ${role}`)
  assert.match(await load(), new RegExp(`grant usage, create on schema "${schema}" to "${role}";`))
  await query(`grant create on schema ${schema} to ${role}`)
  assert.equal(await load(), 'undefined')
  await query(`create table ${schema}.s2 (id bigint); alter table ${schema}.s owner to postgres`)
  assert.match(await load(), /grant select, insert, update, delete on all tables in schema/)
  await query(`grant select, insert, update, delete on ${schema}.s to ${role}`)
  assert.equal(await load(), 'undefined')
})

test('L50: keeps the old or the new type, and each row once, when the connection is cut in a change of type', async (t) => {
  const { schema, url } = await freshSchema(t)
  const port = Number(new URL(SERVER_URL).port)
  await loadText({ url, text: SCHEMA + record(1) })
  const proxy = await startProxy({ port, ...cutAt(/alter column/, true) })
  t.after(() => proxy.close())
  const behindProxy = new URL(url)
  behindProxy.port = String(proxy.port)
  const { error } = await loadText({
    url: behindProxy.href,
    text: SCHEMA.replace('"integer"', '"string"') + record(2).replace('2', '"x"'),
  })
  assert.equal(error, undefined, String(error))
  assert.deepEqual(await query(`select id from ${schema}.s order by id`), [['1'], ['x']])
})

test('L47: a slow network slows the load and breaks nothing', async (t) => {
  const { schema, url } = await freshSchema(t)
  const port = Number(new URL(SERVER_URL).port)
  const proxy = await startProxy({
    port,
    toServer: () => paced(4096, 5),
    toClient: () => delayed(() => 50),
  })
  t.after(() => proxy.close())
  const behindProxy = new URL(url)
  behindProxy.port = String(proxy.port)
  const count = 20_000
  const ids = Array.from({ length: count }, (_, id) => id)
  const { error } = await loadText({
    url: behindProxy.href,
    text: SCHEMA + ids.map(record).join(''),
    config: { batch_size_rows: count / 2 },
  })
  assert.equal(error, undefined, String(error))
  assert.deepEqual(await idsOf(schema), ids)
})

test('L32: a reader sees all old rows while a table is overwritten, and never waits', async (t) => {
  const { schema, url } = await freshSchema(t)
  await loadText({ url, text: SCHEMA + record(1) + record(2) })
  const reader = new Client({ connectionString: url })
  await reader.connect()
  await reader.query('begin isolation level repeatable read')
  const seen = async () => {
    const { rows } = await reader.query<{ id: string }>(`select id from ${schema}.s order by id`)
    return rows.map(({ id }) => Number(id))
  }
  assert.deepEqual(await seen(), [1, 2])
  const { error } = await loadText({
    url,
    text: SCHEMA + record(3),
    config: { load_method: 'overwrite' },
  })
  assert.equal(error, undefined)
  assert.deepEqual(await seen(), [1, 2])
  await reader.query('commit')
  assert.deepEqual(await seen(), [3])
  await reader.end()
})

test('L33: names a table that another session drops between two batches', async (t) => {
  const { schema, url } = await freshSchema(t)
  const loaded = await loadText({
    url,
    config: { batch_size_rows: 1 },
    text: pieces(
      SCHEMA + record(1) + state(1),
      async () => {
        await untilLoaded(schema, 1)
        await query(`drop table ${schema}.s`)
      },
      record(2) + state(2),
    ),
  })
  assert.ok(loaded.error instanceof AppError && loaded.error.code === 'WAREHOUSE_FAILED')
  assert.match(loaded.error.message, /relation ".*s" does not exist/)
  assert.deepEqual(loaded.stdout, [])
  assert.equal((await query(`select 1 from ${schema}._sdc_loads`)).length, 1)
})
