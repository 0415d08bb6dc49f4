import assert from 'node:assert/strict'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { loadConnection } from '../../../src/runner/connection/connection.ts'
import { refuseConflicts } from '../../../src/runner/connection/conflicts.ts'
import { connectionFingerprint } from '../../../src/runner/connection/shared-destination.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { temporaryFolder, writeJson } from '../../support/programs.ts'

const SOURCE = { app_api_key: 'key-123456' }

async function setUp(t: TestContext, destination: JsonObject = {}) {
  const folder = await temporaryFolder(t)
  for (const name of ['connections', 'destinations']) await mkdir(join(folder, name))
  await writeJson(join(folder, 'destinations'), 'warehouse.json', destination)
  const connect = async (own: JsonObject, { name = 'eu', members = {}, env = {} } = {}) => {
    const document = { source: SOURCE, destination: own, ...members }
    const path = await writeJson(join(folder, 'connections'), `${name}.json`, document)
    return loadConnection(path, env)
  }
  return { folder, connect }
}

test('takes the shared destination, and its own settings win, also empty ones', async (t) => {
  const { folder, connect } = await setUp(t, {
    $schema: 'for editors',
    warehouse_url: 'postgres://loader:${PASSWORD}@db/analytics',
    default_target_schema: 'marketing',
    table_prefix: 'shared_',
    hard_delete: true,
  })
  const env = { PASSWORD: 'p4ss${KEY}' }
  const { destination, ...connection } = await connect(
    { use: 'warehouse', table_prefix: '', hard_delete: 'false' },
    { env },
  )
  assert.deepEqual(
    {
      url: destination.warehouse_url,
      schema: destination.default_target_schema,
      prefix: destination.table_prefix,
      hardDelete: destination.hard_delete,
    },
    {
      url: 'postgres://loader:p4ss${KEY}@db/analytics',
      schema: 'marketing',
      prefix: '',
      hardDelete: false,
    },
  )
  assert.equal(Object.hasOwn(destination, 'use'), false)
  assert.equal(connection.folder, folder)
  assert.equal(connection.name, 'eu')
  assert.equal(connection.dataFolder, join(folder, '.customerio-sync/eu'))
  assert.equal(connection.sharedDestinationPath, join(folder, 'destinations/warehouse.json'))
})

test('several connections share one warehouse, unless they would write the same tables', async (t) => {
  const { connect } = await setUp(t, { warehouse_url: 'duckdb:one.duckdb' })
  const eu = await connect({ use: 'warehouse', table_prefix: 'eu_' })
  const us = await connect({ use: 'warehouse', table_prefix: 'us_' }, { name: 'us' })
  refuseConflicts([eu, us])
  const twin = await connect({ use: 'warehouse', table_prefix: 'EU_' }, { name: 'twin' })
  assert.throws(() => refuseConflicts([eu, us, twin]), /would write the same tables/)
})

test('a connection.json without a workspace uses the destinations next to it', async (t) => {
  const { folder } = await setUp(t, { warehouse_url: 'duckdb:one.duckdb' })
  const document = { source: SOURCE, destination: { use: 'warehouse' } }
  const path = await writeJson(folder, 'connection.json', document)
  const { destination } = await loadConnection(path, {})
  assert.equal(destination.warehouse_url, 'duckdb:one.duckdb')
})

test('an invalid shared destination is named with all its problems, except overridden ones', async (t) => {
  const { folder, connect } = await setUp(t, {
    warehouse_url: 'not a url',
    hard_delete: 'perhaps',
    load_methd: 'upsert',
    default_target_schema: '${SCHEMA}',
  })
  await assert.rejects(connect({ use: 'warehouse' }), {
    code: 'CONFIG_INVALID',
    message: [
      `The destination file ${join(folder, 'destinations/warehouse.json')} is not valid:`,
      '  - the environment variable SCHEMA is not set, but the file uses it',
      '  - `load_methd` is unknown (did you mean `load_method`?)',
      '  - `warehouse_url` must be a URL',
      '  - `hard_delete` must be true or false, not "perhaps".',
    ].join('\n'),
  })
  const own = {
    warehouse_url: 'duckdb:a.duckdb',
    hard_delete: true,
    load_methd: 'x',
    default_target_schema: 'main',
  }
  await assert.rejects(connect({ use: 'warehouse', ...own }), {
    message: /connections\/eu\.json is not valid: `destination\.load_methd` is unknown/,
  })
})

test('a destination that does not exist is named, with the one that was probably meant', async (t) => {
  const { folder, connect } = await setUp(t)
  await assert.rejects(connect({ use: 'warehous' }), {
    code: 'CONFIG_INVALID',
    message: `The connection file ${join(folder, 'connections/eu.json')} is not valid: \`destination.use\` names the destination \`warehous\`, which does not exist (did you mean \`warehouse\`?).`,
    hint: `Its file would be ${join(folder, 'destinations/warehous.json')}.`,
  })
  for (const use of ['../connections/eu', '', 7, null])
    await assert.rejects(connect({ use }), /`destination\.use` must be the name of a file/)
})

test('in a workspace the name comes from the file', async (t) => {
  const { connect } = await setUp(t)
  assert.equal((await connect({}, { members: { name: 'eu' } })).name, 'eu')
  await assert.rejects(connect({}, { members: { name: 'connection' } }), {
    message: /`name` must be left out or be "eu", the name of the file, not "connection"\.$/,
  })
  await assert.rejects(connect({}, { name: 'not a name' }), {
    message: /the name of the file must be 1 to 100 letters/,
  })
})

test('the fingerprint changes with the connection and with the destination that it uses', async (t) => {
  const { folder, connect } = await setUp(t, { table_prefix: 'a_' })
  const { path } = await connect({ use: 'warehouse' })
  const first = await connectionFingerprint(path)
  assert.equal(await connectionFingerprint(path), first)
  await writeJson(join(folder, 'destinations'), 'other.json', {})
  assert.equal(await connectionFingerprint(path), first)
  await writeJson(join(folder, 'destinations'), 'warehouse.json', { table_prefix: 'b_' })
  const second = await connectionFingerprint(path)
  assert.notEqual(second, first)
  await connect({ use: 'warehouse', table_prefix: 'c_' })
  assert.notEqual(await connectionFingerprint(path), second)
  await rm(path)
  assert.match(await connectionFingerprint(path), /^[0-9a-f]{64}$/)
})
