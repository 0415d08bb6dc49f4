import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'

async function setUp(t: TestContext) {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY } })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const path = join(folder, 'connection.json')
  const read = async (file = path) =>
    JSON.parse(await readFile(file, 'utf8')) as Record<string, JsonObject>
  const init = async (args: readonly string[], env: Record<string, string> = {}) =>
    run('customerio-sync', { args: ['init', ...args], cwd: folder, env })
  return { sandbox, folder, path, read, init }
}

test('init with flags asks nothing, reads the key from the environment, and names the next command', async (t) => {
  const { sandbox, path, read, init } = await setUp(t)
  const args = ['--api-url', sandbox.url, '--prefix', 'cio_', '--schedule', '3h']
  const env = { CUSTOMERIO_APP_API_KEY: sandbox.apiKey }
  const first = await init(args, env)
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

  const again = await init(args, env)
  assert.equal(again.code, 2)
  assert.match(again.stderr, /^Error: connection\.json already exists\.\n.*--force\.\n$/)
  const forced = await init([...args, '--force'], env)
  assert.equal(forced.code, 0)
  assert.notEqual((await read())['id'], id)
})

test('every answer has a flag: cutoff, shared destination, schema, streams, cron and time zone', async (t) => {
  const { folder, read, init } = await setUp(t)
  const args = [
    '--connection=eu',
    '--region=eu',
    '--cutoff-days=90',
    '--destination=warehouse',
    '--warehouse-url=duckdb:cio.duckdb',
    '--schema=marketing',
    '--prefix=eu_',
    '--streams',
    'newsletters',
    'campaigns=full_refresh',
    '--schedule=30 2 * * *',
    '--timezone=Europe/Berlin',
  ]
  const { code, stdout, stderr } = await init(args)
  assert.equal(code, 0, stderr)
  assert.equal(
    stdout,
    'Created destinations/warehouse.json. Only you can read it.\nCreated connections/eu.json. Only you can read it.\nNext: customerio-sync check --connection eu\n',
  )
  const shared = join(folder, 'destinations/warehouse.json')
  const { $schema: _schema, ...destination } = await read(shared)
  assert.deepEqual(destination, {
    warehouse_url: 'duckdb:cio.duckdb',
    default_target_schema: 'marketing',
  })
  const { $schema: _, id: _id, ...file } = await read(join(folder, 'connections/eu.json'))
  assert.deepEqual(file, {
    source: { app_api_key: '${CUSTOMERIO_APP_API_KEY}', region: 'eu', cutoff_days: 90 },
    destination: { use: 'warehouse', table_prefix: 'eu_' },
    resources: { newsletters: 'incremental', campaigns: 'full_refresh' },
    schedule: { type: 'cron', expression: '30 2 * * *', timezone: 'Europe/Berlin' },
  })
  for (const path of [shared, join(folder, 'connections/eu.json')])
    assert.equal((await stat(path)).mode & 0o777, 0o600)

  const us = ['--connection', 'us', '--region', 'us']
  assert.equal(
    (await init([...us, '--prefix', 'us_', '--start-at', '02:00', '--schedule', '6h'])).code,
    0,
  )
  const second = await read(join(folder, 'connections/us.json'))
  assert.deepEqual(second['destination'], { use: 'warehouse', table_prefix: 'us_' })
  assert.deepEqual(second['schedule'], { type: 'basic', every: '6h', start_at: '02:00' })
})

test('init with flags refuses what no run could use, and writes nothing', async (t) => {
  const { folder, path, init } = await setUp(t)
  await mkdir(join(folder, 'destinations'))
  const destination = { warehouse_url: 'duckdb:cio.duckdb' }
  for (const name of ['first', 'second'])
    await writeJson(join(folder, 'destinations'), `${name}.json`, destination)
  await mkdir(join(folder, 'connections'))
  await writeJson(join(folder, 'connections'), 'eu.json', {
    source: { app_api_key: 'key-of-nobody' },
    destination: { use: 'first', table_prefix: 'eu_' },
  })
  const file = ['--connection', 'connection.json']
  const postgres = ['--warehouse-url', 'postgres://u@127.0.0.1:1/w']
  const cases: [string[], RegExp][] = [
    [
      [],
      /^Error: init asks its questions on a terminal, but there is none\.\nGive the answers as flags, /,
    ],
    [['--region', 'us', ...postgres], /^Error: The new connection has no name\./],
    [
      [...file, ...postgres, '--prefix', 'p'.repeat(60)],
      /`table_prefix` has 60 bytes; names have at most 63, /,
    ],
    [
      [...file, '--destination', 'second', '--prefix', 'eu_'],
      /Two connections would write the same tables: /,
    ],
    [
      [...file, '--prefix', 'us_'],
      /several destinations: first, second\.\nName one with --destination/,
    ],
    [
      [...file, '--destination', 'frist'],
      /names the destination `frist`, which does not exist \(did you mean `first`\?\)/,
    ],
    [[...file, '--destination', 'first', ...postgres], /The destination first already exists\./],
    [
      [...file, ...postgres, '--streams', 'newsletter'],
      /`resources\.newsletter` is unknown \(did you mean `newsletters`\?\)/,
    ],
    [
      [...file, ...postgres, '--streams', 'newsletters=often'],
      /`resources\.newsletters` must be one of /,
    ],
    [[...file, ...postgres, '--schedule', '7m'], /`schedule\.every` must be one of 5m, /],
    [[...file, ...postgres, '--cutoff-days', '1.5'], /`source\.cutoff_days` must be an integer/],
  ]
  for (const [args, error] of cases) {
    const { code, stderr } = await init(args)
    assert.equal(code, 2, args.join(' '))
    assert.match(stderr, error)
    assert.ok(!existsSync(path), args.join(' '))
  }
  assert.deepEqual((await readdir(join(folder, 'destinations'))).toSorted(), [
    'first.json',
    'second.json',
  ])
})

test('init refuses an invalid warehouse URL and writes nothing', async (t) => {
  const { path, init } = await setUp(t)
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
    const { code, stderr } = await init(['--region', 'us', '--warehouse-url', url])
    assert.equal(code, 2, url)
    assert.match(stderr, error)
    assert.doesNotMatch(stderr, /hunter22/)
    assert.ok(!existsSync(path))
  }
})

test('init with flags says that it could not find the region, and which one the file has', async (t) => {
  const { read, init } = await setUp(t)
  const env = { CUSTOMERIO_APP_API_KEY: 'key-of-nobody', HTTPS_PROXY: 'http://127.0.0.1:1' }
  const { code, stderr } = await init(['--prefix', 'cio_'], env)
  assert.equal(code, 0, stderr)
  assert.match(
    stderr,
    /\(ECONNREFUSED 127\.0\.0\.1:1\).*\nThe file says region us\. Set another one with --region\.\n$/,
  )
  assert.equal((await read())['source']?.['region'], 'us')
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
