/** What the server of a lake's catalog, and the network to it, do to a load. */

import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { SERVER_URL } from '../../conformance/support/postgres.ts'
import { cutAt, startProxy } from '../../support/network/tcp-proxy.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import { collect, run, start, temporaryFolder, writeJson } from '../../support/programs.ts'
import {
  changed,
  freshLake,
  idsOf,
  pieces,
  record,
  SCHEMA,
  state,
  WITHOUT_LAKES as skip,
} from './lakes.ts'

const PORT = Number(new URL(SERVER_URL).port)
/** What DuckLake sends to the catalog last before COMMIT. */
const SNAPSHOT = /ducklake_snapshot_changes/

const ROWS = 50
const ALL_IDS = Array.from({ length: 2 * ROWS }, (_, id) => id)

/** Rows of a stream without keys, which a repeated batch would double. */
function appended(ids: readonly number[]): string {
  const records = ids.map((id) => record(id)).join('')
  return SCHEMA.replace('["id"]', '[]') + records + state(ids.length)
}

/** The same rows with keys, so that existing ones are replaced. */
function replaced(ids: readonly number[]): string {
  return SCHEMA + ids.map((id) => record(id, 'new')).join('') + state(ids.length)
}

for (const [name, pattern, isDelivered] of [
  ['before COMMIT arrives', /COMMIT/, false],
  ['after COMMIT, before its response', /COMMIT/, true],
  ['while the snapshot is written', SNAPSHOT, false],
] as const) {
  test(`L1, L29: loads the batch once when the connection is cut ${name}`, { skip }, async (t) => {
    for (const text of [appended, replaced]) {
      const lake = await freshLake(t)
      const first = await loadText({ url: lake.url, text: text(ALL_IDS.slice(0, ROWS)) })
      assert.equal(first.error, undefined, String(first.error))
      const { wasCut, ...treatment } = cutAt(pattern, isDelivered, SNAPSHOT)
      const proxy = await startProxy({ port: PORT, ...treatment })
      t.after(() => proxy.close())
      const url = changed(lake.url, { maintenance: 'off' }, proxy.port)
      const next = text === appended ? ALL_IDS.slice(ROWS) : ALL_IDS
      const { error, stdout, stderr } = await loadText({ url, text: text(next) })
      assert.ok(wasCut(), 'nothing was cut')
      assert.equal(error, undefined, String(error))
      // When COMMIT has arrived, the load learns so before DuckLake learns of the loss.
      assert.equal(/A commit failed and is retried/.test(stderr.join('')), !isDelivered)
      assert.deepEqual(stdout, [`{"s":${next.length}}`])
      assert.deepEqual(await idsOf(lake), ALL_IDS)
    }
  })
}

test('a lost answer to the COMMIT of a merge loses no row', { skip }, async (t) => {
  const lake = await freshLake(t)
  const once = changed(lake.url, { maintenance: 'off' })
  for (const id of [0, 1, 2, 3]) {
    assert.equal((await loadText({ url: once, text: replaced([id, 9]) })).error, undefined)
  }
  const { wasCut, ...treatment } = cutAt(/COMMIT/, true, SNAPSHOT)
  const proxy = await startProxy({ port: PORT, ...treatment })
  t.after(() => proxy.close())
  const config = await writeJson(await temporaryFolder(t), 'target.json', {
    warehouse_url: changed(lake.url, {}, proxy.port),
  })
  const { code, stderr } = await run('target-warehouse', {
    args: ['--config', config, '--maintain'],
  })
  assert.ok(wasCut(), 'nothing was cut')
  assert.equal(code, 0, stderr)
  assert.deepEqual(await idsOf(lake), [0, 1, 2, 3, 9])
})

