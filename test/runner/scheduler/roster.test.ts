import assert from 'node:assert/strict'
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { loadConnection } from '../../../src/runner/connection/connection.ts'
import { Roster, type Change } from '../../../src/runner/scheduler/roster.ts'
import { listConnections } from '../../../src/runner/workspace/documents.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { temporaryFolder, writeJson } from '../../support/programs.ts'

const HOURLY = { type: 'basic', every: '1h' }
const MANUAL = { type: 'manual' }

async function setUp(t: TestContext) {
  const workspace = await temporaryFolder(t)
  for (const name of ['connections', 'destinations']) await mkdir(join(workspace, name))
  const connect = async (name: string, schedule: JsonObject, destination: JsonObject = {}) =>
    writeJson(join(workspace, 'connections'), `${name}.json`, {
      source: { app_api_key: 'key-123456' },
      destination: { table_prefix: `${name}_`, ...destination },
      schedule,
    })
  const roster = new Roster({ open: async (path) => loadConnection(path, {}), now: Date.now })
  const look = async (...left: string[]) => {
    const paths = (await listConnections(workspace)).map(({ path }) => path)
    const changes = await roster.look(paths, new Set(left))
    return changes.map((change) => textOf(change))
  }
  const names = () => roster.scheduled().map(({ file }) => file.known.name)
  return { workspace, connect, roster, look, names }
}

function textOf(change: Change): string {
  switch (change.type) {
    case 'scheduled': {
      const { file, schedule } = change.scheduled
      return `${file.known.name} ${change.isNew ? 'new' : 'changed'} ${schedule.text}`
    }
    case 'unscheduled':
      return `${change.connection.name} ${change.isRemoved ? 'removed' : 'manual'}`
    case 'invalid':
      return `${change.known?.name ?? 'unknown'} invalid: ${change.error.message}`
  }
}

const openFails = async () => Promise.reject(new Error('out of handles'))

test('a look reports what changed since the last one, and nothing twice', async (t) => {
  const { workspace, connect, look, names } = await setUp(t)
  await connect('eu', HOURLY)
  await connect('manual', MANUAL)
  assert.deepEqual(await look(), ['eu new every 1h'])
  assert.deepEqual(await look(), [])
  await connect('eu', { type: 'basic', every: '3h' })
  await connect('manual', HOURLY)
  assert.deepEqual(await look(), ['eu changed every 3h', 'manual new every 1h'])
  await connect('manual', MANUAL)
  await rm(join(workspace, 'connections/eu.json'))
  assert.deepEqual(await look(), ['eu removed', 'manual manual'])
  assert.deepEqual(names(), [])
  await connect('eu', HOURLY)
  assert.deepEqual(await look(), ['eu new every 1h'])
})

test('an invalid version is reported once, and the last valid one stays', async (t) => {
  const { workspace, connect, look, names } = await setUp(t)
  const path = await connect('eu', HOURLY)
  await look()
  await writeFile(path, '{"source"')
  assert.deepEqual(await look(), [`eu invalid: The connection file ${path} is not valid JSON.`])
  assert.deepEqual(await look(), [])
  assert.deepEqual(names(), ['eu'])
  await connect('eu', HOURLY)
  assert.deepEqual(await look(), ['eu changed every 1h'])
  const other = join(workspace, 'connections/other.json')
  await writeFile(other, '[]')
  assert.deepEqual(await look(), [
    `unknown invalid: The connection file ${other} must contain one JSON object.`,
  ])
  await rm(other)
  assert.deepEqual(await look(), [])
})

test('a changed shared destination is a change of each connection that uses it', async (t) => {
  const { workspace, connect, look, roster } = await setUp(t)
  const destinations = join(workspace, 'destinations')
  await writeJson(destinations, 'shared.json', { warehouse_url: 'duckdb:one.duckdb' })
  await connect('eu', HOURLY, { use: 'shared' })
  await connect('us', HOURLY)
  await look()
  await writeJson(destinations, 'shared.json', { warehouse_url: 'duckdb:two.duckdb' })
  assert.deepEqual(await look(), ['eu changed every 1h'])
  const [eu] = roster.scheduled()
  assert.equal(eu?.file.known.destination.warehouse_url, 'duckdb:two.duckdb')
})

test('refuses a conflict at the first look, and later keeps the connection that was there first', async (t) => {
  const { workspace, connect, look, names } = await setUp(t)
  await connect('eu', HOURLY)
  await connect('twin', HOURLY, { table_prefix: 'eu_' })
  await assert.rejects(look(), /Two connections would write the same tables/)

  const later = await setUp(t)
  await later.connect('eu', HOURLY)
  await later.look()
  await later.connect('a-twin', HOURLY, { table_prefix: 'EU_' })
  assert.match((await later.look()).join(), /^unknown invalid: Two connections would write/)
  assert.deepEqual(later.names(), ['eu'])
  await rm(join(later.workspace, 'connections/eu.json'))
  assert.deepEqual(await later.look(), ['eu removed', 'a-twin new every 1h'])
  assert.deepEqual(later.names(), ['a-twin'])
  assert.deepEqual(names(), ['eu', 'twin'])
  await rm(workspace, { recursive: true })
})

