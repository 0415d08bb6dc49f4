/** The files of a lake after many small loads. */

import assert from 'node:assert/strict'
import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadText } from '../../conformance/support/loading.ts'
import { run, writeJson, temporaryFolder } from '../../support/programs.ts'
import { query } from '../../conformance/support/postgres.ts'
import { changed, freshLake, record, SCHEMA, WITHOUT_LAKES as skip } from './lakes.ts'

const ROWS = 5000
const CHANGED = 50
const LOADS = 30

function dataFiles(url: string): string[] {
  const folder = new URL(url.replace(/^ducklake:/, '')).searchParams.get('data_path') ?? ''
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  return names.filter((name) => name.endsWith('.parquet')).map((name) => join(folder, name))
}

/** Loads all rows, then changes some of them again and again. */
async function loadOften(url: string): Promise<Map<number, string>> {
  const expected = new Map<number, string>()
  const load = async (ids: readonly number[], v: string) => {
    for (const id of ids) expected.set(id, v)
    const text = SCHEMA + ids.map((id) => record(id, v)).join('')
    const { error } = await loadText({ url, text })
    assert.equal(error, undefined, String(error))
  }
  await load(
    Array.from({ length: ROWS }, (_, id) => id),
    'first',
  )
  for (let at = 0; at < LOADS; at++) {
    await load(
      Array.from({ length: CHANGED }, (_, n) => (at * 7 + n * 97) % ROWS),
      `load ${at}`,
    )
  }
  return expected
}

/** Makes every snapshot, and every file that waits for its removal, three days older. */
async function age(url: string): Promise<void> {
  const schema = new URL(url.replace(/^ducklake:/, '')).searchParams.get('metadata_schema') ?? ''
  await query(
    `update ${schema}.ducklake_snapshot set snapshot_time = snapshot_time - interval '3 days'`,
  )
  await query(
    `update ${schema}.ducklake_files_scheduled_for_deletion set schedule_start = schedule_start - interval '3 days'`,
  )
}

/** Data files of the newest snapshot, and those of them with deletions. */
async function filesInUse(url: string): Promise<{ files: number; withDeletions: number }> {
  const schema = new URL(url.replace(/^ducklake:/, '')).searchParams.get('metadata_schema') ?? ''
  const [row] = await query(
    `select count(*), count(deletions.data_file_id)
    from ${schema}.ducklake_data_file as data
    left join ${schema}.ducklake_delete_file as deletions
      on deletions.data_file_id = data.data_file_id and deletions.end_snapshot is null
    where data.end_snapshot is null`,
  )
  return { files: Number(row?.[0]), withDeletions: Number(row?.[1]) }
}

test('small files of which few rows were replaced do not add up', { skip }, async (t) => {
  const { url, read } = await freshLake(t)
  const expected = new Map<number, string>()
  const load = async (ids: readonly number[], v: string) => {
    for (const id of ids) expected.set(id, v)
    const { error } = await loadText({
      url,
      text: SCHEMA + ids.map((id) => record(id, v)).join(''),
    })
    assert.equal(error, undefined, String(error))
  }
  // Each load replaces one of fifty rows of the one before, so every file keeps nearly all rows.
  for (let at = 0; at < LOADS; at++) {
    await load(
      Array.from({ length: CHANGED }, (_, n) => at * (CHANGED - 1) + n),
      `load ${at}`,
    )
  }
  const { files, withDeletions } = await filesInUse(url)
  // At most eight files of the table, and eight of the ledger.
  assert.ok(files <= 16 && withDeletions <= 8, `${files} files, ${withDeletions} with deletions`)
  const rows = (await read('s')) ?? []
  assert.equal(rows.length, expected.size)
  assert.deepEqual(new Map(rows.map(({ id, v }) => [Number(id), String(v)])), expected)
})

test('many small loads leave few files, and every row once', { skip }, async (t) => {
  const lake = await freshLake(t)
  const url = changed(lake.url, { expire_older_than: '24h' })
  const expected = await loadOften(url)
  for (const v of ['after a day', 'after two days']) {
    await age(url)
    expected.set(1, v)
    const { error } = await loadText({ url, text: SCHEMA + record(1, v) })
    assert.equal(error, undefined, String(error))
  }
  const rows = (await lake.read('s')) ?? []
  assert.deepEqual(new Map(rows.map(({ id, v }) => [Number(id), String(v)])), expected)
  assert.equal(rows.length, ROWS)
  // At most 9 files, and 9 with deletions and those, for the table and for the ledger.
  assert.ok(dataFiles(url).length <= 2 * (9 + 18), `${dataFiles(url).length} files`)
})

test(
  '--maintain merges files, expires snapshots, removes orphans, and keeps young files',
  { skip },
  async (t) => {
    const lake = await freshLake(t)
    const expected = await loadOften(changed(lake.url, { maintenance: 'off' }))
    const before = dataFiles(lake.url)
    assert.ok(before.length > 2 * LOADS, `${before.length} files`)
    const [folder = ''] = before.map((path) => path.slice(0, path.lastIndexOf('/')))
    const [old, young] = ['old', 'young'].map((name) => join(folder, `ducklake-${name}.parquet`))
    for (const path of [old, young]) writeFileSync(path ?? '', 'left by a load that was killed')
    const longAgo = Date.now() / 1000 - 3 * 86_400
    utimesSync(old ?? '', longAgo, longAgo)
    const config = await writeJson(await temporaryFolder(t), 'target.json', {
      warehouse_url: changed(lake.url, { expire_older_than: '1d', remove_orphans: 'on' }),
    })
    const maintain = async () => {
      const args = ['--config', config, '--maintain']
      const { code, stdout, stderr } = await run('target-warehouse', { args })
      assert.equal(code, 0, stderr)
      return JSON.parse(stdout) as Record<string, number>
    }
    await age(lake.url)
    const first = await maintain()
    assert.ok((first['files_merged'] ?? 0) > LOADS, JSON.stringify(first))
    assert.ok((first['snapshots_expired'] ?? 0) > LOADS, JSON.stringify(first))
    await age(lake.url)
    const second = await maintain()
    assert.ok((second['files_removed'] ?? 0) > LOADS, JSON.stringify(second))
    assert.deepEqual(
      [old, young].map((path) => dataFiles(lake.url).includes(path ?? '')),
      [false, true],
    )
    // What the second run replaced waits for its removal.
    assert.ok(dataFiles(lake.url).length <= 6, dataFiles(lake.url).join('\n'))
    const rows = (await lake.read('s')) ?? []
    assert.deepEqual(new Map(rows.map(({ id, v }) => [Number(id), String(v)])), expected)
  },
)

test('without a limit no snapshot expires, so files of old snapshots stay', { skip }, async (t) => {
  const lake = await freshLake(t)
  await loadOften(lake.url)
  const before = dataFiles(lake.url).length
  assert.ok(before > 2 * LOADS, `${before} files`)
})