test(
  'a server that is gone after COMMIT ends the process, and the next load completes it',
  { skip },
  async (t) => {
    const lake = await freshLake(t)
    const first = await loadText({ url: lake.url, text: replaced([1]) })
    assert.equal(first.error, undefined, String(first.error))
    const { wasCut, toServer, toClient } = cutAt(/COMMIT/, true, SNAPSHOT)
    const proxy = await startProxy({
      port: PORT,
      toClient,
      // Once the answer is lost, every other connection ends too.
      toServer: (connection) => {
        const treat = toServer(connection)
        const isLate = wasCut()
        return (chunk) => (isLate ? [{ ending: 'reset' }] : treat(chunk))
      },
    })
    t.after(() => proxy.close())
    const config = await writeJson(await temporaryFolder(t), 'target.json', {
      warehouse_url: changed(lake.url, { connect_timeout: '2', maintenance: 'off' }, proxy.port),
    })
    const child = start('target-warehouse', { args: ['--config', config] })
    child.stdin.end(replaced([1, 2, 3]))
    const { code, stdout, stderr } = await collect(child)
    assert.ok(wasCut(), 'nothing was cut')
    assert.equal(code, 137, stderr)
    assert.match(stderr, /lost during a commit/)
    assert.equal(stdout, '')
    assert.deepEqual(await idsOf(lake), [1, 2, 3])
    const next = await loadText({ url: lake.url, text: replaced([4]) })
    assert.equal(next.error, undefined, String(next.error))
    assert.deepEqual(await idsOf(lake), [1, 2, 3, 4])
  },
)

test(
  'loses and duplicates nothing when the server of the catalog crashes and restarts',
  { skip },
  async (t) => {
    const server = await startPostgres()
    t.after(() => server.stop())
    const url = new URL(server.url)
    url.searchParams.set('data_path', `${await temporaryFolder(t)}/`)
    url.searchParams.set('extension_directory', process.env['TEST_DUCKDB_EXTENSIONS'] ?? '')
    let restart: Promise<void> | undefined
    let isCrashed = false
    const { error, stdout, stderr } = await loadText({
      url: `ducklake:${url.href}`,
      config: { batch_size_rows: 1 },
      onLog: (line) => {
        if (isCrashed && /retr(ied|ying)/.test(line)) restart ??= server.start()
      },
      text: pieces(
        SCHEMA.replace('["id"]', '[]') + record(1) + state(1),
        async () => {
          await server.crash()
          isCrashed = true
        },
        record(2) + state(2),
        record(3) + state(3),
      ),
    })
    assert.ok(restart, `the load did not retry: ${String(error)}\n${stderr.join('')}`)
    await restart
    assert.equal(error, undefined, String(error))
    assert.equal(stdout.at(-1), '{"s":3}')
    const config = await writeJson(await temporaryFolder(t), 'target.json', {
      warehouse_url: `ducklake:${url.href}`,
    })
    const tables = await run('target-warehouse', { args: ['--config', config, '--tables', 's'] })
    const { streams } = JSON.parse(tables.stdout) as { streams: { rows: number }[] }
    assert.equal(streams[0]?.rows, 3, tables.stdout)
  },
)

test(
  'names an unreachable server, an unknown database, an unknown role and a missing extension',
  { skip },
  async (t) => {
    const { url } = await freshLake(t)
    const empty = mkdtempSync(join(await temporaryFolder(t), 'extensions-'))
    const cases: [url: string, code: string, text: RegExp][] = [
      [
        changed(url, {}, 1),
        'CONNECTION_FAILED',
        /127\.0\.0\.1:1, with the catalog of the lake, could not be opened .*REFUSED/,
      ],
      [changed(url, { dbname: 'nowhere' }), 'WAREHOUSE_FAILED', /"nowhere" does not exist.*Create/],
      [changed(url, { user: 'nobody_here' }), 'WAREHOUSE_FAILED', /role "nobody_here"/],
      [
        changed(url, { extension_directory: empty }),
        'DRIVER_MISSING',
        /extension postgres_scanner could not be loaded .*curl -fsS https:.*extension_directory=FOLDER/,
      ],
    ]
    for (const [at, code, text] of cases) {
      const { error } = await loadText({ url: at, text: SCHEMA })
      assert.ok(error instanceof AppError, String(error))
      assert.equal(error.code, code, error.fullText)
      assert.match(error.fullText, text)
    }
  },
)
