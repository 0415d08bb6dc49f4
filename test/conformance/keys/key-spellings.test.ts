/** Sends keys in several spellings that the database considers equal. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadText } from '../support/loading.ts'
import { POSTGRES_UNDER_TEST } from '../support/postgres.ts'

function schemaOf(id: object): string {
  const properties = { id, v: { type: 'integer' } }
  return `${JSON.stringify({ type: 'SCHEMA', stream: 's', schema: { properties }, key_properties: ['id'] })}\n`
}

/** Returns one numbered record for each spelling. */
function records(spellings: readonly string[]): string {
  return spellings
    .map((id, v) => `{"type":"RECORD","stream":"s","record":{"id":${id},"v":${v}}}\n`)
    .join('')
}

const NUMBERS: [spellings: string[], keys: number][] = [
  [['1', '1.0', '1e0', '10e-1', '100.00e-2'], 1],
  [['0', '-0', '0.0', '0e5', '-0.000'], 1],
  [['1e21', '1000000000000000000000', '1000000000000000000000.0', '10E+20'], 1],
  [['0.12345678901234567890', '0.1234567890123456789', '1234567890123456789e-19'], 1],
  [['12345678901234567890', '-12345678901234567890', '12345678901234567891'], 3],
]
const VALUES: [spellings: string[], keys: number][] = [
  [['{"a":1,"b":[2,{}]}', '{"b":[2.0,{}],"a":1e0}', '{ "a": 1, "b": [20e-1, {}] }'], 1],
  [['[1000000000000000000000]', '[1e21]', '[1000000000000000000000.00]'], 1],
  [['"1"', '1', '[1]', '["1"]', '{"1":1}', 'true', '"true"'], 7],
  [['{"a":"x","b":"y"}', '{"a":"x"}', '{"a":"x\\",\\"b\\":\\"y"}'], 3],
]

for (const [kind, id, cases] of [
  ['numbers', { type: 'number' }, NUMBERS],
  ['JSON', {}, VALUES],
] as const) {
  test(`postgres: keys that are ${kind} match in every spelling, and the last record of each key wins`, async (t) => {
    for (const [spellings, keys] of cases) {
      const { url, read } = await POSTGRES_UNDER_TEST.create(t)
      const reversed = schemaOf(id) + records(spellings.toReversed())
      for (const text of [schemaOf(id) + records(spellings), reversed]) {
        const { error } = await loadText({ url, text })
        assert.equal(error, undefined, String(error))
        const rows = (await read('s')) ?? []
        assert.equal(rows.length, keys, spellings.join(' '))
        assert.ok(rows.some(({ v }) => v === spellings.length - 1))
        if (keys === 1) assert.equal(rows[0]?.['v'], spellings.length - 1)
      }
    }
  })
}
