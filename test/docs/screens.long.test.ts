/** The page of terminal screens shows what a terminal of 80 columns shows. */

import assert from 'node:assert/strict'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { delayed, errorStatus } from '../../src/sandbox/api/answers.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { closedPort } from '../support/network/closed-port.ts'
import { startReceiver } from '../support/network/webhook-receiver.ts'
import { writeJson } from '../support/programs.ts'
import { DEFAULT_STREAMS, HIDDEN, setUp as setUpInit } from '../e2e/support/init.ts'
import { setUp, type RunnerOptions, type RunnerSetup } from '../e2e/support/runner.ts'
import { lastRanYesterday, startIn, TICK_FAR_AWAY } from '../e2e/support/started.ts'
import { onTerminal, screenOf } from '../e2e/support/terminal.ts'
import { asUsersSee, checkTranscript } from './output.ts'

const PAGE = 'docs/terminal.md'
const OPEN_REQUESTS = /^\d+ requests?, \d+ retr(?:y|ies)/m
const WRONG_KEY = 'wrong-key-of-nobody'
const EVERY_3H = { type: 'basic', every: '3h' }

const QUERY =
  'select id, name, type, active, state, tags, created, updated, created_by, first_started from cio_campaigns order by id limit 2'

interface Screen {
  args: readonly string[]
  code?: number
  /** When the screen shows the first, the second is typed. */
  replies?: readonly (readonly [prompt: string, reply: string])[]
  /** Further places of this test, and what the page shows for each. */
  places?: Readonly<Record<string, string>>
  /** Whether requests were open at the end, so that their number is chance. */
  isCut?: boolean
}

type Shown = Pick<RunnerSetup, 'folder' | 'sandbox'>

/** Runs the command on a terminal, and compares its screen with the page. */
async function check({ folder, sandbox }: Shown, info: string, screen: Screen): Promise<void> {
  const { args, code = 0, replies = [], places = {}, isCut = false } = screen
  const ended = await onTerminal(args, { cwd: folder, replies, env: { TZ: 'UTC' } })
  assert.equal(ended.code, code, ended.stdout)
  const printed = Object.entries(places).reduce(
    (rest, [place, shown]) => rest.replaceAll(place, shown),
    screenOf(ended.stdout),
  )
  const text = asUsersSee(printed, { url: sandbox.url, folder })
  const shown = isCut ? text.replace(OPEN_REQUESTS, '2 requests, 0 retries') : text
  await checkTranscript(PAGE, info, shown)
}

async function setUpRun(t: TestContext, options: RunnerOptions = {}): Promise<RunnerSetup> {
  return setUp(t, { ...options, connection: { schedule: EVERY_3H, ...options.connection } })
}

test('the page shows init in a workspace, and a refused key', async (t) => {
  const { sandbox, folder } = await setUpInit(t)
  await mkdir(join(folder, 'destinations'))
  await writeJson(join(folder, 'destinations'), 'warehouse.json', {
    warehouse_url: 'duckdb:warehouse.duckdb',
    default_target_schema: 'marketing',
  })
  await check({ folder, sandbox }, 'init-workspace', {
    args: ['init', '--connection', 'eu', '--api-url', sandbox.url],
    replies: [
      [HIDDEN, WRONG_KEY],
      [HIDDEN, sandbox.apiKey],
      ['Days of history', '90'],
      ['Destination [warehouse]', ''],
      ['Schema', ''],
      ['Prefix', ''],
      ...DEFAULT_STREAMS,
      ['Schedule', '30 2 * * mon-fri'],
      ['Time zone', 'Europe/Berlin'],
      ['Check the connection now?', 'no'],
    ],
  })
})

test('the page shows a run before, while and after it reads', async (t) => {
  const setup = await setUpRun(t)
  const { sandbox } = setup
  await check(setup, 'run-dry-run', { args: ['run', '--dry-run', '--only', 'campaigns'] })
  sandbox.faults.add({ respond: delayed(60_000) })
  await check(setup, 'run-stopped', {
    args: ['run'],
    code: 130,
    replies: [['2 s  waiting for the first rows', '^C']],
    isCut: true,
  })
  sandbox.faults.clear()
  sandbox.faults.add({ match: /campaigns\/1\/actions/, times: 1, respond: errorStatus(503) })
  await check(setup, 'run-retried', { args: ['run'] })
  await check(setup, 'history-log', { args: ['history', '--log', 'last'] })
  await check(setup, 'history', { args: ['history'] })
  await check(setup, 'query', {
    args: ['query', QUERY],
  })
})

