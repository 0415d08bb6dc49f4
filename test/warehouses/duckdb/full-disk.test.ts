import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { run, temporaryFolder, writeJson } from '../../support/programs.ts'
import { LARGE_INPUT as INPUT, LARGE_ROWS as ROWS } from '../../support/large-input.ts'
import { smallDisk } from '../../support/small-disk.ts'

/** The rows of the table, each once, and those that the newest recorded STATE covers. */
async function countRows(path: string): Promise<{ found: number; recorded: number }> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  try {
    const reader = await connection.runAndReadAll(
      `select count(*), count(distinct id), (select max_by(state, load_number) from _sdc_loads) from s`,
    )
    const [[all, different, state] = []] = reader.getRows()
    assert.equal(all, different)
    return { found: Number(all), recorded: rowsOf(String(state)) }
  } finally {
    connection.disconnectSync()
    instance.closeSync()
  }
}

function rowsOf(state: string): number {
  return (JSON.parse(state) as { rows: number }).rows
}

test('L35: keeps what was committed when the disk is full, and the next load completes it', async (t) => {
  const disk = await smallDisk(t, 4)
  if (disk === undefined) {
    t.skip('only root may mount a small file system')
    return
  }
  const path = join(disk.folder, 'test.duckdb')
  const config = await writeJson(await temporaryFolder(t), 'target.json', {
    warehouse_url: `duckdb:${path}`,
    batch_size_rows: 10,
  })
  const full = await run('target-warehouse', { args: ['--config', config], stdin: INPUT })
  assert.equal(full.code, 5, full.stderr)
  assert.match(full.stderr, /Free some space on the disk and run again\./)
  const printed = rowsOf(full.stdout.trimEnd().split('\n').at(-1) || '{"rows":0}')
  disk.resize(64)
  // A batch is full before the STATE after its last row arrives.
  const left = await countRows(path)
  assert.equal(left.recorded, printed)
  assert.ok(left.found >= printed && left.found % 10 === 0 && left.found < ROWS)
  assert.doesNotMatch(full.stderr, /is retried/)
  const again = await run('target-warehouse', { args: ['--config', config], stdin: INPUT })
  assert.equal(again.code, 0, again.stderr)
  assert.deepEqual(await countRows(path), { found: ROWS, recorded: ROWS })
})
