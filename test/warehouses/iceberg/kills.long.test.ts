/** Ends the loader, the catalog server or the object store while a load commits. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { createIn } from '../../conformance/support/iceberg.ts'
import { loadText } from '../../conformance/support/loading.ts'
import type { TestedWarehouse } from '../../conformance/support/warehouses.ts'
import { startCatalog, WITHOUT_JARS } from '../../support/iceberg/catalog-server.ts'
import { startProxy, type Treatment } from '../../support/network/tcp-proxy.ts'
import { collect, start, temporaryFolder, writeJson } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'
import { idsOf, pieces, record, SCHEMA, state } from '../ducklake/lakes.ts'
import { COMMIT, freshWarehouse, holdRequest, WITHOUT_CATALOG } from './catalogs.ts'

const OBJECT_STORE = process.env['AWS_ENDPOINT_URL'] ?? ''

/** A row of a stream without keys, which a repeated batch would double. */
function appended(id: number): string {
  return SCHEMA.replace('["id"]', '[]') + record(id) + state(id)
}

/** Each row once, in a load that continues. */
async function assertGoesOn(warehouse: TestedWarehouse, ids: readonly number[]): Promise<void> {
  assert.deepEqual(await idsOf(warehouse), ids)
  const again = await loadText({ url: warehouse.url, text: appended(99) })
  assert.equal(again.error, undefined, String(again.error))
  assert.deepEqual(await idsOf(warehouse), [...ids, 99])
}

async function startLoader(t: TestContext, url: string) {
  const folder = await temporaryFolder(t)
  const config = await writeJson(folder, 'target.json', { warehouse_url: url })
  return start('target-warehouse', { args: ['--config', config] })
}

test(
  'L1: a loader that is killed during its commit leaves the whole batch once, and prints no STATE',
  { skip: WITHOUT_CATALOG },
  async (t) => {
    const warehouse = await freshWarehouse(t)
    assert.equal((await loadText({ url: warehouse.url, text: appended(1) })).error, undefined)
    let child: Awaited<ReturnType<typeof startLoader>> | undefined
    const url = await holdRequest(t, warehouse.url, {
      held: COMMIT,
      before: async () => {
        child?.kill('SIGKILL')
        await finished
      },
    })
    child = await startLoader(t, url)
    const finished = collect(child)
    child.stdin.end(appended(2))
    const { code, stdout } = await finished
    assert.equal(code, 137)
    assert.equal(stdout, '')
    // The request was complete, so the catalog carries it out.
    const loads = async () => (await warehouse.read('_sdc_loads'))?.length
    await until(async () => (await loads()) === 2, { what: 'the second load' })
    await assertGoesOn(warehouse, [1, 2])
  },
)

test(
  'loses and duplicates nothing when the catalog server is killed during a commit and restarts',
  { skip: WITHOUT_JARS || WITHOUT_CATALOG },
  async (t) => {
    const server = await startCatalog(t, OBJECT_STORE)
    const warehouse = createIn(server.url, t)
    assert.equal((await loadText({ url: warehouse.url, text: appended(1) })).error, undefined)
    let restart: Promise<void> | undefined
    const url = await holdRequest(t, warehouse.url, { held: COMMIT, before: server.crash })
    const { error, stdout, stderr } = await loadText({
      url,
      text: appended(2),
      onLog: (line) => {
        if (/retr(ied|ying)/.test(line)) restart ??= server.start()
      },
    })
    await restart
    assert.match(stderr.join(''), /A commit failed and is retried\./)
    assert.equal(error, undefined, String(error))
    assert.deepEqual(stdout, ['{"s":2}'])
    await assertGoesOn(warehouse, [1, 2])
  },
)

test(
  'retries a batch while the object store cannot be reached',
  { skip: WITHOUT_JARS || WITHOUT_CATALOG },
  async (t) => {
    let isDown = false
    const toServer = (): Treatment => (chunk) =>
      isDown ? [{ ending: 'reset' }] : [{ bytes: chunk }]
    const proxy = await startProxy({ port: Number(new URL(OBJECT_STORE).port), toServer })
    t.after(() => proxy.close())
    const server = await startCatalog(t, `http://127.0.0.1:${proxy.port}`)
    const warehouse = createIn(server.url, t)
    const { error, stdout, stderr } = await loadText({
      url: warehouse.url,
      config: { batch_size_rows: 1 },
      text: pieces(
        appended(1),
        () => {
          isDown = true
          return Promise.resolve()
        },
        record(2) + state(2),
      ),
      onLog: (line) => {
        if (/retried/.test(line)) isDown = false
      },
    })
    assert.equal(error, undefined, String(error))
    assert.match(stderr.join(''), /A commit failed and is retried\./)
    assert.deepEqual(stdout.at(-1), '{"s":2}')
    await assertGoesOn(warehouse, [1, 2])
  },
)
