import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonObject } from '../../src/singer/json.ts'
import { childrenOf, collect, ROOT, start, writeJson } from '../support/programs.ts'
import { setUp } from './support/runner.ts'
import { lastRanYesterday, startIn, TICK_FAR_AWAY } from './support/started.ts'
import { until } from '../support/wait.ts'

function withMetricsPort(port: string) {
  return { env: { CUSTOMERIO_SYNC_METRICS_PORT: port } }
}

test('shows the next runs, catches up at once after a downtime, serves metrics, and ends with 143 on SIGTERM', async (t) => {
  const schedule = { type: 'cron', expression: '30 2 * * *', timezone: 'Europe/Berlin' }
  const setup = await setUp(t, { connection: { name: 'eu', schedule } })
  const history = await lastRanYesterday(setup)
  const runner = startIn(t, setup, { args: ['--metrics-port', '0'] })
  await runner.saw(/eu succeeded in/)
  const port = await runner.saw(/Serving metrics\. port=(\d+)/)
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()
  const { code, stdout } = await runner.stop()

  assert.equal(code, 143)
  const instant = String.raw`\d{4}-\d\d-\d\d \d\d:\d\d`
  assert.match(
    stdout,
    new RegExp(
      String.raw`^eu +cron 30 2 \* \* \* in Europe/Berlin +${instant} +\d{4}-\d\d-\d\d 02:30$`,
      'm',
    ),
  )
  const at = String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ eu `
  assert.match(
    stdout,
    new RegExp(`${at}started a catch-up run; the first missed tick is \\S+Z$`, 'm'),
  )
  assert.match(
    stdout,
    new RegExp(
      `${at}succeeded in [\\d.]+ s: [1-9]\\d* rows read, [1-9]\\d* loaded, [1-9]\\d* requests$`,
      'm',
    ),
  )
  const [entry] = await history.newest(1)
  assert.deepEqual([entry?.run.trigger, entry?.run.outcome], ['catch_up', 'succeeded'])
  assert.match(metrics, /^customerio_sync_runs_total\{connection="eu",status="succeeded"\} 1$/m)
  assert.match(metrics, /^customerio_sync_rows_total\{connection="eu",stream="campaigns"\} [1-9]/m)
  const success = /last_success_timestamp_seconds\{connection="eu"\} ([\d.]+)$/m.exec(metrics)?.[1]
  assert.equal(Number(success) * 1000, Date.parse(entry?.run.ended_at ?? ''))
  assert.match(metrics, /^customerio_sync_next_run_timestamp_seconds\{connection="eu"\} \d+$/m)
})

test('serves metrics on the host and port of the environment, and a flag wins', async (t) => {
  const setup = await setUp(t, { connection: { schedule: TICK_FAR_AWAY } })
  const env = { CUSTOMERIO_SYNC_METRICS_HOST: '127.0.0.2', CUSTOMERIO_SYNC_METRICS_PORT: '0' }
  const started: [args: string[], host: string][] = [
    [[], '127.0.0.2'],
    [['--metrics-host', '127.0.0.3'], '127.0.0.3'],
  ]
  for (const [args, host] of started) {
    const runner = startIn(t, setup, { args, env })
    const port = await runner.saw(/Serving metrics\. port=(\d+)/)
    assert.match(await runner.saw(/Serving metrics\. port=\d+ host=(\S+)/), new RegExp(`^${host}$`))
    const metrics = await (await fetch(`http://${host}:${port}/metrics`)).text()
    assert.match(metrics, /^# TYPE customerio_sync_runs_total counter$/m)
    await assert.rejects(fetch(`http://127.0.0.1:${port}/metrics`))
    assert.equal((await runner.stop()).code, 143)
  }
})

test('SIGTERM stops a running run after its last commit, and the next start catches up; LOG_FORMAT=json prints only JSON lines', async (t) => {
  const setup = await setUp(t, {
    connection: { schedule: TICK_FAR_AWAY },
    sandbox: { latency: { fixedMs: 5000 } },
  })
  const history = await lastRanYesterday(setup)
  const runner = startIn(t, setup, { args: ['--json'] })
  await runner.saw(/"event":"started"/)
  await until(() => setup.sandbox.requests.length > 0, { what: 'a request' })
  const { code, stdout } = await runner.stop()
  assert.equal(code, 143)
  const events = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JsonObject)
  assert.deepEqual(
    events.map(({ event }) => event),
    ['waiting', 'started', 'ended'],
  )
  const [entry] = await history.newest(1)
  assert.deepEqual([entry?.run.outcome, entry?.isRunning], ['stopped', false])
  assert.match(JSON.stringify(events[2]), /"outcome":"stopped"/)
  const again = startIn(t, setup, { env: { LOG_FORMAT: 'json' } })
  await again.saw(/"event":"started","connection":"connection","tick":"[^"]*","catch_up":true/)
  const lines = (await again.stop()).stdout.split('\n').filter(Boolean)
  assert.ok(lines.every((line) => line.startsWith('{"at":')))
})

test('connections with one key run one after the other, so that its rate limit holds', async (t) => {
  const setup = await setUp(t, { connection: { schedule: TICK_FAR_AWAY } })
  const connection = JSON.parse(await readFile(setup.path, 'utf8')) as JsonObject
  const destination = { warehouse_url: 'duckdb:other.duckdb', table_prefix: 'cio_' }
  await writeJson(setup.folder, 'other.json', { ...connection, destination })
  const histories = [await lastRanYesterday(setup), await lastRanYesterday(setup, 'other')]
  const both = ['--connection', 'connection.json', '--connection', 'other.json']
  const runner = startIn(t, setup, { args: both })
  await runner.saw(/ succeeded in[^]* succeeded in/)
  assert.equal((await runner.stop()).code, 143)
  const runs = await Promise.all(
    histories.map(async (history) => (await history.newest(1))[0]?.run),
  )
  const [first, second] = runs
  assert.deepEqual([first?.trigger, second?.trigger], ['catch_up', 'catch_up'])
  assert.ok(first?.ended_at && second && second.started_at >= first.ended_at)
})

