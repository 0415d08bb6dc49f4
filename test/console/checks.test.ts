import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api } from '../../src/console/api/schemas.generated.ts'
import { consoleWorkspace, logIn, startConsole } from './support/console-process.ts'
import { STREAM_NAMES } from '../../src/streams/index.ts'

test('a form is validated step by step, and shows the file without secrets', async (t) => {
  const { folder, connect, document } = await consoleWorkspace(t)
  await connect('eu')
  const client = await logIn(await startConsole(t, folder))
  const validate = async (body: object) =>
    (await client.ok<Api<'Validation'>>('validateConnection', { body })).body
  const step = await validate({ name: 'eu', document: {}, steps: ['name'] })
  assert.deepEqual(step, {
    is_valid: false,
    problems: [{ field: 'name', message: 'is taken' }],
    file: null,
  })
  const half = { destination: { warehouse: { engine: 'postgres', settings: { host: 'h' } } } }
  const fields = await validate({ document: half, steps: ['destination'] })
  assert.deepEqual(
    fields.problems.map(({ field }) => field),
    ['destination.warehouse.settings.database', 'destination.warehouse.settings.user'],
  )
  const whole = await validate({
    name: 'us',
    document: document({ destination: { table_prefix: 'us_' } }),
  })
  assert.equal(whole.is_valid, true)
  const { source } = (whole.file ?? {}) as { source?: { app_api_key: string } }
  assert.equal(source?.app_api_key, '***')
  const stored = await validate({
    connection: 'eu',
    document: {
      ...document(),
      source: { api_url: (document()['source'] as { api_url: string }).api_url },
    },
  })
  assert.deepEqual(stored.problems, [])
})

test('a key is tested live: its region, its streams, and why it does not work', async (t) => {
  const { folder, sandbox, connect } = await consoleWorkspace(t)
  await connect('eu')
  sandbox.keys.set('no-scope-key-1', { region: 'us', refused: ['newsletters'] })
  const client = await logIn(await startConsole(t, folder))
  const testKey = async (body: object) =>
    (await client.ok<Api<'KeyTest'>>('testKey', { body })).body
  const works = await testKey({ source: { app_api_key: sandbox.apiKey, api_url: sandbox.url } })
  assert.equal(works.is_working, true, JSON.stringify(works))
  assert.deepEqual(
    works.findings.map(({ check }) => check),
    ['key', 'newsletters', 'campaigns', 'campaign_actions', 'clock'],
  )
  const stored = await testKey({ source: { api_url: sandbox.url }, stored: { connection: 'eu' } })
  assert.equal(stored.is_working, true)
  const partial = await testKey({ source: { app_api_key: 'no-scope-key-1', api_url: sandbox.url } })
  const refused = partial.findings.find(({ check }) => check === 'newsletters')
  assert.deepEqual(
    [partial.is_working, refused?.status, refused?.code],
    [false, 'failed', 'FORBIDDEN'],
  )
  const wrong = await testKey({ source: { app_api_key: 'wrong-key-1', api_url: sandbox.url } })
  assert.deepEqual([wrong.is_working, wrong.findings[0]?.code], [false, 'UNAUTHORIZED'])
  const missing = await testKey({ source: {} })
  assert.deepEqual([missing.is_working, missing.findings[0]?.code], [false, 'DOCUMENT_INVALID'])
})

test('a destination is tested: tables are written and dropped, or the reason is named', async (t) => {
  const { folder } = await consoleWorkspace(t)
  const client = await logIn(await startConsole(t, folder))
  const testDestination = async (destination: object) =>
    (await client.ok<Api<'DestinationTest'>>('testDestination', { body: { destination } })).body
  const duckdb = {
    warehouse: { engine: 'duckdb', settings: { path: 'w.duckdb' } },
    table_prefix: 'cio_',
  }
  const works = await testDestination(duckdb)
  assert.equal(works.is_working, true, JSON.stringify(works))
  assert.match(works.findings[1]?.message ?? '', /Will be created: cio_newsletters/)
  const down = await testDestination({ warehouse_url: 'postgres://u:hunter22-down@127.0.0.1:1/d' })
  assert.deepEqual([down.is_working, down.findings[0]?.code], [false, 'CONNECTION_FAILED'])
  assert.ok(client.texts.every((text) => !text.includes('hunter22')))
})

