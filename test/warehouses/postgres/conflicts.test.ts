/** What other sessions and the server do to a running load. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { Client } from 'pg'
import { AppError } from '../../../src/errors.ts'
import { otherSession, untilBlocked } from '../../conformance/support/other-session.ts'
import { freshSchema, query, SERVER_URL } from '../../conformance/support/postgres.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import { startProxy, type Treatment } from '../../support/network/tcp-proxy.ts'
import { until } from '../../support/wait.ts'

function schemaOf(stream: string): string {
  return `{"type":"SCHEMA","stream":"${stream}","schema":{"properties":{"id":{"type":"integer"},"v":{"type":["null","string"]}}},"key_properties":["id"]}\n`
}

function record(stream: string, id: number, v: string): string {
  return `{"type":"RECORD","stream":"${stream}","record":{"id":${id},"v":"${v}"}}\n`
}

function state(id: number): string {
  return `{"type":"STATE","value":{"s":${id}}}\n`
}

test('retries once after a deadlock with another session (40P01)', async (t) => {
  const { schema, url } = await freshSchema(t)
  const announced = schemaOf('a') + schemaOf('b')
  await loadText({ url, text: announced + record('a', 1, 'old') + record('b', 1, 'old') })
  const other = await otherSession(t)
  await other.query(`set deadlock_timeout = '1min'; begin; update ${schema}.b set v = 'other'`)
  const at = new URL(url)
  at.searchParams.set('options', `-c search_path=${schema} -c deadlock_timeout=2s`)
  const load = loadText({
    url: at.href,
    text: announced + record('a', 1, 'new') + record('b', 1, 'new') + state(1),
  })
  await untilBlocked(other)
  await other.query(`update ${schema}.a set v = 'other'`)
  await other.query('commit')
  const { error, stdout, stderr } = await load
  assert.equal(error, undefined, String(error))
  assert.match(stderr.join(''), /A commit failed and is retried\..*deadlock detected/)
  assert.deepEqual(stdout, ['{"s":1}'])
  const rows = await query(`select v from ${schema}.a union all select v from ${schema}.b`)
  assert.deepEqual(rows, [['new'], ['new']])
})

test('retries once when another session moves a row between partitions (40001)', async (t) => {
  const { schema, url } = await freshSchema(t)
  await query(`create table ${schema}.s (id bigint, v text, region bigint default 1) partition by list (region);
    create table ${schema}.s_1 partition of ${schema}.s for values in (1);
    create table ${schema}.s_2 partition of ${schema}.s for values in (2);
    insert into ${schema}.s (id, v) values (1, 'old')`)
  // The index exists by then, so only the rows are locked.
  await loadText({ url, text: schemaOf('s') + record('s', 1, 'old') })
  const other = await otherSession(t)
  await other.query(`begin; update ${schema}.s set region = 2`)
  const load = loadText({ url, text: schemaOf('s') + record('s', 1, 'new') + state(1) })
  await untilBlocked(other)
  await other.query('commit')
  const { error, stdout, stderr } = await load
  assert.equal(error, undefined, String(error))
  assert.match(stderr.join(''), /A commit failed and is retried\..*another partition/)
  assert.deepEqual(stdout, ['{"s":1}'])
  assert.deepEqual(await query(`select id, v, region from ${schema}.s`), [['1', 'new', '2']])
})

test('loses and duplicates nothing when the server crashes and restarts during a load', async (t) => {
  const server = await startPostgres()
  t.after(() => server.stop())
  let restart: Promise<void> | undefined
  let isCrashed = false
  const onLog = (line: string) => {
    if (isCrashed && /retr(ied|ying)/.test(line)) restart ??= server.start()
  }
  async function* input(): AsyncGenerator<Buffer> {
    yield Buffer.from(schemaOf('s') + record('s', 1, 'a') + state(1))
    await server.crash()
    isCrashed = true
    yield Buffer.from(record('s', 2, 'b') + state(2))
    yield Buffer.from(record('s', 3, 'c') + state(3))
  }
  const { error, stdout } = await loadText({
    url: server.url,
    text: input(),
    config: { batch_size_rows: 1 },
    onLog,
  })
  assert.ok(restart, `the load did not retry: ${String(error)}`)
  await restart
  assert.equal(error, undefined, String(error))
  assert.equal(stdout.at(-1), '{"s":3}')
  const client = new Client({ connectionString: server.url })
  await client.connect()
  const { rows } = await client.query<{ ids: string }>(
    `select string_agg(id::text, ',' order by id) as ids from public.s`,
  )
  await client.end()
  assert.equal(rows[0]?.ids, '1,2,3')
})

const LONG = 'x'.repeat(4000)

function manyRecords(count: number): string {
  return Array.from({ length: count }, (_, id) => record('s', id, LONG)).join('')
}

test('ends the load at once when the server refuses rows of a long COPY, and quotes no value', async (t) => {
  const { schema, url } = await freshSchema(t)
  await query(
    `create table ${schema}.s (id bigint, v text, n integer generated always as (case when id = 5 then cast('9999999999' || left(v, 1) as integer) end) stored)`,
  )
  const { error, stdout } = await loadText({
    url,
    text: schemaOf('s') + manyRecords(4000).replaceAll(LONG, '7'.repeat(4000)) + state(1),
  })
  assert.ok(error instanceof AppError && error.code === 'WAREHOUSE_FAILED', String(error))
  assert.doesNotMatch(error.fullText, /99999/)
  assert.deepEqual(stdout, [])
  assert.deepEqual(await query(`select count(*) from ${schema}.s`), [['0']])
})

test('does not quote the message of an exception that a trigger raises', async (t) => {
  const { schema, url } = await freshSchema(t)
  await query(`create table ${schema}.s (id bigint, v text);
    create function ${schema}.refuse() returns trigger language plpgsql as $$
      begin raise exception 'refused %', new.v using errcode = '23514'; end $$;
    create trigger refuse before insert on ${schema}.s for each row execute function ${schema}.refuse()`)
  const { error } = await loadText({ url, text: schemaOf('s') + record('s', 1, 'private') })
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.fullText, /a trigger of the database raised an exception/)
  assert.doesNotMatch(error.fullText, /private/)
})

for (const ending of ['reset', 'end'] as const) {
  test(`a connection that ends (${ending}) during COPY with a full pipe: loads the batch once`, async (t) => {
    const { schema, url } = await freshSchema(t)
    const port = Number(new URL(SERVER_URL).port)
    let [seen, isCut] = [0, false]
    const toServer = (): Treatment => (chunk) => {
      seen += chunk.length
      if (isCut || seen < 3_000_000) return [{ bytes: chunk }]
      isCut = true
      return [{ waitMs: 200, ending }]
    }
    const proxy = await startProxy({ port, toServer })
    t.after(() => proxy.close())
    const behindProxy = new URL(url)
    behindProxy.port = String(proxy.port)
    const { error, stdout } = await loadText({
      url: behindProxy.href,
      text: schemaOf('s').replace('["id"]', '[]') + manyRecords(3000) + state(1),
    })
    assert.equal(error, undefined, String(error))
    assert.equal(isCut, true)
    assert.deepEqual(stdout, ['{"s":1}'])
    assert.deepEqual(await query(`select count(*), count(distinct id) from ${schema}.s`), [
      ['3000', '3000'],
    ])
  })
}

test('a load with another prefix waits for the tables that both write', async (t) => {
  const { schema, url } = await freshSchema(t)
  const config = { batch_size_rows: 1 }
  const held = new AbortController()
  const first = loadText({
    url,
    config,
    text: (async function* () {
      yield Buffer.from(schemaOf('a_s') + record('a_s', 1, 'first') + state(1))
      await once(held.signal, 'abort')
    })(),
  })
  const isThere = async () => (await query(`select to_regclass('${schema}.a_s')`))[0]?.[0] !== null
  await until(isThere, { what: 'the session' })
  const other = new URL(url)
  other.searchParams.set('lock_wait_seconds', '0.2')
  const text = schemaOf('s') + record('s', 1, 'second') + record('s', 2, 'second') + state(2)
  let isWaiting = false
  const onLog = (line: string) =>
    (isWaiting ||= /The table .+ is held by server process/.test(line))
  const prefixed = { ...config, table_prefix: 'a_' }
  const second = loadText({ url: other.href, config: prefixed, text, onLog })
  await until(() => isWaiting, { what: 'the second load to wait' })
  assert.deepEqual(await query(`select id, v from ${schema}.a_s`), [['1', 'first']])
  held.abort()
  const [{ error }, after] = await Promise.all([first, second])
  assert.deepEqual([error, after.error], [undefined, undefined])
  assert.match(after.stderr.join(''), /The table .+a_s.+ of schema .+ is held by server process/)
  const rows = await query(`select id, v from ${schema}.a_s order by id`)
  assert.deepEqual(rows, [
    ['1', 'second'],
    ['2', 'second'],
  ])
})
