import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { collect, ROOT, run, temporaryFolder } from '../support/programs.ts'

async function setUp(t: TestContext) {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY } })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const path = join(folder, 'connection.json')
  const read = async () => JSON.parse(await readFile(path, 'utf8')) as Record<string, JsonObject>
  return { sandbox, folder, path, read }
}

/** Runs `customerio-sync` on a pseudo-terminal and replies to its prompts. */
async function onTerminal(
  args: readonly string[],
  replies: readonly (readonly [prompt: string, reply: string])[],
  cwd: string,
) {
  const { PATH = '', TMPDIR = '/tmp', TEST_RUN = '' } = process.env
  const program = [process.execPath, join(ROOT, 'bin', 'customerio-sync.js'), ...args]
  const child = spawn(
    'python3',
    [join(ROOT, 'test', 'e2e', 'support', 'terminal.py'), ...program],
    {
      cwd,
      env: { PATH, TMPDIR, TEST_RUN, TERM: 'xterm' },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  )
  child.stdin.end(replies.map((pair) => pair.join('\t')).join('\n'))
  return collect(child)
}

test('init with flags asks nothing, reads the key from the environment, and names the next command', async (t) => {
  const { sandbox, folder, path, read } = await setUp(t)
  const args = ['init', '--api-url', sandbox.url, '--prefix', 'cio_', '--schedule', '3h']
  const env = { CUSTOMERIO_APP_API_KEY: sandbox.apiKey }
  const first = await run('customerio-sync', { args, cwd: folder, env })
  assert.equal(first.code, 0, first.stderr)
  assert.equal(
    first.stdout,
    'Created connection.json. Only you can read it.\nNext: customerio-sync check\n',
  )
  assert.equal(first.stderr, 'Checking the key...\nThe key works.\n')
  const { $schema: schema, id, ...file } = await read()
  assert.match(JSON.stringify(id), /^"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"$/)
  assert.deepEqual(file, {
    source: { app_api_key: '${CUSTOMERIO_APP_API_KEY}', region: 'us', api_url: sandbox.url },
    destination: { warehouse_url: 'duckdb:warehouse.duckdb', table_prefix: 'cio_' },
    resources: {
      newsletters: 'incremental',
      campaigns: 'incremental',
      campaign_actions: 'incremental',
    },
    schedule: { type: 'basic', every: '3h' },
  })
  const text = await readFile(new URL(JSON.parse(JSON.stringify(schema)) as string), 'utf8')
  assert.equal((JSON.parse(text) as JsonObject)['title'], 'ConnectionConfig')
  assert.equal((await stat(path)).mode & 0o777, 0o600)

  const again = await run('customerio-sync', { args, cwd: folder, env })
  assert.equal(again.code, 2)
  assert.match(again.stderr, /^Error: connection\.json already exists\.\n.*--force\.\n$/)
  const forced = await run('customerio-sync', { args: [...args, '--force'], cwd: folder, env })
  assert.equal(forced.code, 0)
  assert.notEqual((await read())['id'], id)
})

test('init refuses an invalid warehouse URL and writes nothing', async (t) => {
  const { folder, path } = await setUp(t)
  const cases = [
    [
      'postgres://u:sec%ret100%@db.example.com/w',
      /holds a % that does not begin an escape\.\nWrite % as %25/,
    ],
    [
      'mysql://u@db.example.com/w',
      /`warehouse_url` begins with "mysql:"; known are clickhouse:, duckdb:, ducklake:, iceberg:, postgres:/,
    ],
    ['duckdb:', /`warehouse_url` names no DuckDB file/],
    ['duckdb::memory:', /database in memory, which is lost when the program ends/],
    ['duckdb:md:w?motherduck_token=hunter22', /MotherDuck is not supported yet/],
    ['md:w?motherduck_token=hunter22', /MotherDuck is not supported yet/],
  ] as const
  for (const [url, error] of cases) {
    const args = ['init', '--region', 'us', '--warehouse-url', url]
    const { code, stderr } = await run('customerio-sync', { args, cwd: folder })
    assert.equal(code, 2, url)
    assert.match(stderr, error)
    assert.doesNotMatch(stderr, /hunter22/)
    assert.ok(!existsSync(path))
  }
})

test('each command reports an invalid % escape in a password, without the password', async (t) => {
  const { folder, path } = await setUp(t)
  const file = {
    source: { app_api_key: 'key-of-nobody' },
    destination: { warehouse_url: 'postgres://u:sec%ret100%@127.0.0.1:1/w' },
  }
  await writeFile(path, JSON.stringify(file))
  for (const words of [['status'], ['run'], ['state', 'get']]) {
    const { code, stdout, stderr } = await run('customerio-sync', { args: words, cwd: folder })
    assert.equal(code, words[0] === 'status' ? 0 : 2, stderr)
    assert.match(stdout + stderr, /holds a % that does not begin an escape\.\s+Write % as %25/)
    assert.ok(!/ret100/.test(stdout + stderr))
  }
})

test('init on a terminal hides the key, repeats the question after an invalid reply, and writes the file', async (t) => {
  const { sandbox, folder, path, read } = await setUp(t)
  const key = sandbox.apiKey
  const replies = [
    ['input is hidden): ', key],
    ['Warehouse', 'nonsense'],
    ['must be a URL', 'mysql://u@h/d'],
    ['known are clickhouse:', ''],
    ['Table prefix', 'cio_'],
    ['five cron fields', '7m'],
    ['five cron fields', '30 2 * * *'],
  ] as const
  const args = ['init', '--api-url', sandbox.url, '--connection', path]
  const { code, stdout } = await onTerminal(args, replies, folder)
  assert.equal(code, 0, stdout)
  assert.ok(!stdout.includes(key), stdout)
  assert.match(stdout, /The key works\./)
  assert.match(stdout, /must be one of 5m, 10m/)
  assert.match(stdout, /Next: customerio-sync check --connection /)
  const { source, destination, schedule } = await read()
  assert.equal(source?.['app_api_key'], key)
  assert.deepEqual(destination, { warehouse_url: 'duckdb:warehouse.duckdb', table_prefix: 'cio_' })
  assert.deepEqual(schedule, { type: 'cron', expression: '30 2 * * *' })
})

test('Ctrl-C at a prompt ends init with 130 and writes nothing', async (t) => {
  const { folder, path } = await setUp(t)
  const { code } = await onTerminal(['init'], [['input is hidden): ', '^C']], folder)
  assert.equal(code, 130)
  assert.ok(!existsSync(path))
})
