import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { databaseKeysOf } from '../../../src/runner/connection/conflicts.ts'
import { loadConnection, type Connection } from '../../../src/runner/connection/connection.ts'
import type { CallOptions } from '../../../src/runner/programs/call-program.ts'
import { RunQueue } from '../../../src/runner/scheduler/run-queue.ts'
import type { InspectedTable, readTables } from '../../../src/runner/warehouse/target-client.ts'
import { RowCounts } from '../../../src/console/runs/row-counts.ts'
import { held } from '../../support/held.ts'
import { temporaryFolder, writeJson } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'

function tableOf(rows: number): InspectedTable {
  return {
    stream: 'campaigns',
    table: 'campaigns',
    rows,
    deleted_rows: 0,
    has_loaded: true,
    description: null,
    newest_update: null,
    newest_update_column: null,
    columns: [{ name: 'id', type: 'integer', native_type: 'BIGINT', description: null }],
  }
}

/** A workspace with one connection, and counts of a warehouse that has `rows`. */
async function setUp(t: TestContext) {
  const workspace = await temporaryFolder(t)
  await mkdir(join(workspace, 'connections'))
  await mkdir(join(workspace, '.customerio-sync', 'eu'), { recursive: true })
  const connect = async (prefix: string) =>
    writeJson(join(workspace, 'connections'), 'eu.json', {
      source: { app_api_key: 'key-123456' },
      destination: { warehouse_url: 'duckdb:warehouse.duckdb', table_prefix: prefix },
    })
  const path = await connect('a_')
  const warehouse = { rows: 7, reads: 0, background: 0, held: Promise.resolve() }
  const changed: string[] = []
  const read: typeof readTables = async ({ destination }, _streams, { isInBackground }) => {
    warehouse.reads++
    if (isInBackground) warehouse.background++
    const { rows } = warehouse
    await warehouse.held
    const table = { ...tableOf(rows), table: `${destination.table_prefix}campaigns` }
    return { hasLoads: true, tables: [table] }
  }
  const open = async () => loadConnection(path, {})
  const create = () =>
    new RowCounts({
      calls: { env: {}, signal: new AbortController().signal },
      queue: new RunQueue(),
      open,
      onCount: ({ name }) => changed.push(name),
      readTables: read,
    })
  return { workspace, connect, warehouse, changed, open, create }
}

const LONG_AGO = '2026-01-01T00:00:00Z'

test('an equal count sends no event, so that who looks at the tables counts once', async (t) => {
  const { warehouse, changed, open, create } = await setUp(t)
  const counts = create()
  const connection = await open()
  await counts.count(connection)
  await counts.count(connection)
  assert.deepEqual(changed, ['eu'])
  warehouse.rows = 8
  await counts.count(connection)
  assert.deepEqual(changed, ['eu', 'eu'])
})

test('two who look at once count once', async (t) => {
  const { warehouse, open, create } = await setUp(t)
  const counts = create()
  const connection = await open()
  await Promise.all([counts.count(connection), counts.count(connection)])
  assert.equal(warehouse.reads, 1)
})

test('a count is kept over a restart, with its time', async (t) => {
  const { workspace, open, create } = await setUp(t)
  const connection = await open()
  assert.equal(await create().known(connection), undefined)
  const counted = await create().count(connection)
  const known = await create().known(connection)
  assert.deepEqual([known?.readAt, known?.tables], [counted.readAt, counted.tables])
  const path = join(workspace, '.customerio-sync', 'eu', 'rows.json')
  assert.doesNotMatch(await readFile(path, 'utf8'), /key-123456/)
  for (const damaged of ['', 'null', '{', '{"readAt":1}', '[]']) {
    await writeFile(path, damaged)
    assert.equal(await create().known(connection), undefined)
  }
})

test('a count of other tables is not shown, also when it ends after the change', async (t) => {
  const { connect, warehouse, open, create } = await setUp(t)
  const counts = create()
  const before = await open()
  const { promise, release } = held()
  warehouse.held = promise
  const counting = counts.count(before)
  await connect('b_')
  const after = await open()
  release()
  await counting
  assert.equal(await counts.known(after), undefined)
  await counts.count(after)
  assert.equal((await counts.known(after))?.tables[0]?.table, 'b_campaigns')
  assert.equal(await counts.known(before), undefined)
})

test('a count of the background opens the connection when it begins', async (t) => {
  const { connect, open, create } = await setUp(t)
  const counts = create()
  const { path } = await open()
  counts.countSoon(path, LONG_AGO)
  await connect('b_')
  await counts.ended()
  assert.equal((await counts.known(await open()))?.tables[0]?.table, 'b_campaigns')
})

