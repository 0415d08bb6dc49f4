/** A query that is stopped, or whose program is killed, ends on the server too. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
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
