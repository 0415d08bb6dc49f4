import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'
import { loadText } from './support/loading.ts'
import { WAREHOUSES } from './support/warehouses.ts'

function schemaLine(stream: string): string {
  const schema = { properties: { id: { type: 'integer' } } }
  return `${JSON.stringify({ type: 'SCHEMA', stream, schema, key_properties: ['id'] })}\n`
}

async function readTables(t: TestContext, url: string): Promise<unknown> {
  const path = await writeJson(await temporaryFolder(t), 'config.json', { warehouse_url: url })
  const args = ['--config', path, '--tables', 'full,emptied,never,absent']
  const { code, stdout, stderr } = await run('target-warehouse', { args })
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

for (const { name, create } of WAREHOUSES) {
  test(`${name}: --tables distinguishes an emptied table from one that never had a row`, async (t) => {
    const warehouse = await create(t)
    const streams = ['full', 'emptied', 'never']
    const records = ['full', 'emptied']
      .map((stream) => `${JSON.stringify({ type: 'RECORD', stream, record: { id: 1 } })}\n`)
      .join('')
    for (const text of [streams.map(schemaLine).join('') + records, schemaLine('never')]) {
      assert.equal((await loadText({ url: warehouse.url, text })).error, undefined)
    }
    await warehouse.execute('delete from emptied')
    const { streams: found } = (await readTables(t, warehouse.url)) as {
      streams: { stream: string; rows: number | null; has_loaded: boolean }[]
    }
    assert.deepEqual(
      found.map(({ stream, rows, has_loaded: hasLoaded }) => [stream, rows, hasLoaded]),
      [
        ['full', 1, true],
        ['emptied', 0, true],
        ['never', 0, false],
        ['absent', null, false],
      ],
    )
  })
}
