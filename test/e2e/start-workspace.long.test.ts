import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'
import { until } from '../support/wait.ts'
import { setUp, type RunnerSetup } from './support/runner.ts'
import { lastRanYesterday, startIn, TICK_FAR_AWAY } from './support/started.ts'

/** Written while the program runs, so the key is not in the file. */
const KEY = '${CUSTOMERIO_APP_API_KEY}'

/** A workspace without a connection; `connect` writes one. */
async function setUpWorkspace(t: TestContext) {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY } })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'connections'))
  const connect = async (name: string, members: JsonObject = {}) =>
    writeJson(join(folder, 'connections'), `${name}.json`, {
      source: { app_api_key: KEY, api_url: sandbox.url, requests_per_second: 500 },
      destination: { table_prefix: `${name}_` },
      schedule: TICK_FAR_AWAY,
      ...members,
    })
  const env = { CUSTOMERIO_APP_API_KEY: sandbox.apiKey }
  const sync = async (args: readonly string[]) => run('customerio-sync', { args, cwd: folder, env })
  return { folder, connect, sync, env, setup: { folder } as RunnerSetup }
}

async function metricsOf(port: string): Promise<string> {
  return (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
}

test('start runs all connections of the workspace, and notices added, changed and removed files', async (t) => {
  const { folder, connect, env, setup } = await setUpWorkspace(t)
  for (const name of ['eu', 'us']) {
    await connect(name)
    await lastRanYesterday(setup, name)
  }
  await connect('by-hand', { schedule: { type: 'manual' } })
  const runner = startIn(t, setup, { args: ['--metrics-port', '0'], env })
  const port = await runner.saw(/Serving metrics\. port=(\d+)/)
  await runner.saw(/eu succeeded in/)
  await runner.saw(/us succeeded in/)
  await connect('added')
  await runner.saw(/added added: every 24h from \S+ UTC\. The next run is due at \S+Z\.$/m)
  await connect('us', { schedule: { type: 'basic', every: '12h' } })
  await runner.saw(/us changed: every 12h\. The next run is due at \S+T(00|12):00:00Z\.$/m)
  await until(async () => /next_run\S+\{connection="added"\} \d/.test(await metricsOf(port)), {
    what: 'the added connection in the metrics',
  })
  await rm(join(folder, 'connections/eu.json'))
  await runner.saw(/eu removed$/m)
  assert.doesNotMatch(await metricsOf(port), /connection="eu"/)
  assert.ok(existsSync(join(folder, '.customerio-sync/eu/history')))
  await writeFile(join(folder, 'connections/us.json'), '{"source": ')
  await runner.saw(
    /us WARNING customerio-sync: The connection file \S+us\.json is not valid JSON\. .* The last valid schedule stays\.$/m,
  )
  await connect('twin', { destination: { table_prefix: 'ADDED_' } })
  await runner.saw(
    /twin\.json WARNING customerio-sync: Two connections would write the same tables: .* The connection is not scheduled until that is corrected\.$/m,
  )
  await connect('twin')
  await runner.saw(/twin added: /)
  const { code, stdout } = await runner.stop()
  assert.equal(code, 143)
  assert.equal(stdout.match(/is not valid JSON/g)?.length, 1)
  assert.doesNotMatch(stdout, /by-hand/)
})

test('a changed schedule of a lone connection.json counts without a restart', async (t) => {
  const setup = await setUp(t, { connection: { schedule: TICK_FAR_AWAY } })
  const env = { CUSTOMERIO_APP_API_KEY: setup.sandbox.apiKey }
  const runner = startIn(t, setup, { args: ['--json'], env })
  await runner.saw(/"event":"waiting"/)
  const schedule = { type: 'basic', every: '6h' }
  await writeJson(setup.folder, 'connection.json', {
    source: { app_api_key: KEY, api_url: setup.sandbox.url },
    destination: { default_target_schema: 'marketing', table_prefix: 'cio_' },
    schedule,
  })
  await runner.saw(
    /"event":"scheduled","connection":"connection","is_new":false,"schedule":"every 6h"/,
  )
  await runner.saw(/"event":"waiting","connection":"connection","next":"\S+T(00|06|12|18):00:00Z"/)
  assert.equal((await runner.stop()).code, 143)
})

test('start warns about a file that it cannot use, and refuses when there is nothing to run', async (t) => {
  const { folder, connect, sync, env, setup } = await setUpWorkspace(t)
  const empty = await sync(['start'])
  assert.equal(empty.code, 2)
  assert.match(
    empty.stderr,
    /connection\.json could not be read \(no such file\)\.\nCreate it with: /,
  )
  await connect('manual', { schedule: { type: 'manual' } })
  assert.match((await sync(['start'])).stderr, /manual\.json has no schedule\./)
  await connect('another', { schedule: { type: 'manual' } })
  assert.match((await sync(['start'])).stderr, /None of the connections has a schedule\./)
  await connect('broken', { schedule: { type: 'basic', every: '7h' } })
  assert.match((await sync(['start'])).stderr, /broken\.json is not valid: `schedule\.every`/)
  await connect('eu')
  const named = await sync(['start', '--connection', 'eu', '--connection', 'broken'])
  assert.equal(named.code, 2)
  const twice = await sync(['start', '--connection', 'eu', '--connection', 'connections/eu.json'])
  assert.match(twice.stderr, /The connection connections\/eu\.json is given more than once\./)
  const runner = startIn(t, setup, { env })
  await runner.saw(
    /Warning: The connection file \S+broken\.json is not valid: .*once it is corrected/,
  )
  await runner.saw(/^eu +every 24h/m)
  await writeJson(join(folder, 'connections'), 'broken.json', {
    source: { app_api_key: KEY },
    destination: { table_prefix: 'broken_' },
    schedule: TICK_FAR_AWAY,
  })
  await runner.saw(/broken added: every 24h/)
  assert.equal((await runner.stop()).code, 143)
})

test('start waits while its only connection is paused, and catches up after that', async (t) => {
  const { connect, env, setup } = await setUpWorkspace(t)
  await lastRanYesterday(setup, 'eu')
  await connect('eu', { schedule: { ...TICK_FAR_AWAY, paused: true } })
  const runner = startIn(t, setup, { env, args: ['--connection', 'eu'] })
  await runner.saw(/^Warning: The connection eu is paused\. To resume it, remove `paused`/m)
  await connect('eu')
  await runner.saw(/eu started a catch-up run/)
  await runner.saw(/eu succeeded in/)
  const { code, stdout } = await runner.stop()
  assert.equal(code, 143)
  assert.doesNotMatch(stdout, /next runs/)
})

test('status says when nothing runs the schedule, and shows the next run and the pause otherwise', async (t) => {
  const setup = await setUp(t, {
    connection: { schedule: TICK_FAR_AWAY },
    source: { app_api_key: 'a-wrong-key' },
  })
  await lastRanYesterday(setup)
  const status = async (): Promise<JsonObject> => {
    const { stdout } = await setup.sync(['status', '--json'])
    const document = JSON.parse(stdout) as JsonObject
    const names = ['next_run', 'is_schedule_running', 'paused_until']
    return Object.fromEntries(names.map((name) => [name, document[name] ?? null]))
  }
  const nothing = { next_run: null, is_schedule_running: false, paused_until: null }
  assert.deepEqual(await status(), nothing)
  assert.match(
    (await setup.sync(['status'])).stdout,
    /^next run {4}none: nothing runs the schedule \(every 24h from \S+ UTC\)\n {12}Start it with: customerio-sync start$/m,
  )
  const runner = startIn(t, setup, { args: ['--metrics-port', '0'] })
  const port = await runner.saw(/Serving metrics\. port=(\d+)/)
  await runner.saw(/WARNING paused until/)
  const paused = await until(
    async () => {
      const found = await status()
      return found['paused_until'] === null ? undefined : found
    },
    { what: 'the pause in the status' },
  )
  const { next_run: next, paused_until: pausedUntil } = paused
  assert.ok(typeof next === 'string' && typeof pausedUntil === 'string' && next >= pausedUntil)
  assert.equal(next.slice(11, 16), TICK_FAR_AWAY.start_at)
  const metrics = await metricsOf(port)
  assert.match(metrics, /^customerio_sync_paused\{connection="connection",reason="error"\} 1$/m)
  const seconds = /next_run_timestamp_seconds\{connection="connection"\} (\d+)$/m.exec(metrics)?.[1]
  assert.equal(Number(seconds) * 1000, Date.parse(next))
  assert.match(
    (await setup.sync(['status'])).stdout,
    /^paused {6}until \S+Z, because a retry cannot fix the last error\n.*\nnext run {4}\S+Z \(every 24h/m,
  )
  await runner.stop()
  assert.deepEqual(await status(), nothing)

  // The next process keeps the pause: it makes no request before the pause ends.
  const requests = setup.sandbox.requests.length
  const again = startIn(t, setup)
  await again.saw(/WARNING paused until/)
  const kept = await until(
    async () => {
      const found = await status()
      return found['paused_until'] === null ? undefined : found
    },
    { what: 'the kept pause in the status' },
  )
  assert.deepEqual(kept, paused)
  assert.equal((await again.stop()).code, 143)
  assert.equal(setup.sandbox.requests.length, requests)
})

test('a corrected key in the environment ends the pause at the next start', async (t) => {
  const setup = await setUp(t, {
    connection: { schedule: TICK_FAR_AWAY },
    source: { app_api_key: KEY },
  })
  await lastRanYesterday(setup)
  const wrong = startIn(t, setup, { env: { CUSTOMERIO_APP_API_KEY: 'a-wrong-key' } })
  await wrong.saw(/WARNING paused until/)
  await wrong.stop()
  const env = { CUSTOMERIO_APP_API_KEY: setup.sandbox.apiKey }
  const right = startIn(t, setup, { env, args: ['--metrics-port', '0'] })
  const port = await right.saw(/Serving metrics\. port=(\d+)/)
  await until(async () => /customerio_sync_paused\{[^}]*\} 0/.test(await metricsOf(port)), {
    what: 'the connection without a pause',
  })
  const { code, stdout } = await right.stop()
  assert.equal(code, 143)
  assert.doesNotMatch(stdout, /paused/)
  assert.ok(!existsSync(join(setup.folder, '.customerio-sync/connection/scheduler.json')))
})

test('status does not believe a process that was killed', async (t) => {
  const setup = await setUp(t, { connection: { schedule: TICK_FAR_AWAY } })
  const runner = startIn(t, setup)
  const note = join(setup.folder, '.customerio-sync/connection/scheduler.json')
  await until(() => existsSync(note), { what: 'the note of the scheduler' })
  const isIdle = async () => (await setup.sync(['status'])).stdout.includes('nothing runs')
  assert.equal(await isIdle(), false)
  runner.child.kill('SIGKILL')
  await runner.finished
  assert.ok(existsSync(note))
  assert.equal(await isIdle(), true)
})

test('a named connection whose file is deleted is removed, and fails at no tick', async (t) => {
  const { folder, connect, env, setup } = await setUpWorkspace(t)
  for (const name of ['eu', 'us']) await connect(name)
  const args = ['--connection', 'eu', '--connection', 'us']
  const runner = startIn(t, setup, { args, env })
  await runner.saw(/^us +every 24h/m)
  await rm(join(folder, 'connections/eu.json'))
  await runner.saw(/eu removed$/m)
  assert.equal((await runner.stop()).code, 143)
})
