import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Api } from '../../src/console/api/schemas.generated.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { consoleWorkspace, logIn, startConsole } from './support/console-process.ts'
import { assertHidden, versionOf } from './support/documents.ts'

const PASSWORD = 'hunter22-postgres'

test('connections share a destination, which is deleted only when none uses it', async (t) => {
  const { folder, document } = await consoleWorkspace(t)
  const running = await startConsole(t, folder)
  const client = await logIn(running)
  const params = { name: 'shared' }
  const created = await client.ok('createDestination', {
    body: {
      name: 'shared',
      document: {
        warehouse: {
          engine: 'postgres',
          settings: { host: 'h', user: 'u', password: PASSWORD, database: 'd' },
        },
      },
    },
  })
  await client.ok('createConnection', {
    body: {
      name: 'eu',
      document: document({ destination: { use: 'shared', table_prefix: 'eu_' } }),
    },
  })
  const list = await client.ok('listDestinations')
  assert.deepEqual(list.body['destinations'], [
    { name: 'shared', engine: 'postgres', shown: 'postgres://u:***@h/d', used_by: ['eu'] },
  ])
  const changed = await client.ok<Api<'DestinationDetail'>>('patchDestination', {
    params,
    headers: versionOf(created),
    body: { default_target_schema: 'marketing' },
  })
  assert.deepEqual(changed.body.warehouse, {
    engine: 'postgres',
    settings: { host: 'h', user: 'u', database: 'd' },
  })
  const replaced = await client.ok('replaceDestination', {
    params,
    headers: versionOf(changed),
    body: { document: changed.body.document },
  })
  const { body } = await client.ok<Api<'Connection'>>('getConnection', { params: { name: 'eu' } })
  assert.equal(
    (body as unknown as Api<'ConnectionDetail'>).connection.destination.shown,
    'postgres://u:***@h/d',
  )
  const inUse = await client.call('deleteDestination', { params, headers: versionOf(replaced) })
  assert.deepEqual([inUse.status, inUse.body['code']], [409, 'IN_USE'])
  const eu = await client.ok('getConnection', { params: { name: 'eu' } })
  await client.ok('deleteConnection', { params: { name: 'eu' }, headers: versionOf(eu) })
  await client.ok('deleteDestination', { params, headers: versionOf(replaced) })
  assert.equal((await client.call('getDestination', { params })).status, 404)
  assertHidden(client, running.output(), [PASSWORD])
})

