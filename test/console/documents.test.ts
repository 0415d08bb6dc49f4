import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Api } from '../../src/console/api/schemas.generated.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { writeJson } from '../support/programs.ts'
import { consoleWorkspace, logIn, startConsole } from './support/console-process.ts'
import { assertHidden, versionOf } from './support/documents.ts'

const PASSWORD = 'hunter22-postgres'
const WEBHOOK_SECRET = 'webhook-signing-key-1'

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
  assert.equal(file.destination['warehouse_url'], `postgres://loader:${PASSWORD}@db.example.com/a`)
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
    headers: versionOf(read),
    body: { document: { ...read.body.document, schedule: { type: 'basic', every: '3h' } } },
  })
  assert.equal(replaced.body.connection.schedule.text, 'every 3h')
  const { id: _, ...withoutId } = replaced.body.document
  const kept = await client.ok<Api<'ConnectionDetail'>>('replaceConnection', {
    params,
    headers: versionOf(replaced),
    body: { document: withoutId },
  })
  assert.equal(kept.body.document['id'], file.id)
  const changed = JSON.parse(await readFile(path, 'utf8')) as JsonObject
  assert.deepEqual((changed['source'] as JsonObject)['app_api_key'], sandbox.apiKey)
  assert.deepEqual(changed['destination'], file.destination)
  const patched = await client.ok('patchConnection', {
    params,
    headers: versionOf(kept),
    body: { notify: null, source: { cutoff_days: 30 } },
  })
  const deleted = await client.ok<Api<'DeletedConnection'>>('deleteConnection', {
    params,
    headers: versionOf(patched),
  })
  assert.deepEqual(deleted.body.tables, [
    'cio_newsletters',
    'cio_campaigns',
    'cio_campaign_actions',
    'cio__sdc_loads',
  ])
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
      headers: versionOf(first),
      ...(id !== 'deleteConnection' && { body: sent }),
    })
    assert.deepEqual([reply.status, reply.body['code']], [412, 'VERSION_MISMATCH'], id)
  }
  const second = await client.ok('getConnection', { params })
  const both = await Promise.all(
    ['us', 'eu'].map(async (region) =>
      client.call('patchConnection', {
        params,
        headers: versionOf(second),
        body: { source: { region } },
      }),
    ),
  )
  assert.deepEqual(new Set(both.map(({ status }) => status)), new Set([200, 412]))
})

test('a document that is not valid is refused with the problem of each field', async (t) => {
  const { folder, connect, document } = await consoleWorkspace(t)
  await connect('eu')
  const client = await logIn(await startConsole(t, folder))
  const create = async (name: string, sent: JsonObject) => {
    const { status, body } = await client.call<Api<'Error'>>('createConnection', {
      body: { name, document: sent },
    })
    return [status, ...body.problems.map(({ field }) => field)]
  }
  assert.deepEqual(await create('eu', document({ destination: { table_prefix: 'x_' } })), [
    422,
    'name',
  ])
  assert.deepEqual(await create('us', { source: { cutoff_days: -1 } }), [
    422,
    'source.cutoff_days',
    'source.app_api_key',
  ])
  assert.deepEqual(await create('us', document()), [422, ''])
  assert.deepEqual(await create('connection', document()), [422, 'name'])
  assert.deepEqual(await create('us', document({ destination: { use: 'nope' } })), [
    422,
    'destination.use',
  ])
  const { body } = await client.call('createConnection', { body: { name: 'us' } })
  assert.deepEqual(body['problems'], [{ field: 'document', message: 'is missing' }])
})

test('a file that cannot be used is shown with what is wrong', async (t) => {
  const { folder } = await consoleWorkspace(t)
  await writeJson(join(folder, 'connections'), 'broken.json', {
    source: { app_api_key: 'key-in-broken-file', cutoff_days: 'x' },
  })
  await writeFile(join(folder, 'connections/text.json'), '{"source": ')
  const running = await startConsole(t, folder)
  const client = await logIn(running)
  const { body } = await client.ok<Api<'ConnectionList'>>('listConnections')
  assert.deepEqual(
    body.connections.map(({ name, status }) => [name, status]),
    [
      ['broken', 'invalid'],
      ['text', 'invalid'],
    ],
  )
  const broken = await client.ok<Api<'ConnectionDetail'>>('getConnection', {
    params: { name: 'broken' },
  })
  assert.deepEqual(
    broken.body.problems.map(({ field }) => field),
    ['source.cutoff_days'],
  )
  const text = await client.ok<Api<'ConnectionDetail'>>('getConnection', {
    params: { name: 'text' },
  })
  assert.deepEqual(text.body.problems, [{ field: '', message: 'The file is not a JSON object.' }])
  const { body: workspace } = await client.ok<Api<'Workspace'>>('getWorkspace')
  assert.equal(workspace.connections, 2)
  assertHidden(client, running.output(), ['key-in-broken-file'])
})

test('a lone connection.json is a connection like others', async (t) => {
  const { folder, document } = await consoleWorkspace(t)
  await writeJson(folder, 'connection.json', document({ name: 'lone' }))
  const client = await logIn(await startConsole(t, folder))
  const params = { name: 'connection' }
  const read = await client.ok('getConnection', { params })
  const patched = await client.ok('patchConnection', {
    params,
    headers: versionOf(read),
    body: { source: { cutoff_days: 7 } },
  })
  assert.notEqual(patched.headers['etag'], read.headers['etag'])
  const { source, destination } = document() as { source: JsonObject; destination: JsonObject }
  const stored = { connection: 'connection' }
  const key = await client.ok<Api<'KeyTest'>>('testKey', {
    body: { source: { api_url: source['api_url'] }, stored },
  })
  assert.equal(key.body.is_working, true, JSON.stringify(key.body))
  const cost = { source: { api_url: source['api_url'] }, stored }
  await client.ok('measureCost', { body: cost })
  const place = await client.ok<Api<'DestinationTest'>>('testDestination', {
    body: { destination, stored },
  })
  assert.equal(place.body.is_working, true, JSON.stringify(place.body))
  assert.equal((await stat(join(folder, 'connection.json'))).mode & 0o777, 0o600)
  await client.ok('deleteConnection', { params, headers: versionOf(patched) })
  assert.ok(!existsSync(join(folder, 'connection.json')))
})
