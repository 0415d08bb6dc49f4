/**
 * Loads keys into foreign string columns: a key keeps its one row, whatever type the SCHEMA gives
 * it.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '../support/loading.ts'
import { WAREHOUSES } from '../support/warehouses.ts'

const TIME = '2021-01-01T02:00:00+02:00'
const DECIMAL = '1.50'

/** A key, and the SCHEMAs under which it is sent. */
const KEYS: readonly [key: string, schemas: readonly object[]][] = [
  [TIME, [{ type: 'string', format: 'date-time' }, { type: 'string' }, {}]],
  [DECIMAL, [{ type: 'string', format: 'singer.decimal' }, { type: 'string' }, {}]],
]

/** Returns every ordered pair. */
function pairsOf<T>(items: readonly T[]): [T, T][] {
  return items.flatMap((first) => items.map((second): [T, T] => [first, second]))
}

function inputOf(key: string, schema: object, n: number): string {
  const properties = { id: schema, n: { type: 'integer' } }
  const messages = [
    { type: 'SCHEMA', stream: 's', schema: { properties }, key_properties: ['id'] },
    { type: 'RECORD', stream: 's', record: { id: key, n } },
  ]
  return messages.map((message) => `${JSON.stringify(message)}\n`).join('')
}

for (const { name, create, foreignStringTypes } of WAREHOUSES) {
  const foreignTypes = foreignStringTypes([TIME, DECIMAL])
  test(`${name}: foreign string types`, { skip: foreignTypes.length === 0 && 'it has none' })
  for (const type of foreignTypes) {
    test(`${name}: a key in a column of type ${type.replace(/\('.*/, '')} has one row under every SCHEMA`, async (t) => {
      const warehouse = await create(t)
      for (const [key, schemas] of KEYS) {
        for (const [first, second] of pairsOf(schemas)) {
          await warehouse.execute(
            `${warehouse.dropTable('s')}; create table s (id ${type} primary key, n bigint)`,
          )
          await warehouse.hold('s')
          for (const [at, schema] of [first, second].entries()) {
            const { error } = await loadText({ url: warehouse.url, text: inputOf(key, schema, at) })
            assert.equal(error, undefined, String(error))
          }
          const rows = (await warehouse.read('s')) ?? []
          const found = rows.map(({ id, n }) => [String(id).trimEnd(), n])
          assert.deepEqual(found, [[key, 1]], `${JSON.stringify(first)}, ${JSON.stringify(second)}`)
        }
      }
    })
  }
}
