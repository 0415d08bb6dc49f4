import assert from 'node:assert/strict'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { asUsersSee, checkTranscript } from '../docs/output.ts'
import { writeJson } from '../support/programs.ts'
import { rowsIn } from './support/connection.ts'
import { STREAMS } from '../../src/streams/index.ts'
import { modesOf } from '../../src/streams/modes.ts'
import { DEFAULT_STREAMS, HIDDEN, setUp, type Replies } from './support/init.ts'
import { screenOf } from './support/terminal.ts'
import { assertTruth } from './support/truth.ts'

/** For a person. Not scaled: the programs need a small part of it, also on a slow machine. */
const FLOW_MS = 120_000

test('from an empty folder to loaded tables with init alone, as the docs show', async (t) => {
  const { sandbox, folder, init, read } = await setUp(t)
  const beganMs = performance.now()
  const replies: Replies = [
    ['Name of the connection', ''],
    [HIDDEN, sandbox.apiKey],
    ['Days of history', ''],
    ['Warehouse [duckdb]', '1'],
    ['DuckDB file', ''],
    ['Schema', 'marketing'],
    ['Prefix', 'cio_'],
    ...DEFAULT_STREAMS,
    ['Schedule', '3h'],
    ['Check the connection now?', ''],
    ['Start the first run now?', ''],
  ]
  const { code, stdout } = await init(replies, ['--api-url', sandbox.url])
  assert.equal(code, 0, stdout)
  assert.ok(!stdout.includes(sandbox.apiKey), stdout)
  assert.ok(performance.now() - beganMs < FLOW_MS)
  const rows = rowsIn(join(folder, 'warehouse.duckdb'), { schema: 'marketing', prefix: 'cio_' })
  await assertTruth({ sandbox, rows })
  const { source } = await read()
  assert.equal(source?.['app_api_key'], sandbox.apiKey)
  const screen = asUsersSee(screenOf(stdout), { url: sandbox.url, folder })
  await checkTranscript('docs/getting-started.md', 'init', screen)
})

test('a question is asked again after an answer that no run could use', async (t) => {
  const { sandbox, folder, init, read } = await setUp(t)
  const replies: Replies = [
    ['Name of the connection', 'not/a name'],
    ['must be 1 to 100 letters', 'eu'],
    [HIDDEN, ''],
    [HIDDEN, 'wrong-key-of-nobody'],
    [HIDDEN, sandbox.apiKey],
    ['Days of history', 'many'],
    ['whole number of days', '90'],
    ['Warehouse [duckdb]', 'mysql'],
    ['Answer with a number or a name', 'postgres'],
    ['URL, such as postgres://', 'nonsense'],
    ['must be a URL', 'postgres://loader@127.0.0.1:1/w'],
    ['Password of loader', 's/cret?word'],
    ['Share this destination', 'y'],
    ['Name of the destination', ''],
    ['Schema', 'marketing'],
    ['Prefix of the tables (-: none) [eu_]', 'p'.repeat(60)],
    ['has 60 bytes; names have at most 63', ''],
    ['Keep this destination anyway?', ''],
    ['Warehouse [postgres]', 'duckdb'],
    ['DuckDB file', 'cio.duckdb'],
    ['Share this destination', 'perhaps'],
    ['Answer yes or no', 'yes'],
    ['Name of the destination [warehouse]', ''],
    ["Schema of the tables (-: the database's default) [marketing]", ''],
    ['Prefix of the tables (-: none) [eu_]', ''],
    ['Read newsletters', 'sometimes'],
    ['Answer incremental, full_refresh, off', 'off'],
    ['Read campaigns', 'off'],
    ['Read campaign_actions', 'off'],
    ['Add these streams?', ''],
    ['at least one stream', 'off'],
    ['Read campaigns', 'full_refresh'],
    ['Read campaign_actions', ''],
    ['Add these streams?', 'yes'],
    ['five cron fields', '7m'],
    ['must be one of 5m', '30 2 * * *'],
    ['Time zone', 'Europe/Nowhere'],
    ['is unknown', 'Europe/Berlin'],
    ['Check the connection now?', 'n'],
  ]
  const { code, stdout } = await init(replies, ['--api-url', sandbox.url])
  assert.equal(code, 0, stdout)
  assert.match(screenOf(stdout), /Next: customerio-sync check --connection eu$/)
  assert.match(stdout, /Customer\.io returned 401/)
  for (const secret of [sandbox.apiKey, 'wrong-key-of-nobody', 'cret?word', 'cret%3Fword'])
    assert.ok(!stdout.includes(secret), stdout)
  const { source, destination, resources, schedule } = await read('connections/eu.json')
  assert.equal(source?.['cutoff_days'], 90)
  assert.deepEqual(destination, { use: 'warehouse', table_prefix: 'eu_' })
  const workspace = STREAMS.filter(({ tier }) => tier === 'workspace')
  assert.deepEqual(resources, {
    campaigns: 'full_refresh',
    campaign_actions: 'incremental',
    ...Object.fromEntries(workspace.map(({ id }) => [id, modesOf(id)[0]])),
  })
  assert.deepEqual(schedule, {
    type: 'cron',
    expression: '30 2 * * *',
    timezone: 'Europe/Berlin',
  })
  const { $schema: _, ...shared } = await read('destinations/warehouse.json')
  assert.deepEqual(shared, {
    warehouse_url: 'duckdb:cio.duckdb',
    default_target_schema: 'marketing',
  })
  assert.deepEqual((await readdir(folder)).toSorted(), [
    'cio.duckdb',
    'connections',
    'destinations',
  ])
})

