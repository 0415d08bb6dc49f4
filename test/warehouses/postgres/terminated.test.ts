/** `pg_terminate_backend` by another session, during a batch. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { freshSchema, query, SERVER_URL } from '../../conformance/support/postgres.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { startProxy, type Step, type Treatment } from '../../support/network/tcp-proxy.ts'
import { until } from '../../support/wait.ts'

const SCHEMA =
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"v":{"type":"string"}}},"key_properties":["id"]}\n'
const ROWS = 1000

/** Each row has a string of one kilobyte. */
function input(v: string): string {
  const records = Array.from(
    { length: ROWS },
    (_, id) =>
      `{"type":"RECORD","stream":"s","record":{"id":${id},"v":"${v}${'x'.repeat(1000)}"}}\n`,
  )
  return `${SCHEMA}${records.join('')}{"type":"STATE","value":{"s":"${v}"}}\n`
}

/** Ends the session that loads into the schema, and waits until it has ended. */
async function terminate(schema: string): Promise<void> {
  const [[pid] = []] = await query(
    `select pid from pg_locks where locktype = 'relation' and relation = to_regclass('${schema}.s') and pid <> pg_backend_pid() and granted`,
  )
  assert.ok(pid !== undefined && pid !== null, 'no session works on the table')
  await query(`select pg_terminate_backend(${pid})`)
  const statement = `select 1 from pg_stat_activity where pid = ${pid}`
  await until(async () => (await query(statement)).length === 0, { what: 'the session to end' })
}

/** Holds the first matching chunk and all later ones until the work is done. */
function holdingAt(isPlace: (chunk: Buffer) => boolean, work: () => Promise<void>) {
  const hold = { isReached: false, isDone: false }
  const toServer = (): Treatment =>
    function* (chunk): Generator<Step> {
      if (!hold.isReached && isPlace(chunk)) {
        hold.isReached = true
        void work().finally(() => (hold.isDone = true))
        while (!hold.isDone) yield { waitMs: 5 }
      }
      yield { bytes: chunk }
    }
  return { hold, toServer }
}

async function judge(schema: string, v: string): Promise<void> {
  assert.deepEqual(
    await query(
      `select count(*), count(distinct id), min(left(v, 3)), max(left(v, 3)) from ${schema}.s`,
    ),
    [[String(ROWS), String(ROWS), v, v]],
  )
}

/** After this many bytes of rows. */
function afterBytes(bytes: number): (chunk: Buffer) => boolean {
  let seen = 0
  return (chunk) => {
    seen += chunk.length
    return seen > bytes
  }
}

const PLACES = {
  'in the middle of COPY': () => afterBytes(600_000),
  'between COPY and the merge': () => (chunk: Buffer) => /update "/.test(chunk.toString('latin1')),
  'before COMMIT': () => (chunk: Buffer) => /Q....commit/s.test(chunk.toString('latin1')),
}

for (const [name, place] of Object.entries(PLACES)) {
  test(`retries the batch when the session is ended ${name}, and loads every row once`, async (t) => {
    const { schema, url } = await freshSchema(t)
    assert.equal((await loadText({ url, text: input('old') })).error, undefined)
    const { hold, toServer } = holdingAt(place(), () => terminate(schema))
    const proxy = await startProxy({ port: Number(new URL(SERVER_URL).port), toServer })
    t.after(() => proxy.close())
    const behindProxy = new URL(url)
    behindProxy.port = String(proxy.port)
    const { error, stdout, stderr } = await loadText({ url: behindProxy.href, text: input('new') })
    assert.equal(error, undefined, String(error))
    assert.equal(hold.isReached, true)
    assert.match(stderr.join(''), /A commit failed and is retried\./)
    assert.deepEqual(stdout, ['{"s":"new"}'])
    await judge(schema, 'new')
    assert.equal((await loadText({ url, text: input('abc') })).error, undefined)
    await judge(schema, 'abc')
  })
}

/** The server process of a load of this process that waits for a lock. */
async function blockedPid(): Promise<string | null | undefined> {
  const [row] = await query(
    `select pid from pg_stat_activity where application_name like 'target-warehouse, process ${process.pid} %' and wait_event_type = 'Lock'`,
  )
  return row?.[0]
}

async function otherSession(t: TestContext): Promise<Client> {
  const other = new Client({ connectionString: SERVER_URL })
  await other.connect()
  t.after(() => other.end())
  return other
}

test('retries the batch when the session is ended while its merge waits for a row', async (t) => {
  const { schema, url } = await freshSchema(t)
  await loadText({ url, text: input('old') })
  const other = await otherSession(t)
  await other.query(`begin; update ${schema}.s set v = 'mine' where id = ${ROWS - 1}`)
  const load = loadText({ url, text: input('new') })
  await until(blockedPid, { what: 'a blocked session' })
  const pid = await blockedPid()
  assert.ok(pid, 'the merge does not wait')
  await query(`select pg_terminate_backend(${pid})`)
  await other.query('commit')
  const { error, stdout, stderr } = await load
  assert.equal(error, undefined, String(error))
  assert.match(
    stderr.join(''),
    /A commit failed and is retried\..*administrator command|A commit failed and is retried\..*Connection terminated/,
  )
  assert.deepEqual(stdout, ['{"s":"new"}'])
  await judge(schema, 'new')
})

test('fails without partial rows when the session is ended every time, and a rerun completes the load', async (t) => {
  const { schema, url } = await freshSchema(t)
  await loadText({ url, text: input('old') })
  const stop = new AbortController()
  let ends = 0
  const proxy = await startProxy({
    port: Number(new URL(SERVER_URL).port),
    toServer: () =>
      holdingAt(PLACES['before COMMIT'](), async () => {
        await terminate(schema)
        if (++ends === 2) stop.abort(new Error('stopped'))
      }).toServer(),
  })
  t.after(() => proxy.close())
  const behindProxy = new URL(url)
  behindProxy.port = String(proxy.port)
  const { error, stdout } = await loadText({
    url: behindProxy.href,
    text: input('new'),
    signal: stop.signal,
  })
  assert.match(String(error), /PostgreSQL refused a batch \(/)
  assert.deepEqual(stdout, [])
  await judge(schema, 'old')
  assert.equal((await loadText({ url, text: input('new') })).error, undefined)
  await judge(schema, 'new')
})
