/** The second signal ends a load whose statement waits for the server of the catalog. */

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { loadText } from '../../conformance/support/loading.ts'
import { freshDatabase } from '../../conformance/support/postgres.ts'
import { collect, start, temporaryFolder, writeJson } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'
import { changed, record, SCHEMA, state, WITHOUT_LAKES as skip } from './lakes.ts'

/** Resolves when no signal is pending any more: libuv has taken it. At once where /proc is not. */
async function untilHandled(pid: number | undefined): Promise<void> {
  if (process.platform !== 'linux') return
  const isHandled = () =>
    !/^(?:Sig|Shd)Pnd:.*[1-9a-f]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  await until(isHandled, { what: 'the first signal to arrive' })
}

test(
  'a second signal ends a load at once while DuckDB waits for the catalog',
  { skip },
  async (t) => {
    const { url: catalog, client } = await freshDatabase(t)
    const url = changed(`ducklake:${catalog}`, {
      data_path: `${await temporaryFolder(t)}/`,
      extension_directory: process.env['TEST_DUCKDB_EXTENSIONS'] ?? '',
      maintenance: 'off',
    })
    const first = await loadText({ url, text: SCHEMA + record(1) + state(1) })
    assert.equal(first.error, undefined, String(first.error))
    await client.query('begin; lock table ducklake_snapshot_changes in exclusive mode')
    const config = await writeJson(await temporaryFolder(t), 'target.json', { warehouse_url: url })
    const child = start('target-warehouse', { args: ['--config', config] })
    const finished = collect(child)
    child.stdin.end(SCHEMA + record(2) + state(2))
    const isWaiting = async () =>
      (await client.query('select from pg_locks where not granted')).rowCount === 1
    await until(isWaiting, { what: 'the commit to wait for the catalog' })
    child.kill('SIGTERM')
    await untilHandled(child.pid)
    child.kill('SIGINT')
    const { stdout, stderr } = await finished
    // The end of the grace time would be a SIGTERM.
    assert.deepEqual([child.exitCode, child.signalCode, stdout], [null, 'SIGINT', ''], stderr)
    await client.query('rollback')
    const next = await loadText({ url, text: SCHEMA + record(3) + state(3) })
    assert.equal(next.error, undefined, String(next.error))
  },
)