test('a second connection uses the destination of the workspace, and not the tables of the first', async (t) => {
  const { sandbox, folder, init, read } = await setUp(t)
  for (const name of ['connections', 'destinations']) await mkdir(join(folder, name))
  await writeJson(join(folder, 'destinations'), 'warehouse.json', {
    warehouse_url: 'duckdb:warehouse.duckdb',
    default_target_schema: 'marketing',
  })
  await writeJson(join(folder, 'connections'), 'eu.json', {
    source: { app_api_key: 'key-of-nobody' },
    destination: { use: 'warehouse', table_prefix: 'eu_' },
  })
  const replies: Replies = [
    ['Name of the connection', 'eu'],
    ['already exists', 'us'],
    [HIDDEN, sandbox.apiKey],
    ['Days of history', ''],
    ['Destination [warehouse]', '1'],
    ['Schema of the tables [marketing]', ''],
    ['Prefix of the tables (-: none) [us_]', 'eu_'],
    ['would write the same tables', ''],
    ...DEFAULT_STREAMS,
    ['Schedule', ''],
    ['Check the connection now?', 'no'],
  ]
  const { code, stdout } = await init(replies, ['--api-url', sandbox.url])
  assert.equal(code, 0, stdout)
  const { destination, schedule } = await read('connections/us.json')
  assert.deepEqual(destination, { use: 'warehouse', table_prefix: 'us_' })
  assert.deepEqual(schedule, { type: 'manual' })
})

test('init offers to write the files again when that fails, and leaves none of them', async (t) => {
  const { sandbox, folder, init } = await setUp(t)
  await writeFile(join(folder, 'connections'), 'in the way\n')
  const replies: Replies = [
    ['Name of the connection', 'eu'],
    [HIDDEN, sandbox.apiKey],
    ['Days of history', ''],
    ['Warehouse [duckdb]', ''],
    ['DuckDB file', ''],
    ['Share', 'y'],
    ['Name of the destination', ''],
    ['Schema', ''],
    ['Prefix', ''],
    ...DEFAULT_STREAMS,
    ['Schedule', ''],
    ['Write the files again?', 'yes'],
    ['Write the files again?', 'no'],
  ]
  const { code, stdout } = await init(replies, ['--api-url', sandbox.url])
  assert.equal(code, 2, stdout)
  assert.match(screenOf(stdout), /Error: connections\/eu\.json could not be written \(\w+\)\.$/)
  assert.deepEqual(await readdir(join(folder, 'destinations')), [])
})

test('init gives up after three refused keys, and writes nothing', async (t) => {
  const { sandbox, folder, init } = await setUp(t)
  const wrong: Replies = [1, 2, 3].map((at) => [HIDDEN, `wrong-key-${at}`] as const)
  const replies: Replies = [['Name of the connection', ''], ...wrong]
  const { code, stdout } = await init(replies, ['--api-url', sandbox.url])
  assert.equal(code, 3, stdout)
  assert.match(
    screenOf(stdout),
    /Error: Customer\.io refused 3 keys\. No file was written\.\nCreate /,
  )
  assert.deepEqual(await readdir(folder), [])
})

