import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Api } from '../../src/console/api/schemas.generated.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { formsOf } from '../support/secrets.ts'
import { writeJson } from '../support/programs.ts'
import { consoleWorkspace, logIn, startConsole, type Client } from './support/console-process.ts'

const PASSWORD = 'hunter22-postgres'
const WEBHOOK_SECRET = 'webhook-signing-key-1'

function etagOf({ headers }: { headers: Record<string, unknown> }): Record<string, string> {
  return { 'if-match': String(headers['etag']) }
}

/** Fails when a body that arrived, or the output of the console, has one of the secrets. */
function assertHidden(client: Client, output: string, secrets: readonly string[]): void {
  const all = [...client.texts, output].join('\n')
  for (const secret of secrets)
    for (const form of formsOf(secret)) assert.ok(!all.includes(form), `${secret} as ${form}`)
}

test('a connection is created, read, changed and deleted, and its secrets never come back', async (t) => {
  const { folder, sandbox, document } = await consoleWorkspace(t, { apiKey: 'live-api-key-000001' })
  const running = await startConsole(t, folder)
  const client = await logIn(running)
  assert.deepEqual((await client.ok('listConnections')).body, { connections: [] })
  const params = { name: 'production' }
  const created = await client.ok<Api<'ConnectionDetail'>>('createConnection', {
    body: {
      name: 'production',
      document: document({
        destination: {
          warehouse: {
            engine: 'postgres',
            settings: { host: 'db.example.com', user: 'loader', password: PASSWORD, database: 'a' },
          },
          table_prefix: 'cio_',
        },
        notify: { url: 'https://hooks.example.com/T0/secret-path', secret: WEBHOOK_SECRET },
      }),
    },
  })
  assert.equal(created.headers['location'], '/api/v1/connections/production')
  const path = join(folder, 'connections/production.json')
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const file = JSON.parse(await readFile(path, 'utf8')) as { id: string; destination: JsonObject }
  assert.match(file.id, /^[\da-f-]{36}$/)
  assert.equal(
    file.destination['warehouse_url'],
    `postgres://loader:${PASSWORD}@db.example.com/a`,
  )
  const read = await client.ok<Api<'ConnectionDetail'>>('getConnection', { params })
  assert.deepEqual(read.body, created.body)
  assert.equal(read.body.connection.status, 'new')
  assert.deepEqual(
    read.body.secrets.map(({ field, is_set: isSet }) => [field, isSet]),
    [
      ['source.app_api_key', true],
      ['destination.warehouse_url', true],
      ['notify.url', true],
      ['notify.secret', true],
    ],
  )
  const replaced = await client.ok<Api<'ConnectionDetail'>>('replaceConnection', {
    params,
    headers: etagOf(read),
    body: { document: { ...read.body.document, schedule: { type: 'basic', every: '3h' } } },
  })
  assert.equal(replaced.body.connection.schedule.text, 'every 3h')
  const changed = JSON.parse(await readFile(path, 'utf8')) as JsonObject
  assert.deepEqual((changed['source'] as JsonObject)['app_api_key'], sandbox.apiKey)
  assert.deepEqual(changed['destination'], file.destination)
  const patched = await client.ok('patchConnection', {
    params,
    headers: etagOf(replaced),
    body: { notify: null, source: { cutoff_days: 30 } },
  })
  const deleted = await client.ok<Api<'DeletedConnection'>>('deleteConnection', {
    params,
    headers: etagOf(patched),
  })
  assert.deepEqual(deleted.body.tables, ['cio_newsletters', 'cio_campaigns', 'cio_campaign_actions', 'cio__sdc_loads'])
  assert.ok(!existsSync(path))
  assert.equal((await client.call('getConnection', { params })).status, 404)
  assertHidden(client, running.output(), [sandbox.apiKey, PASSWORD, WEBHOOK_SECRET, 'secret-path'])
})

