/** Trino, another engine, reads and rewrites the Iceberg tables that we load. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { extensionFolder } from './lakes/lake.ts'
import { KEYS, startStore } from './lakes/moto.ts'
import { noteProgram } from './results.ts'
import {
  changedRow,
  CHANGED_PROPERTIES,
  Expected,
  linesOf,
  PROPERTIES,
  rowOf,
} from './trino/rows.ts'
import type { Row } from './trino/rows.ts'
import { startTrino, type IcebergPlace, type Query } from './trino/server.ts'
import { startCatalog } from '../support/iceberg/catalog-server.ts'
import { run } from '../support/programs.ts'

const DELETED = { _sdc_deleted_at: '2026-01-01T00:00:00Z' }

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at)
}

async function makePlace(t: TestContext): Promise<IcebergPlace> {
  const store = await startStore(t)
  const { url } = await startCatalog(t, store.url)
  return { catalog: url, warehouse: 'analytics', store: store.url, keys: KEYS }
}

/** Runs the target as users do. Returns its output. */
function loaderOf({ catalog, warehouse, store, keys }: IcebergPlace, extensions: string) {
  const url = new URL(catalog)
  url.searchParams.set('warehouse', warehouse)
  url.searchParams.set('extension_directory', extensions)
  const env = {
    TARGET_WAREHOUSE_WAREHOUSE_URL: `iceberg:${url.href}`,
    TARGET_WAREHOUSE_HARD_DELETE: 'true',
    AWS_ACCESS_KEY_ID: keys.id,
    AWS_SECRET_ACCESS_KEY: keys.secret,
    AWS_REGION: 'us-east-1',
    AWS_ENDPOINT_URL: store,
  }
  return async (stdin: string): Promise<void> => {
    const { code, stderr } = await run('target-warehouse', {
      args: ['--config', 'ENV'],
      env,
      stdin,
    })
    assert.equal(code, 0, stderr)
  }
}

/** The maintenance that the docs recommend, with nothing kept. */
async function maintain(query: Query, table: string): Promise<void> {
  await query(`alter table ${table} execute optimize`)
  for (const command of ['expire_snapshots', 'remove_orphan_files']) {
    await query(`alter table ${table} execute ${command}(retention_threshold => '0s')`)
  }
}

test('Trino reads every value, and rewrites the tables between two loads', async (t) => {
  const [place, extensions] = await Promise.all([makePlace(t), extensionFolder(t)])
  const runLoad = loaderOf(place, extensions)
  const expected = new Expected()
  const counts: number[] = []
  const load = async (rows: readonly Row[], { isChanged = false } = {}): Promise<void> => {
    await runLoad(linesOf(rows, isChanged ? CHANGED_PROPERTIES : PROPERTIES))
    expected.load(rows, { isChanged })
    counts.push(rows.length)
  }
  const inserted = load(range(0, 2000).map((id) => rowOf(id, 'inserted')))
  const [query] = await Promise.all([startTrino(t, place), inserted])
  await expected.assertSame(query, 'after inserts')
  await load(range(1000, 3000).map((id) => rowOf(id, 'updated')))
  await expected.assertSame(query, 'after updates')
  await load(range(500, 700).map((id) => ({ ...rowOf(id, 'deleted'), ...DELETED })))
  await expected.assertSame(query, 'after deletes')
  await load(
    range(2990, 3010).map((id) => changedRow(id)),
    { isChanged: true },
  )
  await expected.assertSame(query, 'after a column was added and two others were rewritten')

  await query(`update s set name = 'by Trino', more = 'x' where id in (10, 3000)`)
  for (const id of [10, 3000]) expected.update(id, { name: 'by Trino', more: 'x' })
  await query('delete from s where id in (20, 3001)')
  for (const id of [20, 3001]) expected.delete(id)
  await expected.assertSame(query, 'after Trino changed rows')
  const touched = [...range(15, 25), ...range(3001, 3020)]
  await load(
    touched.map((id) => changedRow(id, 'again')),
    { isChanged: true },
  )
  await expected.assertSame(query, 'after a load into what Trino changed')

  for (const table of ['s', '_sdc_loads']) await maintain(query, table)
  await expected.assertSame(query, 'after Trino rewrote the files')
  const last = range(0, 50).map((id) => changedRow(id, 'last'))
  const gone = range(100, 120).map((id) => ({ ...changedRow(id), ...DELETED }))
  await load([...last, ...gone], { isChanged: true })
  await expected.assertSame(query, 'after a load into what Trino rewrote')

  const ledger = `select load_number, json_extract_scalar(state, '$.rows') from _sdc_loads order by 1`
  assert.deepEqual(
    await query(ledger),
    counts.map((count, at) => [at + 1, String(count)]),
  )
  const [[version] = []] = await query('select version()')
  const outcome = 'Iceberg tables: every row and value, also after it changed and rewrote them'
  noteProgram({ kind: 'read', program: 'trino', version: String(version), outcome })
})
