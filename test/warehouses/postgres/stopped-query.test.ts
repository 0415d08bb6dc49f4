/** A query that is stopped, or whose program is killed, ends on the server too. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { loadText } from '../../conformance/support/loading.ts'
import { freshSchema, query, SERVER_URL } from '../../conformance/support/postgres.ts'
import { startProxy } from '../../support/network/tcp-proxy.ts'
import { collect, start } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'

const [[VERSION] = []] = await query(`select current_setting('server_version_num')`)
const tooOld = Number(VERSION) < 140_000 && 'the server is older than version 14'

/** A program that runs an endless query, and a look for that query on the server. */
async function startEndlessQuery(t: TestContext) {
  const { schema, url } = await freshSchema(t)
  const child = start('target-warehouse', {
    args: ['--config', 'ENV', '--query', `select pg_sleep(3600) /* ${schema} */`],
    env: { TARGET_WAREHOUSE_WAREHOUSE_URL: url },
  })
  const isRunning = async () => {
    const found = await query(
      `select 1 from pg_stat_activity where state = 'active' and query like 'select pg_sleep%${schema}%'`,
    )
    return found.length > 0
  }
  const finished = collect(child)
  await until(isRunning, { what: 'the query to run' })
  return { child, finished, isRunning }
}

for (const [signal, status] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const) {
  test(`${signal} ends a query on the server before the program ends`, async (t) => {
    const { child, finished, isRunning } = await startEndlessQuery(t)
    child.kill(signal)
    const { code, stdout, stderr } = await finished
    assert.deepEqual([code, stdout, stderr], [status, '', `INFO Stopped by ${signal}.\n`])
    assert.equal(await isRunning(), false)
  })
}

test('SIGINT ends --tables while it waits for a table', async (t) => {
  const { schema, url } = await freshSchema(t)
  const text =
    '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}\n{"type":"RECORD","stream":"s","record":{"id":1}}\n'
  assert.equal((await loadText({ url, text })).error, undefined)
  const holder = new Client({ connectionString: SERVER_URL })
  await holder.connect()
  // A transaction that is open keeps the schema from being dropped.
  try {
    await holder.query(`begin; lock table ${schema}.s in access exclusive mode`)
    const child = start('target-warehouse', {
      args: ['--config', 'ENV', '--tables', 's'],
      env: { TARGET_WAREHOUSE_WAREHOUSE_URL: url },
    })
    const finished = collect(child)
    const isWaiting = async () => {
      const found = await query(
        `select 1 from pg_locks where not granted and relation = '${schema}.s'::regclass`,
      )
      return found.length > 0
    }
    await until(isWaiting, { what: 'the query to wait' })
    child.kill('SIGINT')
    const { code, stdout, stderr } = await finished
    assert.deepEqual([code, stdout, stderr], [130, '', 'INFO Stopped by SIGINT.\n'])
    assert.equal(await isWaiting(), false)
  } finally {
    await holder.end()
  }
})

test('a query ends on the server after its program was killed', { skip: tooOld }, async (t) => {
  const { child, finished, isRunning } = await startEndlessQuery(t)
  child.kill('SIGKILL')
  assert.equal((await finished).code, 137)
  await until(async () => !(await isRunning()), { what: 'the query to end' })
})

test(
  'loads into a server whose system cannot look for lost clients',
  { skip: tooOld },
  async (t) => {
    const { schema, url } = await freshSchema(t)
    let changes = 0
    // The server refuses this value as it refuses any value on such a system.
    const refused = (text: string) =>
      text.replace(/(client_connection_check_interval = )'2s'/, (_all, name: string) => {
        changes++
        return `${name}'-1'`
      })
    const proxy = await startProxy({
      port: Number(new URL(SERVER_URL).port),
      toServer: () => (chunk) => [
        { bytes: Buffer.from(refused(chunk.toString('latin1')), 'latin1') },
      ],
    })
    t.after(() => proxy.close())
    const behindProxy = new URL(url)
    behindProxy.port = String(proxy.port)
    const text =
      '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}\n{"type":"RECORD","stream":"s","record":{"id":1}}\n'
    const { error } = await loadText({ url: behindProxy.href, text })
    assert.equal(error, undefined, String(error))
    assert.deepEqual([changes, await query(`select id from ${schema}.s`)], [1, [['1']]])
  },
)
