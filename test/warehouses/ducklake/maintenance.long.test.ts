/** The files of a lake after many small loads. */

import assert from 'node:assert/strict'
import { readdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadText } from '../../conformance/support/loading.ts'
import { run, writeJson, temporaryFolder } from '../../support/programs.ts'
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

test('many small loads leave few files, and every row once', { skip }, async (t) => {
  const lake = await freshLake(t)
  const url = changed(lake.url, { expire_older_than: '0h' })
  const expected = await loadOften(url)
  const rows = (await lake.read('s')) ?? []
  assert.deepEqual(new Map(rows.map(({ id, v }) => [Number(id), String(v)])), expected)
  assert.equal(rows.length, ROWS)
  // At most 9 small files with as many files of deletions, for the table and for the ledger.
  assert.ok(dataFiles(url).length <= 36, `${dataFiles(url).length} files`)
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
      warehouse_url: changed(lake.url, { expire_older_than: '0h' }),
    })
    const { code, stdout, stderr } = await run('target-warehouse', {
      args: ['--config', config, '--maintain'],
    })
    assert.equal(code, 0, stderr)
    const report = JSON.parse(stdout) as Record<string, number>
    assert.ok((report['files_merged'] ?? 0) > LOADS, stdout)
    assert.ok((report['snapshots_expired'] ?? 0) > LOADS, stdout)
    assert.ok((report['files_removed'] ?? 0) > LOADS, stdout)
    assert.deepEqual(
      [old, young].map((path) => dataFiles(lake.url).includes(path ?? '')),
      [false, true],
    )
    assert.ok(dataFiles(lake.url).length <= 4, dataFiles(lake.url).join('\n'))
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