test('an edit made elsewhere meanwhile is not overwritten', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('production')
  const client = await logIn(await startConsole(t, folder))
  const params = { name: 'production' }
  const first = await client.ok('getConnection', { params })
  const body = { source: { cutoff_days: 1 } }
  const missing = await client.call('patchConnection', { params, body })
  assert.deepEqual([missing.status, missing.body['code']], [428, 'VERSION_MISSING'])
  await connect('production', { schedule: { type: 'basic', every: '6h' } })
  for (const id of ['patchConnection', 'replaceConnection', 'deleteConnection'] as const) {
    const sent = id === 'replaceConnection' ? { document: {} } : body
    const reply = await client.call(id, {
      params,
      headers: etagOf(first),
      ...(id !== 'deleteConnection' && { body: sent }),
    })
    assert.deepEqual([reply.status, reply.body['code']], [412, 'VERSION_MISMATCH'], id)
  }
  const second = await client.ok('getConnection', { params })
  const both = await Promise.all(
    ['us', 'eu'].map(async (region) =>
      client.call('patchConnection', { params, headers: etagOf(second), body: { source: { region } } }),
    ),
  )
  assert.deepEqual(both.map(({ status }) => status).toSorted(), [200, 412])
})

test('a document that is not valid is refused with the problem of each field', async (t) => {
  const { folder, connect, document } = await consoleWorkspace(t)
  await connect('eu')
  const client = await logIn(await startConsole(t, folder))
  const create = async (name: string, sent: JsonObject) => {
    const { status, body } = await client.call<Api<'Error'>>('createConnection', { body: { name, document: sent } })
    return [status, ...body.problems.map(({ field }) => field)]
  }
  assert.deepEqual(await create('eu', document({ destination: { table_prefix: 'x_' } })), [422, 'name'])
  assert.deepEqual(await create('us', { source: { cutoff_days: -1 } }), [422, 'source.cutoff_days', 'source.app_api_key'])
  assert.deepEqual(await create('us', document()), [422, ''])
  assert.deepEqual(await create('us', document({ destination: { use: 'nope' } })), [422, 'destination.use'])
  const { body } = await client.call('createConnection', { body: { name: 'us' } })
  assert.deepEqual(body['problems'], [{ field: 'document', message: 'is missing' }])
})

test('a file that cannot be used is shown with what is wrong', async (t) => {
  const { folder } = await consoleWorkspace(t)
  await writeJson(join(folder, 'connections'), 'broken.json', { source: { app_api_key: 'key-in-broken-file', cutoff_days: 'x' } })
  await writeFile(join(folder, 'connections/text.json'), '{"source": ')
  const running = await startConsole(t, folder)
  const client = await logIn(running)
  const { body } = await client.ok<Api<'ConnectionList'>>('listConnections')
  assert.deepEqual(body.connections.map(({ name, status }) => [name, status]), [['broken', 'invalid'], ['text', 'invalid']])
  const broken = await client.ok<Api<'ConnectionDetail'>>('getConnection', { params: { name: 'broken' } })
  assert.deepEqual(broken.body.problems.map(({ field }) => field), ['source.cutoff_days'])
  const text = await client.ok<Api<'ConnectionDetail'>>('getConnection', { params: { name: 'text' } })
  assert.deepEqual(text.body.problems, [{ field: '', message: 'The file is not a JSON object.' }])
  const { body: workspace } = await client.ok<Api<'Workspace'>>('getWorkspace')
  assert.deepEqual(workspace.connections, { total: 2, by_status: { invalid: 2 } })
  assertHidden(client, running.output(), ['key-in-broken-file'])
})

test('a lone connection.json is a connection like others', async (t) => {
  const { folder, document } = await consoleWorkspace(t)
  await writeJson(folder, 'connection.json', document({ name: 'lone' }))
  const client = await logIn(await startConsole(t, folder))
  const params = { name: 'connection' }
  const read = await client.ok('getConnection', { params })
  const patched = await client.ok('patchConnection', { params, headers: etagOf(read), body: { source: { cutoff_days: 7 } } })
  assert.notEqual(patched.headers['etag'], read.headers['etag'])
  assert.equal((await stat(join(folder, 'connection.json'))).mode & 0o777, 0o600)
  await client.ok('deleteConnection', { params, headers: etagOf(patched) })
  assert.ok(!existsSync(join(folder, 'connection.json')))
})

