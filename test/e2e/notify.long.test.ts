import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { History } from '../../src/runner/history/history.ts'
import { errorStatus } from '../../src/sandbox/api/answers.ts'
import type { WebhookEvent } from '../../src/schemas.generated.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { startConnectProxy } from '../support/network/connect-proxy.ts'
import { collect, start, writeJson } from '../support/programs.ts'
import { assertMatches } from '../support/record-schemas.ts'
import { startReceiver } from '../support/network/webhook-receiver.ts'
import { lastRanYesterday, startIn } from './support/started.ts'
import { setUp, type RunnerOptions } from './support/runner.ts'
import { until } from '../support/wait.ts'

async function notified(t: TestContext, options: RunnerOptions = {}) {
  const receiver = await startReceiver(t)
  const connection = { notify: { url: receiver.url }, ...options.connection }
  return { ...(await setUp(t, { ...options, connection })), receiver }
}

function summaryOf({ event, run }: WebhookEvent): string {
  return [event, run?.outcome, run?.error?.code].filter(Boolean).join(' ')
}

test('a success of some streams is not a recovery and makes nothing fresh', async (t) => {
  const { sandbox, sync, record, receiver } = await notified(t)
  const fault = sandbox.faults.add({ match: /\/campaigns/, respond: errorStatus(403) })
  const summaries = () => receiver.events().map(summaryOf)
  assert.equal((await record()).code, 4)
  assert.deepEqual(summaries(), ['run_failed failed FORBIDDEN'])
  assert.equal((await record(['--only', 'newsletters'])).code, 0)
  assert.deepEqual(summaries().slice(1), [])
  assert.match((await sync(['status'])).stdout, /^fresh +never synced$/m)
  fault.remove()
  assert.equal((await record()).code, 0)
  assert.deepEqual(summaries().slice(1), ['run_recovered succeeded'])
  assert.match((await sync(['status'])).stdout, /^fresh +as of /m)
})

test('the next run reports a killed run', async (t) => {
  const { sandbox, folder, record, receiver } = await notified(t, {
    sandbox: { latency: { fixedMs: 500 } },
  })
  const killed = start('customerio-sync', { args: ['run'], cwd: folder })
  const ended = collect(killed)
  await until(() => sandbox.requests.length > 0, { what: 'the first request' })
  killed.kill('SIGKILL')
  await ended
  assert.equal((await record()).code, 0)
  assert.deepEqual(receiver.events().map(summaryOf), [
    'run_failed crashed',
    'run_recovered succeeded',
  ])
})

test('a stop does not wait for a webhook that does not respond; its event is retried later', async (t) => {
  const receiver = await startReceiver(t)
  const silent = createServer(() => undefined)
  t.after(() => silent.close())
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const { sandbox, folder, path, sync } = await setUp(t, {
    connection: { notify: { url: `http://127.0.0.1:${port}/` } },
  })
  sandbox.faults.add({ match: /\/newsletters/, respond: errorStatus(403) })
  const runner = start('customerio-sync', { args: ['run'], cwd: folder })
  const finished = collect(runner)
  await once(silent, 'request')
  const began = performance.now()
  runner.kill('SIGINT')
  assert.equal((await finished).code, 130)
  assert.ok(performance.now() - began < 8000, 'the stop took long')
  const file = JSON.parse(await readFile(path, 'utf8')) as JsonObject
  await writeFile(path, JSON.stringify({ ...file, notify: { url: receiver.url } }))
  assert.equal((await sync(['run'])).code, 4)
  assert.deepEqual(receiver.events().map(summaryOf), ['run_failed failed FORBIDDEN'])
})

test('reports why the data folder of a run is not writable', async (t) => {
  const { sync, receiver } = await notified(t, { connection: { data_folder: 'connection.json' } })
  const { code, stderr } = await sync(['run'])
  assert.equal(code, 2)
  assert.match(stderr, /Warning \(customerio-sync\): notified\.json could not be written\./)
  const [event] = receiver.events()
  assert.match(
    event?.run?.error?.message ?? '',
    /^The data folder \S+connection\.json is not writable \(EEXIST\)\.$/,
  )
})

test('a scheduled run with a damaged file notifies the webhook of the last valid file and is in the history', async (t) => {
  const schedule = { type: 'basic', every: '1h' }
  const setup = await notified(t, {
    connection: { schedule },
    sandbox: { latency: { fixedMs: 1000 } },
  })
  const { folder, path, receiver } = setup
  const connection = JSON.parse(await readFile(path, 'utf8')) as JsonObject
  const destination = { warehouse_url: 'duckdb:other.duckdb' }
  await writeJson(folder, 'other.json', { ...connection, destination })
  await lastRanYesterday(setup)
  await lastRanYesterday(setup, 'other')
  // The second connection waits for the run of the first, because they share the key.
  const args = ['--connection', 'connection.json', '--connection', 'other.json']
  const runner = startIn(t, setup, { args })
  await runner.saw(/ connection started/)
  await writeFile(join(folder, 'other.json'), '{"source": ')
  await runner.saw(/ other WARNING could not start the run\./)
  assert.equal((await runner.stop()).code, 143)
  assert.deepEqual(receiver.events().map(summaryOf), ['run_failed failed CONFIG_INVALID'])
  assert.equal(receiver.events()[0]?.connection, 'other')
  const [entry] = await new History(join(folder, '.customerio-sync', 'other')).newest(1)
  assert.match(entry?.run.error?.message ?? '', /other\.json/)
})

