import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import { delayed, errorStatus } from '../../src/sandbox/api/answers.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import type { RunLogEntry } from '../../src/runner/run-log/entry.ts'
import { closedPort } from '../support/network/closed-port.ts'
import { collect, start } from '../support/programs.ts'
import { until } from '../support/wait.ts'
import { setUp } from './support/runner.ts'
import { onTerminal, screenOf } from './support/terminal.ts'

function jsonLines(text: string): JsonObject[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line) as JsonObject)
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length))
}

test('a run says where the rows are and what comes next, within 80 columns and wider where it can', async (t) => {
  const schedule = { type: 'basic', every: '3h' }
  const { folder } = await setUp(t, { connection: { schedule } })
  const narrow = await onTerminal(['run'], { cwd: folder })
  assert.equal(narrow.code, 0, narrow.stdout)
  const screen = screenOf(narrow.stdout)
  assert.ok(widest(screen) <= 80, screen)
  assert.equal(screen.match(/^stream /gm)?.length, 2)
  assert.match(
    screen,
    /^The run succeeded\.\nData: DuckDB, warehouse\.duckdb, schema marketing, tables cio_\*\nNext: customerio-sync query "select \* from cio_newsletters limit 5"\n {6}customerio-sync start$/m,
  )
  const query = /customerio-sync query "(.*)"/.exec(screen)?.[1] ?? ''
  const shown = await onTerminal(['query', query], { cwd: folder })
  assert.match(screenOf(shown.stdout), /^5 rows$/m)
  const wide = screenOf((await onTerminal(['run'], { cwd: folder, columns: 140 })).stdout)
  assert.equal(wide.match(/^stream /gm)?.length, 1)
  assert.ok(widest(wide) > 80 && widest(wide) <= 140, wide)
})

test('a run that fails shows no table of zeros, but the error, the next command and the log', async (t) => {
  const { sandbox, sync } = await setUp(t)
  sandbox.faults.add({ respond: errorStatus(401) })
  const { code, stdout, stderr } = await sync(['run'])
  assert.equal(code, 3)
  assert.match(stdout, /^\d requests?, 0 retries, \d+ s\.\nThe run failed\.\n$/)
  assert.match(
    stderr,
    /^Error \(tap-customerio\): .*401.*\nNext: customerio-sync check\nLog: {2}customerio-sync history --log [\da-f]{8}\n$/,
  )
  const [id = ''] = /[\da-f]{8}$/m.exec(stderr) ?? []
  const log = await sync(['history', '--log', id])
  assert.equal(log.code, 0, log.stderr)
  assert.match(
    log.stdout,
    /^20\S+ \S+ tap-customerio {3}CRITICAL .*401.* code=UNAUTHORIZED( status=401)?$/m,
  )
  assert.match(
    log.stdout,
    /^20\S+ \S+ customerio-sync {2}ERROR The run failed\. code=UNAUTHORIZED( status=401)?$/m,
  )
  const unknown = await sync(['history', '--log', 'zzzz'])
  assert.equal(unknown.code, 2)
  assert.match(
    unknown.stderr,
    /^Error: The history has no run zzzz\.\ncustomerio-sync history shows/,
  )
})

test('the history names each run, and its log has all warnings, without secrets', async (t) => {
  const { sandbox, sync, record } = await setUp(t)
  sandbox.faults.add({ match: /\/actions/, times: 3, respond: errorStatus(503) })
  const { code, record: run } = await record()
  assert.equal(code, 0)
  const list = await sync(['history'])
  assert.ok(widest(list.stdout) <= 80, list.stdout)
  assert.match(list.stdout, new RegExp(`^${run.run_id.slice(0, 8)}  20.* manual +succeeded `, 'm'))
  const log = await sync(['history', '--log', 'last', '--json'])
  const entries = JSON.parse(log.stdout) as RunLogEntry[]
  assert.equal(entries.filter(({ event }) => event === 'request_retried').length, 3)
  assert.deepEqual([...new Set(entries.map(({ program }) => program))].toSorted(), [
    'customerio-sync',
    'tap-customerio',
    'target-warehouse',
  ])
  assert.equal(entries.at(-1)?.message, 'The run succeeded.')
  assert.ok(!log.stdout.includes(sandbox.apiKey))
})

