import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '../support/loading.ts'
import { WAREHOUSES } from '../support/warehouses.ts'

function inputOf(type: string, records: readonly string[]): string {
  const schema = `{"type":"SCHEMA","stream":"s","key_properties":["id"],"schema":{"properties":{"id":{"type":"integer"},"v":{"type":"${type}"}}}}\n`
  const lines = records.map((record) => `{"type":"RECORD","stream":"s","record":${record}}\n`)
  return schema + lines.join('')
}

for (const { name, create } of WAREHOUSES) {
  test(`${name}: an update of a value that did not fit leaves no older value, after a change of type (L26)`, async (t) => {
    const warehouse = await create(t)
    const runs = [
      inputOf('integer', [`{"id":1,"v":1${'0'.repeat(25)}}`, '{"id":2,"v":2}']),
      inputOf('number', ['{"id":2,"v":2.5}']),
      inputOf('number', ['{"id":1,"v":5}']),
    ]
    for (const text of runs) {
      const { error } = await loadText({ url: warehouse.url, text })
      assert.equal(error, undefined)
    }
    const rows = (await warehouse.read('s')) ?? []
    assert.equal(rows.length, 2)
    const row = rows.find(({ id }) => Number(id) === 1) ?? {}
    const cells = Object.entries(row).filter(([column]) => /^v(?:__|$)/.test(column))
    const values = cells.map(([, value]) => value).filter((value) => value !== null)
    assert.deepEqual(values.map(Number), [5], JSON.stringify(cells))
  })
}
