import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { collect, start, temporaryFolder, writeJson } from '../../support/programs.ts'
import { propertiesOf } from '../support/hostile-names.ts'
import { loadText } from '../support/loading.ts'
import { DUCKDB_UNDER_TEST, WAREHOUSES } from '../support/warehouses.ts'

const MEGABYTE = 1_000_000
const SCHEMA =
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"text":{"type":"string"}}},"key_properties":["id"]}\n'
/** Writes the peak resident memory, in kilobytes, when the process ends. */
const PEAK =
  "data:text/javascript,import{writeFileSync}from'node:fs';process.on('exit',()=>writeFileSync(process.env.PEAK_LOG,String(process.resourceUsage().maxRSS)))"

/** Loads one line with a string of this size, written in chunks. */
async function loadLongLine(t: TestContext, url: string, megabytes: number) {
  const folder = await temporaryFolder(t)
  const log = join(folder, 'peak')
  const config = await writeJson(folder, 'target.json', { warehouse_url: url })
  const child = start('target-warehouse', {
    args: ['--config', config],
    env: { NODE_OPTIONS: `--import=${PEAK}`, PEAK_LOG: log },
  })
  const finished = collect(child)
  const closed = once(child, 'close')
  child.stdin.write(`${SCHEMA}{"type":"RECORD","stream":"s","record":{"id":1,"text":"`)
  const chunk = Buffer.alloc(MEGABYTE, 'x')
  for (let n = 0; n < megabytes && child.exitCode === null && child.stdin.writable; n++) {
    if (child.stdin.write(chunk)) continue
    await Promise.race([once(child.stdin, 'drain').catch(() => undefined), closed])
  }
  child.stdin.end('"}}\n{"type":"STATE","value":{"id":1}}\n')
  const result = await finished
  return { ...result, peakMegabytes: Number(await readFile(log, 'utf8')) / 1024 }
}

for (const { name, create } of WAREHOUSES) {
  test(`${name}: one line of 100 MB loads in bounded memory (L20)`, async (t) => {
    const warehouse = await create(t)
    const { code, stdout, stderr, peakMegabytes } = await loadLongLine(t, warehouse.url, 100)
    assert.equal(code, 0, stderr)
    assert.equal(stdout, '{"id":1}\n')
    const [row] = (await warehouse.read('s')) ?? []
    assert.equal(String(row?.['text']).length, 100 * MEGABYTE)
    assert.ok(peakMegabytes < 1500, `${peakMegabytes} MB`)
  })

  test(`${name}: loads 50 interleaved streams completely (L45, L46)`, async (t) => {
    const streams = Array.from({ length: 50 }, (_, n) => `s${n}`)
    const schemas = streams.map((stream) => SCHEMA.replace('"s"', `"${stream}"`))
    const records = Array.from({ length: 20 }, (_, id) =>
      streams.map(
        (stream) => `{"type":"RECORD","stream":"${stream}","record":{"id":${id},"text":"t"}}\n`,
      ),
    ).flat()
    const text = [...schemas, ...records, '{"type":"STATE","value":{"all":1}}\n'].join('')
    const warehouse = await create(t)
    const config = { batch_size_rows: 333 }
    const { error, stdout } = await loadText({ url: warehouse.url, text, config })
    assert.equal(error, undefined)
    assert.deepEqual(stdout, ['{"all":1}'])
    const tables = await warehouse.readAll()
    for (const stream of streams) assert.equal(tables.get(stream)?.length, 20, stream)
  })
}

test('rejects a line of 300 MB before all of it is in memory (L20)', async (t) => {
  const url = (await DUCKDB_UNDER_TEST.create(t)).url
  const { code, stdout, stderr, peakMegabytes } = await loadLongLine(t, url, 300)
  assert.equal(code, 2, stderr)
  assert.equal(stdout, '')
  assert.match(stderr, /Line 2 of the input is longer than 268435456 bytes\./)
  assert.ok(peakMegabytes < 700, `${peakMegabytes} MB`)
})

test('a table of 10,000 columns loads into DuckDB (L19)', async (t) => {
  const warehouse = await DUCKDB_UNDER_TEST.create(t)
  const names = Array.from({ length: 10_000 }, (_, n) => `c${n}`)
  const text = propertiesOf('wide', names)
  const { error } = await loadText({ url: warehouse.url, text })
  assert.equal(error, undefined)
  const [row = {}] = (await warehouse.read('wide')) ?? []
  assert.deepEqual(
    names.map((column) => row[column]),
    names.map((_, n) => n),
  )
})