test('a refused key of the environment is asked for, and init asks for the region without a network', async (t) => {
  const { sandbox, init, read } = await setUp(t)
  const rest: Replies = [
    ['Days of history', ''],
    ['Warehouse [duckdb]', ''],
    ['DuckDB file', ''],
    ['Schema', ''],
    ['Prefix', ''],
    ...DEFAULT_STREAMS,
    ['Schedule', ''],
    ['Check the connection now?', 'no'],
  ]
  const refused = { CUSTOMERIO_APP_API_KEY: 'refused-key' }
  const typed = await init(
    [['Name of the connection', ''], [HIDDEN, sandbox.apiKey], ...rest],
    ['--api-url', sandbox.url],
    refused,
  )
  assert.equal(typed.code, 0, typed.stdout)
  assert.equal((await read())['source']?.['app_api_key'], sandbox.apiKey)

  const offline = await init(
    [
      ['Name of the connection', 'offline'],
      [HIDDEN, 'key-of-nobody'],
      ['Region of the account', 'mars'],
      ['Answer us or eu', 'eu'],
      ...rest.slice(0, 3),
      ['Share this destination', 'no'],
      ...rest.slice(3),
    ],
    [],
    { HTTPS_PROXY: 'http://127.0.0.1:1' },
  )
  assert.equal(offline.code, 0, offline.stdout)
  const { source, destination } = await read('connections/offline.json')
  assert.equal(source?.['region'], 'eu')
  assert.deepEqual(destination, {
    warehouse_url: 'duckdb:warehouse.duckdb',
    table_prefix: 'offline_',
  })
})

test('a refused password is asked for again, and a schema and a prefix can be taken back', async (t) => {
  const { sandbox, init, read } = await setUp(t)
  const url = 'postgres://loader@127.0.0.1:1/w'
  const replies: Replies = [
    ['Name of the connection', ''],
    [HIDDEN, sandbox.apiKey],
    ['Days of history', ''],
    ['Warehouse [duckdb]', 'postgres'],
    ['URL, such as postgres://', url],
    ['Password of loader', 'refused-password'],
    ['Schema', 'marketing'],
    ['Prefix', 'cio_'],
    ['Keep this destination anyway?', ''],
    ['Warehouse [postgres]', ''],
    [`[${url}]`, ''],
    ['Password of loader', 'other-password'],
    ['[marketing]', '-'],
    ['[cio_]', '-'],
    ['Keep this destination anyway?', 'yes'],
    ...DEFAULT_STREAMS,
    ['Schedule', ''],
    ['Check the connection now?', 'no'],
  ]
  const { code, stdout } = await init(replies, ['--api-url', sandbox.url])
  assert.equal(code, 0, stdout)
  assert.deepEqual((await read())['destination'], {
    warehouse_url: 'postgres://loader:other-password@127.0.0.1:1/w',
    table_prefix: '',
  })
})

test('Ctrl-C at any question ends init with 130 and writes nothing', async (t) => {
  const { sandbox, folder, init } = await setUp(t)
  const early = await init([
    ['Name of the connection', ''],
    [HIDDEN, '^C'],
  ])
  assert.equal(early.code, 130, early.stderr)
  const ended = await init([
    ['Name of the connection', ''],
    [HIDDEN, '^T'],
  ])
  assert.equal(ended.code, 143, ended.stderr)
  const late = await init(
    [
      ['Name of the connection', 'eu'],
      [HIDDEN, sandbox.apiKey],
      ['Days of history', ''],
      ['Warehouse [duckdb]', ''],
      ['DuckDB file', ''],
      ['Share', 'y'],
      ['Name of the destination', ''],
      ['Schema', ''],
      ['Prefix', ''],
      ...DEFAULT_STREAMS,
      ['Schedule', '^C'],
    ],
    ['--api-url', sandbox.url],
  )
  assert.equal(late.code, 130, late.stdout)
  // The test of the destination created the file.
  assert.deepEqual(await readdir(folder), ['warehouse.duckdb'])
})