test('a connection that is left to another process comes before a new one with its tables', async (t) => {
  const { connect, look, roster, names } = await setUp(t)
  const path = await connect('eu', HOURLY)
  assert.deepEqual(await look(path), [])
  await connect('a-twin', HOURLY, { table_prefix: 'eu_' })
  assert.match((await look(path)).join(), /^unknown invalid: Two connections would write/)
  assert.deepEqual(names(), [])
  assert.deepEqual(await look(), ['eu new every 1h'])
  assert.deepEqual(await look(), [])
  const reopened = await Promise.all(roster.scheduled().map(async ({ file }) => file.reopen()))
  assert.deepEqual(
    reopened.map(({ name }) => name),
    ['eu'],
  )
  assert.deepEqual([await look(path), names()], [['eu manual'], []])

  const first = await setUp(t)
  const left = await first.connect('eu', HOURLY)
  await first.connect('us', HOURLY, { table_prefix: 'eu_' })
  await assert.rejects(first.look(left), /Two connections would write the same tables/)
})

test('a connection is left to another process also when its new version conflicts', async (t) => {
  const { connect, look, roster, names } = await setUp(t)
  await connect('eu', HOURLY)
  const path = await connect('us', HOURLY)
  await look()
  await connect('us', HOURLY, { table_prefix: 'eu_' })
  assert.match((await look(path)).join(), /^us manual,us invalid: Two connections would write/)
  assert.deepEqual(names(), ['eu'])
  const [eu] = roster.scheduled()
  assert.equal((await eu?.file.reopen())?.name, 'eu')
})

test('a refused copy does not keep the original from a change', async (t) => {
  const { connect, look, names } = await setUp(t)
  await connect('eu', HOURLY)
  await look()
  await connect('a-twin', HOURLY, { table_prefix: 'eu_' })
  assert.match((await look()).join(), /^unknown invalid: Two connections would write/)
  await connect('eu', { type: 'basic', every: '3h' })
  assert.deepEqual(await look(), ['eu changed every 3h'])
  assert.deepEqual(names(), ['eu'])
})

test('two connections may exchange their prefixes while they run', async (t) => {
  const { connect, look, roster } = await setUp(t)
  await connect('eu', HOURLY, { table_prefix: 'a_' })
  await connect('us', HOURLY, { table_prefix: 'b_' })
  await look()
  await connect('eu', HOURLY, { table_prefix: 'b_' })
  await connect('us', HOURLY, { table_prefix: 'a_' })
  assert.deepEqual(await look(), ['eu changed every 1h', 'us changed every 1h'])
  const reopened = roster.scheduled().map(async ({ file }) => file.reopen())
  const prefixes = (await Promise.all(reopened)).map((one) => one.destination.table_prefix)
  assert.deepEqual(prefixes, ['b_', 'a_'])
})

test('a scheduled connection conflicts with a manual one too', async (t) => {
  const { connect, look } = await setUp(t)
  await connect('eu', HOURLY)
  await connect('twin', MANUAL, { table_prefix: 'eu_' })
  await assert.rejects(look(), /Two connections would write the same tables/)
  const later = await setUp(t)
  await later.connect('eu', MANUAL)
  await later.connect('us', HOURLY)
  await later.look()
  await later.connect('us', HOURLY, { table_prefix: 'eu_' })
  assert.match((await later.look()).join(), /^us invalid: Two connections would write/)
})

test('a folder that is missing at one look removes no connection', async (t) => {
  const { workspace, connect, look, names } = await setUp(t)
  const [folder, away] = [join(workspace, 'connections'), join(workspace, 'away')]
  await connect('eu', HOURLY)
  await look()
  for (let times = 0; times < 2; times++) {
    await rename(folder, away)
    assert.deepEqual(await look(), [])
    await rename(away, folder)
    assert.deepEqual(await look(), [])
  }
  await rename(folder, away)
  await look()
  assert.deepEqual(await look(), ['eu removed'])
  assert.deepEqual(names(), [])
})

test('an error of the system is a problem of one file, and stops no other connection', async (t) => {
  const { workspace, connect, look, names } = await setUp(t)
  await connect('eu', HOURLY, { use: 'shared' })
  await connect('us', HOURLY)
  const shared = await writeJson(join(workspace, 'destinations'), 'shared.json', {})
  await look()
  await rm(shared)
  await rm(join(workspace, 'destinations'), { recursive: true })
  await symlink('destinations', join(workspace, 'destinations'))
  assert.match((await look()).join(), /^eu invalid: \S+destinations could not be read \(ELOOP\)\.$/)
  assert.deepEqual(names(), ['eu', 'us'])

  const roster = new Roster({ open: openFails, now: Date.now })
  const [change] = await roster.look([join(workspace, 'connections/us.json')])
  assert.match(change ? textOf(change) : '', /could not be used \(out of handles\)\.$/)
})
