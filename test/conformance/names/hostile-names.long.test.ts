import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { isMetadataName } from '../../../src/loader/tables/metadata.ts'
import { hostileNames, propertiesOf, streamsOf } from '../support/hostile-names.ts'
import { loadText } from '../support/loading.ts'
import { WAREHOUSES } from '../support/warehouses.ts'

/** The number of names. The campaign uses several thousand. */
const NAMES = 200
/** The number of properties of one stream. */
const PROPERTIES = 300
const BYSTANDER =
  '{"type":"SCHEMA","stream":"bystander","schema":{"properties":{"name":{"type":"integer"}}}}\n' +
  '{"type":"RECORD","stream":"bystander","record":{"name":7}}\n'
const PREFIXES = ['', `"; drop table bystander; --`, 'é'.repeat(25)]

for (const { name, create, refusedPrefixes } of WAREHOUSES) {
  for (const prefix of PREFIXES.filter((one) => !refusedPrefixes.includes(one))) {
    const shown = JSON.stringify(prefix.slice(0, 30))
    test(`${name}: every hostile stream name gets its own table, prefix ${shown} (L24, S8)`, async (t) => {
      const warehouse = await create(t)
      await loadText({ url: warehouse.url, text: BYSTANDER })
      const before = await warehouse.readAll()
      const names = hostileNames(NAMES).filter((stream) => prefix + stream !== 'bystander')
      const input = { url: warehouse.url, text: streamsOf(names), config: { table_prefix: prefix } }
      for (const run of [1, 2]) {
        const { error } = await loadText(input)
        assert.equal(error, undefined, `run ${run}`)
        const after = await warehouse.readAll()
        const added = [...after].filter(([table]) => !before.has(table))
        const ids = added.flatMap(([, rows]) => rows.flatMap((row) => row['id'] ?? []))
        assert.deepEqual(
          ids.toSorted((a, b) => Number(a) - Number(b)),
          names.map((_, id) => id),
        )
        assert.equal(added.length - names.length, prefix === '' ? 0 : 1, 'and a ledger')
      }
      assert.equal((await warehouse.read('bystander'))?.[0]?.['name'], 7)
    })
  }

  test(`${name}: rejects a prefix under which later runs could not find the tables (L24)`, async (t) => {
    const warehouse = await create(t)
    const prefixes = ['p\0', '\ud800', '\ufeffp', ...refusedPrefixes]
    for (const prefix of prefixes) {
      const config = { table_prefix: prefix }
      const { error } = await loadText({ url: warehouse.url, text: streamsOf(['s']), config })
      assert.ok(error instanceof AppError && error.code === 'CONFIG_INVALID')
      assert.match(
        error.message,
        /^`table_prefix` (?:contains (?:a character|"[^"]+", which)|has 52 bytes; names)/,
      )
      assert.equal((await warehouse.readAll()).size, 0)
    }
  })

  test(`${name}: every hostile property name gets its own column (L24, L27, S8, S10)`, async (t) => {
    const warehouse = await create(t)
    const names = hostileNames(PROPERTIES)
    for (const run of [1, 2]) {
      const text = propertiesOf('s', names)
      const { error } = await loadText({ url: warehouse.url, text })
      assert.equal(error, undefined, `run ${run}`)
      const [row = {}] = (await warehouse.read('s')) ?? []
      const values = Object.entries(row).flatMap(([column, value]) =>
        typeof value === 'number' && !isMetadataName(column) ? [value] : [],
      )
      const wanted = names.map((_, at) => at)
      assert.deepEqual(
        values.toSorted((a, b) => a - b),
        wanted,
      )
      assert.equal((await warehouse.read('s'))?.length, run)
    }
    assert.equal(Object.getOwnPropertyNames(Object.prototype).length, 12)
  })
}
