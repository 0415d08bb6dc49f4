/** How the loader remembers which string columns hold JSON. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '../../conformance/support/loading.ts'
import { freshWarehouse, WITHOUT_CATALOG as skip } from './catalogs.ts'

const OBJECT = { type: ['null', 'object'] }
const STRING = { type: ['null', 'string'] }

/** One record of a stream whose columns have these schemas. */
function input(id: number, columns: Record<string, { schema: object; value: unknown }>): string {
  const entries = Object.entries(columns)
  const properties = Object.fromEntries(entries.map(([name, { schema }]) => [name, schema]))
  const values = Object.fromEntries(entries.map(([name, { value }]) => [name, value]))
  const schema = { properties: { id: { type: 'integer' }, ...properties } }
  return [
    { type: 'SCHEMA', stream: 's', schema, key_properties: ['id'] },
    { type: 'RECORD', stream: 's', record: { id, ...values } },
  ]
    .map((message) => `${JSON.stringify(message)}\n`)
    .join('')
}

test(
  'a column that was dropped and created again as a string holds strings',
  { skip },
  async (t) => {
    const warehouse = await freshWarehouse(t)
    const { url } = warehouse
    const load = async (text: string) => {
      const { error } = await loadText({ url, text, config: { add_record_metadata: false } })
      assert.equal(error, undefined, String(error))
    }
    await load(input(1, { doc: { schema: OBJECT, value: { a: 1 } } }))
    await warehouse.execute('alter table s drop column doc')
    await warehouse.execute('alter table s add column doc varchar')
    await load(input(2, { doc: { schema: STRING, value: 'plain' } }))
    assert.deepEqual(await warehouse.read('s'), [
      { id: 1, doc: null },
      { id: 2, doc: 'plain' },
    ])
  },
)

test('columns of JSON that are added or moved later stay columns of JSON', { skip }, async (t) => {
  const warehouse = await freshWarehouse(t)
  const { url } = warehouse
  const load = async (text: string) => {
    const { error } = await loadText({ url, text, config: { add_record_metadata: false } })
    assert.equal(error, undefined, String(error))
  }
  const integer = { type: ['null', 'integer'] }
  await load(input(1, { n: { schema: integer, value: 1 } }))
  // Two columns in one commit, of which the second one holds JSON.
  const late = { late: { schema: STRING, value: 'x' }, doc: { schema: OBJECT, value: { a: 1 } } }
  await load(input(2, { n: { schema: integer, value: 2 }, n__doc: late.doc, ...late }))
  // The column `n` is rewritten, and `n__doc` moves behind it.
  await load(input(3, { n: { schema: STRING, value: 'three' }, n__doc: late.doc, ...late }))
  await load(input(4, { n: { schema: STRING, value: 'four' }, n__doc: late.doc, ...late }))
  const rows = (await warehouse.read('s')) ?? []
  const loaded = { n__doc: { a: 1 }, late: 'x', doc: { a: 1 } }
  assert.deepEqual(
    rows.toSorted((a, b) => Number(a['id']) - Number(b['id'])),
    [
      { id: 1, n: '1', n__doc: null, late: null, doc: null },
      { id: 2, n: '2', ...loaded },
      { id: 3, n: 'three', ...loaded },
      { id: 4, n: 'four', ...loaded },
    ],
  )
})
