/** What the server of a lake's catalog, and the network to it, do to a load. */

import assert from 'node:assert/strict'
import { mkdtempSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { SERVER_URL } from '../../conformance/support/postgres.ts'
import { startProxy, type Treatment } from '../../support/network/tcp-proxy.ts'
import { startPostgres } from '../../support/postgres-server.ts'
import { temporaryFolder } from '../../support/programs.ts'
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

/** Cuts a connection once: at the first COMMIT after a snapshot was written, or at another word. */
function cutOnce(at: RegExp, isDelivered: boolean) {
  let [isCut, isResponseCut] = [false, false]
  const toServer = (): Treatment => {
    let hasSnapshot = false
    return (chunk) => {
      const text = chunk.toString('latin1')
      hasSnapshot ||= SNAPSHOT.test(text)
      if (isCut || !hasSnapshot || !at.test(text)) return [{ bytes: chunk }]
      isCut = true
      isResponseCut = isDelivered
      return isDelivered ? [{ bytes: chunk }] : [{ ending: 'reset' }]
    }
  }
  const toClient = (): Treatment => (chunk) => {
    if (!isResponseCut) return [{ bytes: chunk }]
    isResponseCut = false
    return [{ ending: 'reset' }]
  }
  return { toServer, toClient, wasCut: () => isCut }
}

/** A row of a stream without keys, which a repeated batch would double. */
function appended(id: number): string {
  return SCHEMA.replace('["id"]', '[]') + record(id) + state(id)
}

for (const [name, pattern, isDelivered] of [
  ['before COMMIT arrives', /COMMIT/, false],
  ['after COMMIT, before its response', /COMMIT/, true],
  ['while the snapshot is written', SNAPSHOT, false],
] as const) {
  test(`L1, L29: loads the batch once when the connection is cut ${name}`, { skip }, async (t) => {
    const lake = await freshLake(t)
    assert.equal((await loadText({ url: lake.url, text: appended(1) })).error, undefined)
    const { wasCut, ...treatment } = cutOnce(pattern, isDelivered)
    const proxy = await startProxy({ port: PORT, ...treatment })
    t.after(() => proxy.close())
    const url = changed(lake.url, { maintenance: 'off' }, proxy.port)
    const { error, stdout, stderr } = await loadText({ url, text: appended(2) })
    assert.ok(wasCut(), 'nothing was cut')
    assert.equal(error, undefined, String(error))
    assert.match(stderr.join(''), /A commit failed and is retried\./)
    assert.deepEqual(stdout, ['{"s":2}'])
    assert.deepEqual(await idsOf(lake), [1, 2])
  })
}

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
    const again = await loadText({ url: `ducklake:${url.href}`, text: SCHEMA + record(3, 'new') })
    assert.equal(again.error, undefined, String(again.error))
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
        /extension postgres_scanner is not installed.*extension_directory=FOLDER/,
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
