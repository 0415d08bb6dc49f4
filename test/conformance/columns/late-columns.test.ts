import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '../support/loading.ts'
import { WAREHOUSES, type PlainRow } from '../support/warehouses.ts'

function schemaLine(properties: object): string {
  const schema = { properties }
  return `${JSON.stringify({ type: 'SCHEMA', stream: 's', schema, key_properties: ['id'] })}\n`
}

function recordLine(record: object): string {
  return `${JSON.stringify({ type: 'RECORD', stream: 's', record })}\n`
}

function byId(rows: PlainRow[] | undefined): PlainRow[] {
  return (rows ?? []).toSorted((a, b) => Number(a['id']) - Number(b['id']))
}

for (const { name, create } of WAREHOUSES) {
  test(`${name}: keeps all values of a variant column that starts after thousands of rows`, async (t) => {
    const warehouse = await create(t)
    const properties = { id: { type: 'integer' }, at: { type: 'string', format: 'time' } }
    const odd = ['abc', 'abd', 'abe', 'abf']
    const values = [...Array.from({ length: 3000 }, () => '03:04:05'), ...odd]
    const lines = values.map((at, id) => recordLine({ id, at }))
    const { error } = await loadText({
      url: warehouse.url,
      text: schemaLine(properties) + lines.join(''),
    })
    assert.equal(error, undefined)
    const rows = byId(await warehouse.read('s'))
    assert.equal(rows.length, values.length)
    assert.deepEqual(rows.map((row) => row['at__text']).slice(-4), odd)
  })

  test(`${name}: a deletion after thousands of records applies, even without record metadata`, async (t) => {
    const warehouse = await create(t)
    const lines = Array.from({ length: 3000 }, (_, id) => recordLine({ id }))
    const deleted = [5, 6].map((id) => recordLine({ id, _sdc_deleted_at: '2026-01-02T03:04:05Z' }))
    const { error } = await loadText({
      url: warehouse.url,
      text: schemaLine({ id: { type: 'integer' } }) + lines.join('') + deleted.join(''),
      config: { add_record_metadata: false, hard_delete: true },
    })
    assert.equal(error, undefined)
    const ids = byId(await warehouse.read('s')).map((row) => row['id'])
    assert.equal(ids.length, 2998)
    assert.ok(!ids.includes(5) && !ids.includes(6))
  })
}
