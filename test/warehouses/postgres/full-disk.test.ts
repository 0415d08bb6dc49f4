/** A full disk of the server (53100): only the tables are in a tablespace on a small disk. */

import assert from 'node:assert/strict'
import { chownSync, statSync } from 'node:fs'
import { test } from 'node:test'
import { Client } from 'pg'
import { startPostgres } from '../../support/postgres-server.ts'
import { run, temporaryFolder, writeJson } from '../../support/programs.ts'
import { LARGE_INPUT as INPUT, LARGE_ROWS as ROWS } from '../../support/large-input.ts'
import { smallDisk } from '../../support/small-disk.ts'

const ROWS_A_BATCH = 10

function rowsOf(state: string | null | undefined): number {
  return (JSON.parse(state ?? '{"rows":0}') as { rows: number }).rows
}

/** The rows of the table, each once and complete, and those that the newest STATE covers. */
async function countRows(client: Client): Promise<{ found: number; recorded: number }> {
  const { rows } = await client.query<{ all: string; whole: string; state: string | null }>(
    `select count(*) as all, count(distinct id) filter (where length(text) = 100000) as whole,
      (select state from _sdc_loads where state is not null order by load_number desc limit 1) as state
     from s`,
  )
  const [row] = rows
  assert.equal(row?.all, row?.whole)
  return { found: Number(row?.all), recorded: rowsOf(row?.state) }
}

test('L35: keeps what was committed when the server disk is full, and the next load completes it', async (t) => {
  const server = await startPostgres()
  const client = new Client({ connectionString: server.url })
  await client.connect()
  t.after(async () => {
    await client.end()
    await server.stop()
  })
  const disk = await smallDisk(t, 5)
  if (disk === undefined) {
    t.skip('only root may mount a small file system')
    return
  }
  const { uid, gid } = statSync(server.socketFolder)
  chownSync(disk.folder, uid, gid)
  await client.query(`create tablespace small location '${disk.folder}'`)
  const url = new URL(server.url)
  url.searchParams.set('options', '-c default_tablespace=small')
  const config = await writeJson(await temporaryFolder(t), 'target.json', {
    warehouse_url: url.href,
    batch_size_rows: ROWS_A_BATCH,
  })
  const full = await run('target-warehouse', { args: ['--config', config], stdin: INPUT })
  assert.equal(full.code, 5, full.stderr)
  assert.match(
    full.stderr,
    /No space left.*Free some space on the disk of the server and run again\./,
  )
  assert.doesNotMatch(full.stderr, /is retried/)
  const left = await countRows(client)
  assert.equal(left.recorded, rowsOf(full.stdout.trimEnd().split('\n').at(-1) || null))
  // A batch is full before the STATE after its last row arrives.
  assert.ok(left.found >= left.recorded && left.found % ROWS_A_BATCH === 0 && left.found < ROWS)
  disk.resize(64)
  const again = await run('target-warehouse', { args: ['--config', config], stdin: INPUT })
  assert.equal(again.code, 0, again.stderr)
  assert.deepEqual(await countRows(client), { found: ROWS, recorded: ROWS })
})