test('the page shows what fails, and how to correct it', async (t) => {
  const setup = await setUpRun(t)
  const { folder, path } = setup
  await check(setup, 'unknown-command', { args: ['chek'], code: 2 })
  await check(setup, 'unknown-stream', { args: ['resync', 'campaign'], code: 2 })
  assert.equal((await setup.sync(['run'])).code, 0)
  await writeJson(folder, 'state.json', { bookmarks: {} })
  await check(setup, 'state-set', { args: ['state', 'set', '--file', 'state.json'], code: 2 })
  const file = JSON.parse(await readFile(path, 'utf8')) as { source: JsonObject }
  const change = async (source: JsonObject) =>
    writeJson(folder, 'connection.json', { ...file, source: { ...file.source, ...source } })
  await change({ app_api_key: WRONG_KEY })
  await chmod(path, 0o600)
  await check(setup, 'check-failed', { args: ['check'], code: 3 })
  await check(setup, 'run-failed', { args: ['run'], code: 3 })
  const port = await closedPort()
  await change({ api_url: `http://127.0.0.1:${port}` })
  await check(setup, 'run-offline', {
    args: ['run', '--only', 'newsletters'],
    code: 130,
    replies: [['Retrying', '^C']],
    places: { [`127.0.0.1:${port}`]: 'api.customer.io:443' },
    isCut: true,
  })
  await writeFile(path, '{\n  "source": {"app_api_key": "a",}\n}\n')
  await check(setup, 'broken-file', { args: ['check'], code: 2 })
})

test('the page shows the status of a connection that runs, backs off or is paused', async (t) => {
  const setup = await setUpRun(t, { sandbox: { latency: { fixedMs: 20 } } })
  const { sandbox, path, sync } = setup
  await check(setup, 'status-new', { args: ['status'] })
  await lastRanYesterday(setup)
  sandbox.faults.add({ match: /\/actions/, respond: delayed(60_000) })
  const runner = startIn(t, setup)
  await runner.saw(/ connection started/)
  await check(setup, 'status-running', { args: ['status'] })
  await runner.stop()
  sandbox.faults.clear()
  assert.equal((await sync(['run'])).code, 0)
  const file = JSON.parse(await readFile(path, 'utf8')) as JsonObject
  const paused = { ...file, schedule: { ...EVERY_3H, paused: true } }
  await writeFile(path, JSON.stringify(paused))
  await check(setup, 'status-paused', { args: ['status'] })
})

test('the page shows start until it is stopped, and the pause after an error', async (t) => {
  const setup = await setUpRun(t)
  await lastRanYesterday(setup)
  await check(setup, 'start', {
    args: ['start'],
    code: 130,
    replies: [['rows read', '^C']],
  })
  const paused = await setUpRun(t, { source: { app_api_key: WRONG_KEY } })
  await lastRanYesterday(paused)
  const runner = startIn(t, paused)
  await runner.saw(/ paused until /)
  await check(paused, 'status-backoff', { args: ['status'] })
  await runner.stop()
})

test('the page shows the columns of a table, a test of the webhook, and what the console prints', async (t) => {
  const receiver = await startReceiver(t)
  const setup = await setUpRun(t, {
    connection: {
      resources: { newsletters: 'incremental' },
      schedule: TICK_FAR_AWAY,
      notify: { url: receiver.url },
    },
  })
  assert.equal((await setup.sync(['run'])).code, 0)
  await check(setup, 'tables-columns', { args: ['tables', '--columns'] })
  await check(setup, 'notify-test', {
    args: ['notify', 'test'],
    places: { [`127.0.0.1:${receiver.port}`]: 'hooks.example.com' },
  })
  const port = await closedPort()
  const { folder } = setup
  const ended = await onTerminal(['console', '--port', String(port)], {
    cwd: folder,
    replies: [['token=', '^C']],
  })
  assert.equal(ended.code, 130, ended.stdout)
  const screen = screenOf(ended.stdout)
    .replaceAll(folder, '/home/you/customerio')
    .replaceAll(String(port), '8080')
    .replace(/(?<=token=)[\w-]{43}$/m, 'a-token-that-works-once')
  await checkTranscript(PAGE, 'console', screen)
})
