import assert from 'node:assert/strict'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Api } from '../../src/console/api/schemas.generated.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { temporaryFolder, writeJson } from '../support/programs.ts'
import { consoleWorkspace, logIn, startConsole } from './support/console-process.ts'
import { versionOf } from './support/documents.ts'

test('files that cannot be read or have no allowed name hide no destination', async (t) => {
  const { folder, connect, document } = await consoleWorkspace(t)
  const outside = await temporaryFolder(t)
  await writeFile(join(outside, 'secret.json'), '{"warehouse_url": "duckdb:secret.duckdb"}')
  const shared = { warehouse_url: 'duckdb:shared.duckdb' }
  await mkdir(join(folder, 'destinations'))
  await writeJson(join(folder, 'destinations'), 'shared.json', shared)
  await writeJson(join(folder, 'destinations'), 'shared copy.json', shared)
  await symlink(join(outside, 'secret.json'), join(folder, 'destinations/linked.json'))
  await connect('eu', { destination: { use: 'shared', table_prefix: 'eu_' } })
  await writeJson(join(folder, 'connections'), 'eu copy.json', document())
  await symlink(join(outside, 'secret.json'), join(folder, 'connections/linked.json'))
  const client = await logIn(await startConsole(t, folder, { args: ['--no-schedules'] }))
  const list = await client.ok<Api<'DestinationList'>>('listDestinations')
  assert.deepEqual(
    list.body.destinations.map(({ name, engine, used_by: usedBy }) => [name, engine, usedBy]),
    [
      ['linked', null, []],
      ['shared', 'duckdb', ['eu']],
      ['shared copy', null, []],
    ],
  )
  const params = { name: 'shared' }
  const read = await client.ok<Api<'DestinationDetail'>>('getDestination', { params })
  assert.deepEqual(read.body.used_by, ['eu'])
  await client.ok('patchDestination', {
    params,
    headers: versionOf(read),
    body: { default_target_schema: 'marketing' },
  })
  const { body: connections } = await client.ok<Api<'ConnectionList'>>('listConnections')
  assert.ok(connections.connections.some(({ name }) => name === 'eu copy'))
})

test('a destination is not saved when a connection that uses it would stop', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  const destinations = join(folder, 'destinations')
  await mkdir(destinations)
  await writeJson(destinations, 'warehouse.json', { warehouse_url: 'duckdb:warehouse.duckdb' })
  await writeJson(destinations, 'staging.json', { warehouse_url: 'duckdb:staging.duckdb' })
  await connect('a', { destination: { use: 'warehouse', table_prefix: 'cio_' } })
  await connect('b', { destination: { use: 'staging', table_prefix: 'cio_' } })
  const client = await logIn(await startConsole(t, folder, { args: ['--no-schedules'] }))
  const params = { name: 'staging' }
  const read = await client.ok('getDestination', { params })
  const patch = async (body: JsonObject) =>
    client.call<Api<'Error'>>('patchDestination', { params, headers: versionOf(read), body })
  const conflict = await patch({ warehouse_url: 'duckdb:warehouse.duckdb' })
  assert.deepEqual([conflict.status, conflict.body.code], [422, 'DOCUMENT_INVALID'])
  assert.match(conflict.body.message, /The connection b uses it: Two connections would write/)
  const invalid = await patch({ load_method: 'overwrite' })
  assert.equal(invalid.status, 422)
  assert.match(invalid.body.message, /The connection b uses it: .*overwrite would keep only/s)
  const file = JSON.parse(await readFile(join(destinations, 'staging.json'), 'utf8')) as JsonObject
  assert.deepEqual(file, { warehouse_url: 'duckdb:staging.duckdb' })
  assert.equal((await patch({ warehouse_url: 'duckdb:other.duckdb' })).status, 200)
})

test('faults that exist already do not keep a destination or another connection from being saved', async (t) => {
  const { folder, connect, document } = await consoleWorkspace(t)
  const shared = { warehouse_url: 'duckdb:shared.duckdb' }
  await mkdir(join(folder, 'destinations'))
  await writeJson(join(folder, 'destinations'), 'shared.json', shared)
  await connect('a', { destination: { use: 'shared', table_prefix: 'cio_' } })
  await connect('b', { destination: { use: 'shared', table_prefix: 'cio_' } })
  await connect('broken', { destination: { use: 'shared', table_prefix: 1 } })
  await connect('c', { destination: { warehouse_url: 'duckdb:c.duckdb' } })
  const client = await logIn(await startConsole(t, folder, { args: ['--no-schedules'] }))
  const c = await client.ok('getConnection', { params: { name: 'c' } })
  await client.ok('patchConnection', {
    params: { name: 'c' },
    headers: versionOf(c),
    body: { source: { cutoff_days: 3 } },
  })
  const own = { destination: { warehouse_url: 'duckdb:d.duckdb' } }
  await client.ok('createConnection', { body: { name: 'd', document: document(own) } })
  const read = await client.ok('getDestination', { params: { name: 'shared' } })
  await client.ok('patchDestination', {
    params: { name: 'shared' },
    headers: versionOf(read),
    body: { warehouse_url: 'duckdb:moved.duckdb' },
  })
})