test('a draft keeps its secrets, and becomes a connection', async (t) => {
  const { folder, sandbox, document } = await consoleWorkspace(t, { apiKey: 'live-api-key-000002' })
  const running = await startConsole(t, folder)
  const client = await logIn(running)
  const params = { name: 'us' }
  const first = { source: { app_api_key: sandbox.apiKey, api_url: sandbox.url } }
  const created = await client.ok('putDraft', { params, body: { document: first } })
  const half = { engine: 'postgres', settings: { host: 'h', password: PASSWORD } }
  const second = await client.ok('putDraft', {
    params,
    headers: versionOf(created),
    body: { document: { source: { api_url: sandbox.url }, destination: { warehouse: half } } },
  })
  const { body } = await client.ok<Api<'Draft'>>('getDraft', { params })
  assert.deepEqual(body.document['destination'], {
    warehouse: { engine: 'postgres', settings: { host: 'h' } },
  })
  const moved = await client.ok<Api<'Draft'>>('putDraft', {
    params,
    headers: versionOf(second),
    body: {
      document: {
        source: { api_url: sandbox.url },
        destination: {
          warehouse: {
            engine: 'postgres',
            settings: { host: 'h', user: 'u', database: 'd', password: PASSWORD },
          },
        },
      },
    },
  })
  const other = {
    engine: 'postgres',
    settings: { host: 'h', user: 'u', database: 'd', port: 6432, options: 'sslrootcert=/x.pem' },
  }
  assert.equal(moved.body.warehouse?.engine, 'postgres')
  const unfinished = await client.ok<Api<'Draft'>>('putDraft', {
    params,
    headers: versionOf(moved),
    body: { document: { source: { api_url: sandbox.url }, destination: { warehouse: other } } },
  })
  assert.deepEqual(
    [unfinished.body.warehouse, unfinished.body.document['destination']],
    [null, { warehouse: other }],
  )
  const early = await client.call<Api<'Error'>>('createConnection', {
    body: { name: 'us', draft: 'us', document: unfinished.body.document },
  })
  assert.deepEqual(
    early.body.problems.map(({ field }) => field),
    ['destination.warehouse.settings.password'],
  )
  assert.deepEqual((await client.ok('listDrafts')).body, { drafts: [{ name: 'us' }] })
  assert.deepEqual((await client.ok('listConnections')).body, { connections: [] })
  const { destination } = document()
  await client.ok('createConnection', {
    body: { name: 'us', draft: 'us', document: { source: { api_url: sandbox.url }, destination } },
  })
  const file = JSON.parse(await readFile(join(folder, 'connections/us.json'), 'utf8')) as {
    source: JsonObject
  }
  assert.equal(file.source['app_api_key'], sandbox.apiKey)
  assert.deepEqual((await client.ok('listDrafts')).body, { drafts: [] })
  const again = await client.ok('putDraft', { params, body: { document: {} } })
  await client.ok('deleteDraft', { params, headers: versionOf(again) })
  assert.equal((await client.call('getDraft', { params })).status, 404)
  assertHidden(client, running.output(), [sandbox.apiKey, PASSWORD])
})

test('two browsers that write one draft do not overwrite each other', async (t) => {
  const { folder, document } = await consoleWorkspace(t)
  const client = await logIn(await startConsole(t, folder))
  const params = { name: 'us' }
  const put = async (region: string, headers = {}) =>
    client.call('putDraft', { params, headers, body: { document: { source: { region } } } })
  const created = await put('us')
  assert.equal(created.status, 200)
  const taken = await put('eu')
  assert.deepEqual([taken.status, taken.body['code']], [428, 'VERSION_MISSING'])
  const read = await client.ok('getDraft', { params })
  assert.equal(read.headers['etag'], created.headers['etag'])
  const both = await Promise.all(['eu', 'none'].map(async (one) => put(one, versionOf(read))))
  assert.deepEqual(new Set(both.map(({ status }) => status)), new Set([200, 412]))
  const old = await client.call('deleteDraft', { params, headers: versionOf(read) })
  assert.deepEqual([old.status, old.body['code']], [412, 'VERSION_MISMATCH'])
  assert.equal((await client.call('deleteDraft', { params })).status, 428)
  await client.ok('createConnection', { body: { name: 'us', draft: 'us', document: document() } })
  assert.equal((await client.call('getDraft', { params })).status, 404)
  await client.ok('deleteDraft', { params })
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

test('a number keeps its digits in the file and in responses', async (t) => {
  const { folder, document } = await consoleWorkspace(t)
  const path = join(folder, 'connections/eu.json')
  const digits = '33.333333333333333333'
  const text = JSON.stringify(document({ schedule: { type: 'basic', every: '24h' } }))
  await writeFile(
    path,
    text.replace('"requests_per_second":500', `"requests_per_second":${digits}`),
  )
  const client = await logIn(await startConsole(t, folder, { args: ['--no-schedules'] }))
  const params = { name: 'eu' }
  await client.ok('pauseConnection', { params })
  const file = await readFile(path, 'utf8')
  assert.match(file, /"paused": true/)
  assert.ok(file.includes(`"requests_per_second": ${digits}`), file)
  const read = await client.ok('getConnection', { params })
  assert.ok(read.text.includes(`"requests_per_second":${digits}`), read.text)
})