test('a count that nobody waits for leaves the processor to others', async (t) => {
  const { warehouse, open, create } = await setUp(t)
  const counts = create()
  const connection = await open()
  await counts.count(connection)
  assert.equal(warehouse.background, 0)
  counts.countSoon(connection.path, new Date(Date.now() + 1000).toISOString())
  await counts.ended()
  assert.deepEqual([warehouse.reads, warehouse.background], [2, 1])
})

test('runs that end together are counted once, and not again when a count began since', async (t) => {
  const { warehouse, changed, open, create } = await setUp(t)
  const counts = create()
  const { path } = await open()
  counts.countSoon(path, LONG_AGO)
  counts.countSoon(path, LONG_AGO)
  await counts.ended()
  counts.countSoon(path, LONG_AGO)
  await counts.ended()
  assert.deepEqual([warehouse.reads, changed], [1, ['eu']])
  counts.countSoon(path, new Date(Date.now() + 1000).toISOString())
  await counts.ended()
  assert.deepEqual([warehouse.reads, changed], [2, ['eu', 'eu']])
})

test('a connection that was removed is not counted any more', async (t) => {
  const { warehouse, open, create } = await setUp(t)
  const counts = create()
  const { path } = await open()
  counts.countSoon(path, LONG_AGO)
  counts.forget(path)
  await counts.ended()
  assert.equal(warehouse.reads, 0)
})

const openPath = async (path: string) => loadConnection(path, {})

/** Counts of several databases, each of which lasts until the test ends it. */
async function setUpMany(t: TestContext, options: { limitMs?: number } = {}) {
  const workspace = await temporaryFolder(t)
  await mkdir(join(workspace, 'connections'))
  const connect = async (name: string, warehouse: string) =>
    openPath(
      await writeJson(join(workspace, 'connections'), `${name}.json`, {
        source: { app_api_key: 'key-123456' },
        destination: { warehouse_url: warehouse, table_prefix: `${name}_` },
      }),
    )
  const reading = new Map<string, () => void>()
  const read = async ({ name }: Connection, _streams: unknown, { signal }: CallOptions) => {
    const { promise, release } = held()
    reading.set(name, release)
    await Promise.race([promise, once(signal, 'abort')])
    reading.delete(name)
    signal.throwIfAborted()
    return { hasLoads: true, tables: [tableOf(7)] }
  }
  const queue = new RunQueue()
  const stopping = new AbortController()
  const calls = { env: {}, signal: stopping.signal }
  const counts = new RowCounts({
    calls,
    queue,
    open: openPath,
    onCount: () => undefined,
    readTables: read,
    ...options,
  })
  t.after(async () => {
    stopping.abort()
    await counts.ended()
  })
  /** Resolves when exactly these are being counted. */
  const areReading = async (...names: string[]) =>
    until(() => [...reading.keys()].toSorted().join() === names.join(), {
      what: `counts of ${names.join(' and ')}`,
    })
  return { connect, counts, queue, reading, areReading }
}

test('two counts run at a time, and one of each database', async (t) => {
  const { connect, counts, reading, areReading } = await setUpMany(t)
  const counting = [
    counts.count(await connect('a', 'postgres://u:p@one/d')),
    counts.count(await connect('b', 'postgres://u:p@one/d')),
    counts.count(await connect('c', 'postgres://u:p@two/d')),
    counts.count(await connect('d', 'postgres://u:p@three/d')),
  ]
  await areReading('a', 'c')
  reading.get('c')?.()
  await areReading('a', 'd')
  reading.get('a')?.()
  await areReading('b', 'd')
  reading.get('b')?.()
  reading.get('d')?.()
  await Promise.all(counting)
})

test('a count that takes too long is ended, and says so', async (t) => {
  const { connect, counts, areReading } = await setUpMany(t, { limitMs: 20 })
  // The timer of a signal alone does not keep the process alive.
  const alive = setInterval(() => {}, 1000)
  t.after(() => clearInterval(alive))
  await assert.rejects(counts.count(await connect('a', 'postgres://u:p@one/d')), {
    code: 'TIMED_OUT',
    message: 'The count of the rows took longer than 0 seconds.',
    hint: 'Check that the server responds, then try again.',
  })
  await areReading()
})

test('a count that waits for a run delays no count of another database', async (t) => {
  const { connect, counts, queue, reading, areReading } = await setUpMany(t)
  const busy = await connect('a', 'duckdb:a.duckdb')
  const other = await connect('b', 'duckdb:b.duckdb')
  const { promise, release } = held()
  const run = queue.run(databaseKeysOf(busy), new AbortController().signal, async () => promise)
  counts.countSoon(busy.path, LONG_AGO)
  counts.countSoon(other.path, LONG_AGO)
  await areReading('b')
  release()
  await run
  await areReading('a', 'b')
  for (const end of reading.values()) end()
  await counts.ended()
})