test('sends webhooks through the proxy that the environment names', async (t) => {
  const { sync, receiver } = await notified(t, { source: { app_api_key: 'a-wrong-key' } })
  const proxy = await startConnectProxy()
  t.after(() => proxy.close())
  await sync(['run'], { env: { HTTP_PROXY: `http://127.0.0.1:${proxy.port}` } })
  assert.deepEqual(receiver.events().map(summaryOf), ['run_failed failed UNAUTHORIZED'])
  assert.ok(proxy.requested.includes(`127.0.0.1:${receiver.port}`))
})

test('notify test sends an event and prints what the receiver answered', async (t) => {
  const { sync, receiver } = await notified(t)
  const ended = await sync(['notify', 'test'])
  assert.equal(ended.code, 0, ended.stderr)
  assert.equal(
    ended.stdout,
    `Sent a test event to 127.0.0.1:${receiver.port} in the format json. It answered with status 204 and an empty body.\n`,
  )
  const [event] = receiver.events()
  await assertMatches('webhook.json', event)
  assert.deepEqual(
    [
      event?.event,
      event?.text,
      event?.run,
      receiver.received[0]?.headers['x-customerio-sync-event'],
    ],
    ['test', 'connection: This is a test. The webhook works.', null, 'test'],
  )
  // It is no event of a run: nothing is retried, and the next run sends nothing.
  assert.equal((await sync(['run'])).code, 0)
  assert.equal(receiver.received.length, 1)
})

test('notify test fails with the answer of a receiver that refuses the event', async (t) => {
  const receiver = await startReceiver(t, [404], 'no_service \u001b[31m'.repeat(1000))
  const { sync } = await setUp(t, {
    connection: { notify: { url: receiver.url, format: 'teams' } },
  })
  const ended = await sync(['notify', 'test'])
  assert.equal(ended.code, 5)
  assert.match(
    ended.stdout,
    /^Sent a test event to \S+ in the format teams\. It answered with status 404 and "no_service /,
  )
  assert.ok(!ended.stdout.includes('\u001b') && ended.stdout.length < 3000)
  assert.match(
    ended.stderr,
    /^Error: The webhook did not accept the event \(status 404\)\.\nAn event is delivered when /,
  )
  assert.equal(receiver.received.length, 1)
  assert.equal(receiver.events()[0]?.attachments?.length, 1)
  const { stdout } = await sync(['notify', 'test', '--json'])
  const document = JSON.parse(stdout) as JsonObject
  assert.deepEqual(
    [document['is_accepted'], document['status'], document['format']],
    [false, 404, 'teams'],
  )
})

test('notify test says what is wrong without a webhook, or when none responds', async (t) => {
  const none = await (await setUp(t)).sync(['notify', 'test'])
  assert.equal(none.code, 2)
  assert.match(none.stderr, /connection\.json has no `notify`\.\nAdd it, with the `url`/)
  const { sync } = await setUp(t, {
    connection: { notify: { url: 'http://127.0.0.1:1/a-secret-path' } },
  })
  const closed = await sync(['notify', 'test'])
  assert.equal(closed.code, 5)
  assert.match(closed.stderr, /The webhook did not respond \(ECONNREFUSED 127\.0\.0\.1:1\)\./)
  assert.ok(!`${closed.stdout}${closed.stderr}`.includes('a-secret-path'))
  const unknown = await sync(['notify', 'tset'])
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /Unknown action: tset\.\nDid you mean test\?/)
})

test('notify test shows no secret of the URL that the receiver repeats', async (t) => {
  const path = '/services/T00000000/XXXXXXXXXXXXXXXXXXXXXXXX'
  // The cut would come in the middle of the secret.
  const body = `${'.'.repeat(480)} Cannot POST ${path}`
  const receiver = await startReceiver(t, [404], body)
  const url = new URL(path, receiver.url).href
  const { sync } = await setUp(t, { connection: { notify: { url } } })
  for (const args of [[], ['--json']]) {
    const { stdout } = await sync(['notify', 'test', ...args])
    assert.match(stdout, /Cannot POST \*\*\*/)
    assert.doesNotMatch(stdout, /services|XXXX/)
  }
})