test('--quiet shows only errors, --verbose what the programs log, and LOGLEVEL does the same', async (t) => {
  const { sandbox, sync } = await setUp(t)
  const retried = () =>
    sandbox.faults.add({ match: /\/newsletters/, times: 1, respond: errorStatus(503) })
  retried()
  const quiet = await sync(['run', '--quiet'])
  assert.deepEqual([quiet.code, quiet.stdout, quiet.stderr], [0, '', ''])
  retried()
  const usual = await sync(['run'])
  assert.match(
    usual.stderr,
    /^Warning \(tap-customerio\): .* Retrying\. attempt=1 wait_seconds=\S+\n$/,
  )
  const errors = await sync(['run'], { env: { LOGLEVEL: 'error' } })
  assert.equal(errors.stderr, '')
  assert.match(errors.stdout, /The run succeeded\./)
  for (const verbose of [
    await sync(['run', '--verbose']),
    await sync(['run'], { env: { LOGLEVEL: 'info' } }),
  ]) {
    assert.match(verbose.stderr, /^Info \(target-warehouse\): Load finished\./m)
    assert.doesNotMatch(verbose.stderr, /METRIC/)
  }
  const both = await sync(['run', '--verbose', '--quiet'])
  assert.deepEqual([both.code, both.stderr], [2, 'Error: Give --verbose or --quiet, not both.\n'])
  sandbox.faults.add({ respond: errorStatus(401) })
  const failed = await sync(['run', '--quiet'])
  assert.deepEqual([failed.code, failed.stdout], [3, ''])
  assert.match(failed.stderr, /^Error \(tap-customerio\): .*\n$/)
})

test('LOG_FORMAT=json makes every line of a run JSON, on stdout and on stderr', async (t) => {
  const notify = { url: `http://127.0.0.1:${await closedPort()}/` }
  const { sandbox, sync } = await setUp(t, { connection: { notify } })
  sandbox.faults.add({ match: /\/newsletters/, times: 1, respond: errorStatus(503) })
  const env = { LOG_FORMAT: 'json' }
  const first = await sync(['run'], { env })
  assert.equal(first.code, 0)
  const [record] = jsonLines(first.stdout)
  assert.equal(record?.['outcome'], 'succeeded')
  const [warning] = jsonLines(first.stderr)
  assert.equal(warning?.['level'], 'warning')
  assert.equal(warning?.['app_name'], 'tap-customerio')
  const { event_code: event } = (warning?.['extra'] ?? {}) as JsonObject
  assert.equal(event, 'request_retried')
  sandbox.faults.add({ respond: errorStatus(401) })
  const failed = await sync(['run'], { env })
  assert.equal(failed.code, 3)
  const [critical, webhook] = jsonLines(failed.stderr)
  assert.deepEqual(critical?.['extra'], { event_code: 'failed', code: 'UNAUTHORIZED' })
  assert.deepEqual([webhook?.['level'], webhook?.['app_name']], ['warning', 'customerio-sync'])
  assert.equal(jsonLines(failed.stdout)[0]?.['outcome'], 'failed')
})

test('without a terminal a run of some seconds writes no progress', async (t) => {
  const { sandbox, sync } = await setUp(t)
  sandbox.faults.add({ match: /\/campaigns/, times: 1, respond: delayed(7000) })
  const { code, stderr } = await sync(['run'])
  assert.deepEqual([code, stderr], [0, ''])
})

test('when the network is down, the first failure says so and how to fix it', async (t) => {
  const { folder, path } = await setUp(t)
  const file = JSON.parse(await readFile(path, 'utf8')) as { source: JsonObject }
  const source = { ...file.source, api_url: `http://127.0.0.1:${await closedPort()}` }
  await writeFile(path, JSON.stringify({ ...file, source }))
  const runner = start('customerio-sync', { args: ['run'], cwd: folder })
  let said = ''
  const began = performance.now()
  runner.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const finished = collect(runner)
  await until(() => said.includes('HTTPS_PROXY'), { what: 'the first failure' })
  assert.ok(performance.now() - began < 60_000)
  assert.match(
    said,
    /^Warning \(tap-customerio\): .* \(ECONNREFUSED 127\.0\.0\.1:\d+\)\. Retrying\. Check the network, the DNS and, if a proxy is needed, HTTPS_PROXY\. A request gives up after 600 s\. attempt=1 /,
  )
  runner.kill('SIGTERM')
  const { code, stdout, stderr } = await finished
  assert.equal(code, 143)
  assert.match(stdout, /^0 rows|^\d+ requests/m)
  assert.match(stdout, /^Next: customerio-sync run$/m)
  assert.equal(stderr.split('Retrying.').length - 1, 1, stderr)
})
