import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { copyFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Client } from 'pg'
import { startSandbox, type Sandbox } from '../../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { SERVER_URL } from '../../conformance/support/postgres.ts'
import {
  childrenOf,
  collect,
  run,
  start,
  temporaryFolder,
  writeJson,
} from '../../support/programs.ts'
import { query } from '../support/connection.ts'
import { until } from '../../support/wait.ts'

interface Place {
  destination: JsonObject
  /** Names of the newsletters in the table, sorted. */
  names: () => Promise<string[]>
  /** Whether a load has committed anything. It may still be running. */
  hasCommit: () => Promise<boolean>
}

const NAMES = 'select name from race.cio_newsletters order by name'

async function duckdb(t: TestContext): Promise<Place> {
  const path = join(await temporaryFolder(t), 'warehouse.duckdb')
  const names = async () => (await query(path, NAMES)).map(({ name }) => name as string)
  // The load locks the file. The WAL file also grows while a commit is still being written. Only a
  // copy shows whether it is complete.
  const copy = `${path}.copy`
  const hasCommit = async () => {
    try {
      for (const end of ['', '.wal']) await copyFile(path + end, copy + end)
      return (await query(copy, NAMES)).length > 0
    } catch {
      return false
    }
  }
  const destination = { warehouse_url: `duckdb:${path}`, default_target_schema: 'race' }
  return { destination, names, hasCommit }
}

async function postgres(t: TestContext): Promise<Place> {
  const client = new Client({ connectionString: SERVER_URL })
  await client.connect()
  const schema = `race_${randomUUID().slice(0, 8)}`
  t.after(async () => {
    await client.query(`drop schema if exists ${schema} cascade`)
    await client.end()
  })
  const names = async () => {
    const { rows } = await client.query<{ name: string }>(NAMES.replace('race', schema))
    return rows.map(({ name }) => name)
  }
  const hasCommit = async () => (await names().catch(() => [])).length > 0
  const destination = { warehouse_url: SERVER_URL, default_target_schema: schema }
  return { destination, names, hasCommit }
}

/** A connection with another workspace that loads into the place. */
async function connectionOf(
  t: TestContext,
  name: string,
  {
    destination,
    newsletters = 3 + (name.charCodeAt(0) % 7),
  }: Pick<Place, 'destination'> & { newsletters?: number },
) {
  const sandbox = await startSandbox({
    rate: { perSecond: Number.POSITIVE_INFINITY },
    world: { seed: name.charCodeAt(0), newsletters },
  })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const write = async (more: JsonObject = {}) =>
    writeJson(folder, 'connection.json', {
      name,
      id: `id-of-${name}`,
      source: { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 500 },
      destination: { ...destination, table_prefix: 'cio_', ...more },
    })
  await write()
  const sync = async (args: readonly string[]) => run('customerio-sync', { args, cwd: folder })
  return { name, sandbox, folder, sync, write }
}

function isAlive(pid: string): boolean {
  try {
    return process.kill(Number(pid), 0)
  } catch {
    return false
  }
}

function namesIn({ world }: Sandbox): string[] {
  return world.newsletters.map(({ name }) => name as string).toSorted()
}

for (const [what, make] of Object.entries({ duckdb, postgres })) {
  test(`${what}: of two new connections that start together with one prefix, one loads its rows and the other none`, async (t) => {
    for (let round = 0; round < 2; round++) {
      const place = await make(t)
      const both = [await connectionOf(t, 'a', place), await connectionOf(t, 'b', place)]
      const ended = await Promise.all(both.map(async ({ sync }) => sync(['run'])))
      const codes = ended.map(({ code }) => code)
      const said = ended.map(({ stderr }) => stderr).join('')
      assert.equal(codes.filter((code) => code === 0).length, 1, said)
      const winner = both[codes.indexOf(0)]
      const loser = both[1 - codes.indexOf(0)]
      assert.ok(winner && loser)
      assert.match(said, /belong to the connection|is held by|are held by/)
      assert.deepEqual((await place.names()).toSorted(), namesIn(winner.sandbox))
      const again = await loser.sync(['run'])
      assert.equal(again.code, 2, again.stderr)
      assert.match(again.stderr, new RegExp(`belong to the connection "${winner.name}"`))
      assert.deepEqual((await place.names()).toSorted(), namesIn(winner.sandbox))
    }
  })

  test(`${what}: a first run that is killed before its first STATE owns the tables`, async (t) => {
    const place = await make(t)
    const first = await connectionOf(t, 'a', { ...place, newsletters: 150 })
    const second = await connectionOf(t, 'b', place)
    await first.write({ batch_size_rows: 1 })
    const child = start('customerio-sync', { args: ['run'], cwd: first.folder })
    first.sandbox.hooks.add({
      match: /newsletters.*start=/,
      act: async () => {
        // Rows of the first page are committed one by one while the tap waits for the second page.
        await until(async () => child.exitCode !== null || place.hasCommit(), { what: 'a commit' })
        const programs = process.platform === 'linux' ? await childrenOf(child.pid ?? 0) : []
        child.kill('SIGKILL')
        await until(() => !programs.some(isAlive), { what: 'the programs to end' })
      },
    })
    assert.equal((await collect(child)).code, 137)
    first.sandbox.hooks.clear()
    const refused = await second.sync(['run'])
    assert.equal(refused.code, 2, refused.stderr)
    assert.match(refused.stderr, /belong to the connection "a" with the id id-of-a/)
    assert.ok((await place.names()).length > 0)
    // A lost data folder does not matter: the warehouse stores the owner of the tables.
    await rm(join(first.folder, '.customerio-sync'), { recursive: true })
    await first.write()
    const healthy = await first.sync(['run'])
    assert.equal(healthy.code, 0, healthy.stderr)
    assert.deepEqual((await place.names()).toSorted(), namesIn(first.sandbox))
  })
}