test('the cost of a run is counted in requests and seconds', async (t) => {
  const { folder, sandbox } = await consoleWorkspace(t)
  const client = await logIn(await startConsole(t, folder))
  const source = { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 5 }
  const { body } = await client.ok<Api<'Cost'>>('measureCost', { body: { source } })
  const campaigns = sandbox.world.campaigns.length
  const actions = body.streams.find(({ stream }) => stream === 'campaign_actions')
  assert.equal(actions?.requests, campaigns)
  assert.equal(
    body.streams.find(({ stream }) => stream === 'newsletters')?.rows,
    sandbox.world.newsletters.length,
  )
  assert.equal(
    body.requests,
    body.streams.reduce((sum, { requests }) => sum + requests, 0),
  )
  assert.equal(body.seconds, Math.round((body.requests / 5) * 10) / 10)
  const wrong = await client.call('measureCost', {
    body: { source: { ...source, app_api_key: 'wrong' } },
  })
  assert.deepEqual([wrong.status, wrong.body['code']], [502, 'UNAUTHORIZED'])
})

test('a schedule is previewed', async (t) => {
  const { folder } = await consoleWorkspace(t)
  const client = await logIn(await startConsole(t, folder))
  const preview = async (schedule: object) =>
    (await client.ok<Api<'SchedulePreview'>>('previewSchedule', { body: { schedule } })).body
  const cron = await preview({ type: 'cron', expression: '30 2 * * *', timezone: 'Europe/Berlin' })
  assert.equal(cron.next_runs.length, 5)
  assert.ok(cron.clock_changes.length >= 1)
  const wrong = await preview({ type: 'cron', expression: '99 * * * *' })
  assert.deepEqual([wrong.is_valid, wrong.next_runs], [false, []])
  assert.equal(wrong.problems.length, 1)
})

test('the deliveries of a workspace are estimated, and not read for a count', async (t) => {
  const { folder, sandbox } = await consoleWorkspace(t)
  const client = await logIn(await startConsole(t, folder))
  const source = { app_api_key: sandbox.apiKey, api_url: sandbox.url }
  const resources = { messages: 'incremental', snippets: 'full_refresh' }
  const { body } = await client.ok<Api<'Cost'>>('measureCost', { body: { source, resources } })
  const [snippets, messages] = body.streams
  assert.equal(snippets?.requests, 1)
  assert.equal(snippets.rows, sandbox.world.collections.snippets.length)
  assert.equal(messages?.rows, null)
  assert.ok((messages?.requests ?? 0) > 0)
  assert.ok(sandbox.requests.every(({ path }) => path !== '/v1/messages'))
})

test('the forms and the OpenAPI document are served', async (t) => {
  const { folder } = await consoleWorkspace(t)
  const client = await logIn(await startConsole(t, folder))
  const forms = await client.ok<Api<'Forms'>>('getForms')
  assert.deepEqual(
    forms.body.engines.map(({ engine }) => engine),
    ['duckdb', 'postgres', 'clickhouse', 'ducklake', 'iceberg'],
  )
  assert.deepEqual(
    forms.body.resources.map(({ stream }) => stream),
    STREAM_NAMES,
  )
  assert.ok(
    forms.body.resources.every(({ columns }) =>
      columns.some(({ description }) => description !== null),
    ),
  )
  const openapi = await client.ok('getOpenApi')
  assert.equal(openapi.body['openapi'], '3.1.0')
})

test('a connection is checked as by the command check', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu')
  const client = await logIn(await startConsole(t, folder))
  const { body } = await client.ok<Api<'ConnectionCheck'>>('checkConnection', {
    params: { name: 'eu' },
  })
  assert.equal(body.is_working, true, JSON.stringify(body))
})
