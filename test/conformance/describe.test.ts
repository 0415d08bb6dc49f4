import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'
import { loadText } from './support/loading.ts'
import { WAREHOUSES } from './support/warehouses.ts'

function schemaLine(stream: string): string {
  const schema = { properties: { id: { type: 'integer' } } }
  return `${JSON.stringify({ type: 'SCHEMA', stream, schema, key_properties: ['id'] })}\n`
}

function markedLine(id: number, version: number): string {
  return `${JSON.stringify({ type: 'RECORD', stream: 'marked', record: { id }, version })}\n`
}

const ACTIVATE = `${JSON.stringify({ type: 'ACTIVATE_VERSION', stream: 'marked', version: 2 })}\n`

async function readTables(t: TestContext, url: string): Promise<unknown> {
  const path = await writeJson(await temporaryFolder(t), 'config.json', { warehouse_url: url })
  const args = ['--config', path, '--tables', 'full,emptied,never,absent,marked']
  const { code, stdout, stderr } = await run('target-warehouse', { args })
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout)
}

for (const { name, create } of WAREHOUSES) {
  test(`${name}: --tables distinguishes an emptied table from one that never had a row, and counts deleted rows apart`, async (t) => {
    const warehouse = await create(t)
    const streams = ['full', 'emptied', 'never']
    const records = ['full', 'emptied']
      .map((stream) => `${JSON.stringify({ type: 'RECORD', stream, record: { id: 1 } })}\n`)
      .join('')
    const marked = schemaLine('marked') + markedLine(1, 1) + markedLine(2, 1) + markedLine(3, 1)
    for (const text of [
      streams.map(schemaLine).join('') + records + marked,
      schemaLine('never') + schemaLine('marked') + markedLine(1, 2) + ACTIVATE,
    ]) {
      assert.equal((await loadText({ url: warehouse.url, text })).error, undefined)
    }
    await warehouse.execute('delete from emptied')
    const { streams: found } = (await readTables(t, warehouse.url)) as {
      streams: {
        stream: string
        rows: number | null
        deleted_rows: number | null
        has_loaded: boolean
      }[]
    }
    assert.deepEqual(
      found.map(({ stream, rows, deleted_rows: deleted, has_loaded: hasLoaded }) => [
        stream,
        rows,
        deleted,
        hasLoaded,
      ]),
      [
        ['full', 1, 0, true],
        ['emptied', 0, 0, true],
        ['never', 0, 0, false],
        ['absent', null, null, false],
        ['marked', 1, 2, true],
      ],
    )
  })
}
