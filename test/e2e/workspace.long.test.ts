import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { RunRecord } from '../../src/runner/history/record.ts'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { query } from './support/connection.ts'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'

/** A workspace with one shared DuckDB destination, and a folder somewhere else to run in. */
async function setUp(t: TestContext) {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY } })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const workspace = join(folder, 'workspace')
  for (const name of ['connections', 'destinations'])
    await mkdir(join(workspace, name), { recursive: true })
  await writeJson(join(workspace, 'destinations'), 'warehouse.json', {
    warehouse_url: 'duckdb:warehouse.duckdb',
    default_target_schema: 'marketing',
  })
  const connect = async (name: string, members: object = {}) =>
    writeJson(join(workspace, 'connections'), `${name}.json`, {
      source: { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 500 },
      destination: { use: 'warehouse', table_prefix: `${name}_` },
      ...members,
    })
  const sync = async (args: readonly string[], cwd = folder) =>
    run('customerio-sync', { args: [...args, '--workspace', workspace], cwd })
  return { sandbox, folder, workspace, connect, sync }
}

test('two connections of a workspace load into one shared warehouse, by name and from any folder', async (t) => {
  const { folder, workspace, connect, sync } = await setUp(t)
  for (const name of ['eu', 'us']) await connect(name)
  const several = await sync(['run'])
  assert.equal(several.code, 2)
  assert.equal(
    several.stderr,
    'Error: The workspace has several connections: eu, us.\nName one with --connection.\n',
  )
  for (const connection of ['eu', 'connections/us.json']) {
    const { code, stdout, stderr } = await sync(['run', '--json', '--connection', connection])
    assert.equal(code, 0, stderr)
    const { connection: name } = JSON.parse(stdout) as RunRecord
    assert.equal(name, connection.slice(-2) === 'eu' ? 'eu' : 'us')
  }
  const tables = await query(
    join(workspace, 'warehouse.duckdb'),
    "select table_name as name from information_schema.tables where table_schema = 'marketing' and table_name like '%newsletters' order by all",
  )
  assert.deepEqual(tables, [{ name: 'eu_newsletters' }, { name: 'us_newsletters' }])
  for (const name of ['eu', 'us'])
    assert.ok(existsSync(join(workspace, '.customerio-sync', name, 'history')), name)
  assert.deepEqual(
    [join(folder, 'warehouse.duckdb'), join(workspace, 'connections', '.customerio-sync')].map(
      existsSync,
    ),
    [false, false],
  )
  const status = await sync(['status', '--connection', 'us'])
  assert.match(status.stdout, /^connection +us$/m)
  const history = await sync(['history', '--connection', 'eu', '--json'])
  assert.equal((JSON.parse(history.stdout) as unknown[]).length, 1)
  const unknown = await sync(['status', '--connection', 'uss'])
  assert.deepEqual(
    [unknown.code, unknown.stderr],
    [
      2,
      'Error: The workspace has no connection uss.\nDid you mean us? The connections are eu, us.\n',
    ],
  )
})

test('init creates a connection of a workspace by its name, and names the next command', async (t) => {
  const { sandbox, workspace, sync } = await setUp(t)
  const args = ['init', '--connection', 'eu', '--api-url', sandbox.url, '--prefix', 'eu_']
  const { code, stdout, stderr } = await sync(args)
  assert.equal(code, 0, stderr)
  const path = join(workspace, 'connections/eu.json')
  assert.equal(
    stdout,
    `Created ${path}. Only you can read it.\nNext: customerio-sync check --workspace ${workspace} --connection eu\n`,
  )
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const again = await sync(args)
  assert.equal(again.code, 2)
  assert.match(again.stderr, /connections\/eu\.json already exists\./)
  const unnamed = await sync(['init', '--prefix', 'us_'])
  assert.equal(unnamed.code, 2)
  assert.match(unnamed.stderr, /The new connection has no name\./)
})