test('connections share a destination, which is deleted only when none uses it', async (t) => {
  const { folder, document } = await consoleWorkspace(t)
  const running = await startConsole(t, folder)
  const client = await logIn(running)
  const params = { name: 'shared' }
  const created = await client.ok('createDestination', {
    body: {
      name: 'shared',
      document: { warehouse: { engine: 'postgres', settings: { host: 'h', user: 'u', password: PASSWORD, database: 'd' } } },
    },
  })
  await client.ok('createConnection', {
    body: { name: 'eu', document: document({ destination: { use: 'shared', table_prefix: 'eu_' } }) },
  })
  const list = await client.ok('listDestinations')
  assert.deepEqual(list.body['destinations'], [
    { name: 'shared', engine: 'postgres', shown: 'postgres://u:***@h/d', used_by: ['eu'] },
  ])
  const changed = await client.ok<Api<'DestinationDetail'>>('patchDestination', {
    params,
    headers: etagOf(created),
    body: { default_target_schema: 'marketing' },
  })
  assert.deepEqual(changed.body.warehouse, { engine: 'postgres', settings: { host: 'h', user: 'u', database: 'd' } })
  const replaced = await client.ok('replaceDestination', {
    params,
    headers: etagOf(changed),
    body: { document: changed.body.document },
  })
  const { body } = await client.ok<Api<'Connection'>>('getConnection', { params: { name: 'eu' } })
  assert.equal((body as unknown as Api<'ConnectionDetail'>).connection.destination.shown, 'postgres://u:***@h/d')
  const inUse = await client.call('deleteDestination', { params, headers: etagOf(replaced) })
  assert.deepEqual([inUse.status, inUse.body['code']], [409, 'IN_USE'])
  const eu = await client.ok('getConnection', { params: { name: 'eu' } })
  await client.ok('deleteConnection', { params: { name: 'eu' }, headers: etagOf(eu) })
  await client.ok('deleteDestination', { params, headers: etagOf(replaced) })
  assert.equal((await client.call('getDestination', { params })).status, 404)
  assertHidden(client, running.output(), [PASSWORD])
})

test('a draft keeps its secrets, and becomes a connection', async (t) => {
  const { folder, sandbox, document } = await consoleWorkspace(t, { apiKey: 'live-api-key-000002' })
  const running = await startConsole(t, folder)
  const client = await logIn(running)
  const params = { name: 'us' }
  const first = { source: { app_api_key: sandbox.apiKey, api_url: sandbox.url } }
  await client.ok('putDraft', { params, body: { document: first } })
  const half = { engine: 'postgres', settings: { host: 'h', password: PASSWORD } }
  await client.ok('putDraft', { params, body: { document: { source: { api_url: sandbox.url }, destination: { warehouse: half } } } })
  const { body } = await client.ok<Api<'Draft'>>('getDraft', { params })
  assert.deepEqual(body.document['destination'], { warehouse: { engine: 'postgres', settings: { host: 'h' } } })
  assert.deepEqual((await client.ok('listDrafts')).body, { drafts: [{ name: 'us' }] })
  assert.deepEqual((await client.ok('listConnections')).body, { connections: [] })
  const { destination } = document()
  await client.ok('createConnection', {
    body: { name: 'us', draft: 'us', document: { source: { api_url: sandbox.url }, destination } },
  })
  const file = JSON.parse(await readFile(join(folder, 'connections/us.json'), 'utf8')) as { source: JsonObject }
  assert.equal(file.source['app_api_key'], sandbox.apiKey)
  assert.deepEqual((await client.ok('listDrafts')).body, { drafts: [] })
  await client.ok('putDraft', { params, body: { document: {} } })
  await client.ok('deleteDraft', { params })
  assert.equal((await client.call('getDraft', { params })).status, 404)
  assertHidden(client, running.output(), [sandbox.apiKey, PASSWORD])
})

test('a schedule is paused and resumed', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu', { schedule: { type: 'basic', every: '24h' } })
  await connect('us', { destination: { table_prefix: 'us_' } })
  const client = await logIn(await startConsole(t, folder, { args: ['--no-schedules'] }))
  const paused = await client.ok<Api<'Connection'>>('pauseConnection', { params: { name: 'eu' } })
  assert.equal(paused.body.status, 'paused')
  assert.deepEqual([paused.body.schedule.is_paused, paused.body.schedule.next_run], [true, null])
  const resumed = await client.ok<Api<'Connection'>>('resumeConnection', { params: { name: 'eu' } })
  assert.equal(resumed.body.schedule.is_paused, false)
  const manual = await client.call('pauseConnection', { params: { name: 'us' } })
  assert.deepEqual([manual.status, manual.body['code']], [409, 'NO_SCHEDULE'])
})
