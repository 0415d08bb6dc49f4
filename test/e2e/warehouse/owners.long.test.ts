import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { startSandbox } from '../../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { run, temporaryFolder } from '../../support/programs.ts'
import { execute, query } from '../support/connection.ts'

/**
 * A connection with another workspace and folder, as `init` writes it, that loads into a DuckDB
 * file.
 */
async function initialized(t: TestContext, database: string, newsletters = 0) {
  const sandbox = await startSandbox({
    rate: { perSecond: Number.POSITIVE_INFINITY },
    world: { seed: 5, newsletters },
  })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const path = join(folder, 'connection.json')
  const env = { CUSTOMERIO_APP_API_KEY: sandbox.apiKey }
  const sync = async (args: readonly string[]) => run('customerio-sync', { args, cwd: folder, env })
  const settings = ['--api-url', sandbox.url, '--warehouse-url', `duckdb:${database}`]
  const made = await sync(['init', '--region', 'us', ...settings, '--prefix', 'cio_'])
  assert.equal(made.code, 0, made.stderr)
  const read = async () => JSON.parse(await readFile(path, 'utf8')) as JsonObject
  const change = async (changes: JsonObject) =>
    writeFile(path, JSON.stringify({ ...(await read()), ...changes }))
  const statePath = join(folder, 'state.json')
  await writeFile(statePath, '{"bookmarks":{"campaigns":{"updated":"2026-01-01T00:00:00Z"}}}')
  const { id, source } = (await read()) as { id: string; source: JsonObject }
  await change({ source: { ...source, requests_per_second: 500 } })
  return { sandbox, sync, change, id, statePath }
}

/** `check` refuses what `run` refuses, with the same status. */
async function assertCheckFails(
  { sync }: Pick<Awaited<ReturnType<typeof initialized>>, 'sync'>,
  reason: RegExp,
): Promise<void> {
  const { code, stdout } = await sync(['check'])
  assert.equal(code, 2, stdout)
  assert.match(stdout, reason)
}

async function freshDatabase(t: TestContext): Promise<string> {
  return join(await temporaryFolder(t), 'warehouse.duckdb')
}

test('connections of two workspaces do not write the same tables, although both have the default name', async (t) => {
  const path = await freshDatabase(t)
  const first = await initialized(t, path)
  const second = await initialized(t, path, 20)
  assert.equal((await first.sync(['run'])).code, 0)
  const refused = await second.sync(['run'])
  assert.equal(refused.code, 2, refused.stdout)
  assert.match(
    refused.stderr,
    new RegExp(
      `The tables with the prefix "cio_" belong to the connection "connection" with the id ${first.id}, not to "connection" with the id ${second.id}\\.`,
    ),
  )
  await assertCheckFails(second, /^FAILED +\w+ +The tables with the prefix "cio_" belong to the /m)
  const rows = await query(path, 'select count(*)::int as n from cio_newsletters')
  assert.deepEqual(rows, [{ n: first.sandbox.world.newsletters.length }])
  assert.equal((await first.sync(['run'])).code, 0)
})

test('a connection keeps its tables after a new name and a lost data folder', async (t) => {
  const path = await freshDatabase(t)
  const { sync, change, id } = await initialized(t, path)
  assert.equal((await sync(['run'])).code, 0)
  await change({ name: 'production', data_folder: 'elsewhere' })
  assert.equal((await sync(['run'])).code, 0)
  const state = JSON.parse((await sync(['state', 'get'])).stdout) as JsonObject
  assert.deepEqual(state['customerio_sync'], { connection: 'production', id })
})

test('names decide when one of two connections has no id, and a known id is kept', async (t) => {
  const path = await freshDatabase(t)
  const { sync, change, id } = await initialized(t, path)
  const owner = async () =>
    (JSON.parse((await sync(['state', 'get'])).stdout) as JsonObject)['customerio_sync']
  await change({ id: null })
  assert.equal((await sync(['run'])).code, 0)
  assert.deepEqual(await owner(), { connection: 'connection' })
  await change({ id })
  assert.equal((await sync(['run'])).code, 0)
  assert.deepEqual(await owner(), { connection: 'connection', id })
  await change({ id: null })
  assert.equal((await sync(['run'])).code, 0)
  assert.deepEqual(await owner(), { connection: 'connection', id })
  await change({ id: null, name: 'other' })
  const refused = await sync(['run'])
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /belong to the connection "connection", not to "other"\./)
})

test('refuses to reset or set the state of another connection until a run takes the tables over', async (t) => {
  const path = await freshDatabase(t)
  const first = await initialized(t, path)
  const second = await initialized(t, path)
  assert.equal((await first.sync(['run'])).code, 0)
  const before = (await first.sync(['state', 'get'])).stdout
  for (const words of [['reset'], ['reset', 'campaigns'], ['set', '--file', second.statePath]]) {
    const refused = await second.sync(['state', ...words])
    assert.equal(refused.code, 2, words.join(' '))
    assert.match(
      refused.stderr,
      /^Error: The tables with the prefix "cio_" belong to the connection/,
    )
    assert.match(refused.stderr, /run once with: customerio-sync run --take-over\n$/)
  }
  assert.equal((await first.sync(['state', 'get'])).stdout, before)
  assert.equal((await second.sync(['run', '--take-over'])).code, 0)
  assert.equal((await second.sync(['state', 'reset'])).code, 0)
  assert.equal((await first.sync(['state', 'reset'])).code, 2)
})

test('run, state reset and check refuse a table that another program made, and do not change it', async (t) => {
  const path = await freshDatabase(t)
  await execute(path, "create table cio_newsletters as select 1 as id, 'theirs' as name")
  const { sync } = await initialized(t, path)
  for (const words of [['run'], ['state', 'reset'], ['run', '--take-over']]) {
    const refused = await sync(words)
    assert.equal(refused.code, 2, words.join(' '))
    assert.match(
      refused.stderr,
      /tables of these names that another program made: cio_newsletters\./,
    )
  }
  await assertCheckFails(
    { sync },
    /^FAILED .* tables of these names that another program made: cio_newsletters\./m,
  )
  assert.deepEqual(await query(path, 'select * from cio_newsletters'), [{ id: 1, name: 'theirs' }])
})