test('skips a tick while another process runs the connection, and reports it', async (t) => {
  const setup = await setUp(t, {
    connection: { schedule: TICK_FAR_AWAY },
    sandbox: { latency: { fixedMs: 2500 } },
  })
  const manual = start('customerio-sync', { args: ['run'], cwd: setup.folder })
  const ended = collect(manual)
  await until(() => setup.sandbox.requests.length > 0, { what: 'a request' })
  // Written while the run is running: the scheduler sees yesterday's run as the last one.
  await lastRanYesterday(setup)
  const runner = startIn(t, setup)
  await runner.saw(/WARNING skipped the tick of \S+: another process is running this connection/)
  assert.equal((await runner.stop()).code, 143)
  assert.equal((await ended).code, 0)
})

test('a refused key pauses the connection, is reported once, and does not end the process', async (t) => {
  const setup = await setUp(t, {
    connection: { schedule: TICK_FAR_AWAY },
    source: { app_api_key: 'a-wrong-key' },
  })
  await lastRanYesterday(setup)
  const runner = startIn(t, setup)
  await runner.saw(
    /connection WARNING paused until \S+Z, because a retry cannot fix this error\. To resume earlier, change the connection file or complete a manual run\./,
  )
  const { code, stdout } = await runner.stop()
  assert.equal(code, 143)
  assert.match(stdout, /WARNING failed in [\d.]+ s: 0 rows read, 0 loaded, \d+ requests\. .*401/)
  assert.ok(!stdout.includes('a-wrong-key'))
})

const REFUSED: [what: string, connection: JsonObject, message: RegExp][] = [
  ['without a schedule', {}, /The connection connection\.json has no schedule\./],
  [
    'with ticks too close',
    { schedule: { type: 'cron', expression: '*/5 * * * *' } },
    /`\*\/5 \* \* \* \*` has ticks only 5 minutes apart \(00:00 and 00:05\); the minimum is 15 minutes\./,
  ],
  [
    'with an unknown zone',
    { schedule: { type: 'cron', expression: '0 2 * * *', timezone: 'Europe/Berln' } },
    /The time zone `Europe\/Berln` is unknown\./,
  ],
]

test('ends with 2 at once for invalid schedules and for two connections with the same tables', async (t) => {
  for (const [what, connection, message] of REFUSED) {
    const setup = await setUp(t, { connection })
    const { code, stderr } = await setup.sync(['start'])
    assert.equal(code, 2, what)
    assert.match(stderr, message)
  }
  const setup = await setUp(t, { connection: { schedule: TICK_FAR_AWAY } })
  await writeJson(setup.folder, 'twin.json', JSON.parse(await readFile(setup.path, 'utf8')))
  const { code, stderr } = await setup.sync([
    'start',
    '--connection',
    'connection.json',
    '--connection',
    'twin.json',
  ])
  assert.equal(code, 2)
  assert.match(stderr, /Two connections would write the same tables: \S+ and \S+twin\.json\./)
  for (const refused of [
    await setup.sync(['start', '--metrics-port', '70000']),
    await setup.sync(['start'], withMetricsPort('70000')),
    await setup.sync(['start'], withMetricsPort('http')),
    await setup.sync(['start', '--metrics-host', '::1']),
    await setup.sync(['start', '--metrics-port', '0', '--metrics-host', 'host.invalid']),
  ]) {
    assert.equal(refused.code, 2)
    assert.match(refused.stderr, /metrics/i)
  }
})

const canBeFirst = spawnSync('unshare', ['--pid', '--fork', '--mount-proc', 'true']).status === 0

test(
  'runs as the first process of a container, stops on SIGTERM, and leaves no zombie',
  { skip: !canBeFirst },
  async (t) => {
    const setup = await setUp(t, { connection: { schedule: TICK_FAR_AWAY } })
    await lastRanYesterday(setup)
    const { PATH = '', HOME = '', TMPDIR = '/tmp', TEST_RUN = '' } = process.env
    const outer = spawn(
      'unshare',
      [
        '--pid',
        '--fork',
        '--mount-proc',
        '--kill-child',
        process.execPath,
        join(ROOT, 'bin/customerio-sync.js'),
        'start',
      ],
      {
        cwd: setup.folder,
        env: { PATH, HOME, TMPDIR, TEST_RUN },
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    )
    t.after(() => outer.kill('SIGKILL'))
    let seen = ''
    outer.stdout.setEncoding('utf8').on('data', (chunk: string) => (seen += chunk))
    outer.stderr.setEncoding('utf8').on('data', (chunk: string) => (seen += chunk))
    await until(() => seen.includes('succeeded in'), { what: 'a run that succeeded' })
    const [first = '0'] = await childrenOf(outer.pid ?? 0)
    assert.match(await readFile(`/proc/${first}/status`, 'utf8'), /^NSpid:\t\d+\t1$/m)
    assert.deepEqual(await childrenOf(Number(first)), [])
    process.kill(Number(first), 'SIGTERM')
    const [code] = (await once(outer, 'close')) as [number]
    assert.equal(code, 143)
  },
)
