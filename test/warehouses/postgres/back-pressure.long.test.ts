/** A slow server: the input must wait and not accumulate in memory. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Client } from 'pg'
import { freshSchema, query, SERVER_URL } from '../../conformance/support/postgres.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { collect, start, temporaryFolder, writeJson } from '../../support/programs.ts'
import { startProxy, type Step, type Treatment } from '../../support/network/tcp-proxy.ts'
import { until } from '../../support/wait.ts'

const SCHEMA =
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"text":{"type":"string"}}},"key_properties":["id"]}\n'
const BATCH_BYTES = 1_000_000
const ROWS = 20_000
const ROWS_A_CHUNK = 50
const TEXT = 'x'.repeat(1000)
/** One batch in flight, one full batch, and the buffers of pipes: far below the 20 MB of input. */
const MAX_TAKEN_BYTES = 4 * BATCH_BYTES

function* chunks(): Generator<string> {
  yield SCHEMA
  for (let from = 0; from < ROWS; from += ROWS_A_CHUNK) {
    yield Array.from(
      { length: ROWS_A_CHUNK },
      (_, at) => `{"type":"RECORD","stream":"s","record":{"id":${from + at},"text":"${TEXT}"}}\n`,
    ).join('')
  }
  yield '{"type":"STATE","value":{"all":1}}\n'
}

/** Writes everything, each chunk after the one before was accepted. */
function feed(stdin: NodeJS.WritableStream) {
  const fed = { bytes: 0, done: Promise.resolve() }
  const write = async () => {
    for (const chunk of chunks()) {
      await new Promise<void>((resolve) => stdin.write(chunk, () => resolve()))
      fed.bytes += chunk.length
    }
    stdin.end()
  }
  fed.done = write()
  return fed
}

/**
 * Waits until a batch is full and no byte was accepted for a second. No event shows that a program
 * has stopped reading.
 */
async function untilStill(fed: { bytes: number }): Promise<void> {
  const isStill = async () => {
    const before = fed.bytes
    await sleep(1000)
    return before >= BATCH_BYTES && before === fed.bytes
  }
  await until(isStill, { what: 'the input to pause' })
}

interface Held {
  url: string
  release: () => Promise<unknown>
}

async function holdByLock(t: TestContext, url: string, schema: string): Promise<Held> {
  const other = new Client({ connectionString: SERVER_URL })
  await other.connect()
  t.after(() => other.end())
  await other.query(`begin; lock table ${schema}.s in access exclusive mode`)
  return { url, release: () => other.query('commit') }
}

async function holdByNetwork(t: TestContext, url: string): Promise<Held> {
  const network = { isStuck: true }
  const toServer = (): Treatment =>
    function* (chunk): Generator<Step> {
      while (network.isStuck && /copy /.test(chunk.toString('latin1'))) yield { waitMs: 20 }
      yield { bytes: chunk }
    }
  const proxy = await startProxy({ port: Number(new URL(SERVER_URL).port), toServer })
  t.after(() => proxy.close())
  const behindProxy = new URL(url)
  behindProxy.port = String(proxy.port)
  return { url: behindProxy.href, release: async () => (network.isStuck = false) }
}

for (const [what, hold] of [
  ['a lock on the table', holdByLock],
  ['a stalled network', holdByNetwork],
] as const) {
  test(`${what}: pauses the input after a few batches, and resumes afterwards`, async (t) => {
    const { schema, url } = await freshSchema(t)
    assert.equal((await loadText({ url, text: SCHEMA })).error, undefined)
    const held = await hold(t, url, schema)
    const config = await writeJson(await temporaryFolder(t), 'target.json', {
      warehouse_url: held.url,
      batch_size_bytes: BATCH_BYTES,
      batch_size_rows: 1_000_000,
    })
    const child = start('target-warehouse', { args: ['--config', config] })
    const finished = collect(child)
    const fed = feed(child.stdin)
    await untilStill(fed)
    const taken = fed.bytes
    assert.ok(taken < MAX_TAKEN_BYTES, `${taken} bytes were taken`)
    await held.release()
    await fed.done
    const { code, stdout, stderr } = await finished
    assert.equal(code, 0, stderr)
    assert.equal(stdout, '{"all":1}\n')
    assert.deepEqual(await query(`select count(*), count(distinct id) from ${schema}.s`), [
      [String(ROWS), String(ROWS)],
    ])
  })
}
