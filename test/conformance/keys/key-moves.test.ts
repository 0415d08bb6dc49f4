/** Changes the key type of an existing table: keys move, are refused with a reason, or stay. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { loadText } from '../support/loading.ts'
import { WAREHOUSES } from '../support/warehouses.ts'

function load(id: object, keys: readonly string[], v: number): string {
  const properties = { id, v: { type: 'integer' } }
  const message = { type: 'SCHEMA', stream: 's', schema: { properties }, key_properties: ['id'] }
  const records = keys.map(
    (key) => `{"type":"RECORD","stream":"s","record":{"id":${key},"v":${v}}}`,
  )
  return `${[JSON.stringify(message), ...records].join('\n')}\n`
}

const INTEGER = { type: 'integer' }
const STRING = { type: 'string' }
const BIG = '10000000000000000000'

for (const { name, create, indexHoldsTypes } of WAREHOUSES) {
  test(`${name}: keys in a variant column move into the column that can hold them now`, async (t) => {
    for (const [wider, written] of [
      [{ type: 'integer', minimum: 0, maximum: 1e20 }, BIG],
      [STRING, `"${BIG}"`],
    ] as const) {
      const { url, read } = await create(t)
      const first = await loadText({ url, text: load(INTEGER, ['1', BIG], 1) })
      assert.equal(first.error, undefined)
      const { error } = await loadText({ url, text: load(wider, [written], 2) })
      assert.equal(error, undefined)
      const rows = (await read('s')) ?? []
      const found = rows.map((row) => [String(row['id']), row['id__decimal'], row['v']])
      assert.deepEqual(
        new Set(found),
        new Set([
          [BIG, null, 2],
          ['1', null, 1],
        ]),
      )
    }
  })

  test(`${name}: a key whose values have several spellings cannot become a string, except in an empty table`, async (t) => {
    const { url, read, execute } = await create(t)
    const times = { type: 'string', format: 'date-time' }
    const key = '"2020-01-01T00:00:00Z"'
    await loadText({ url, text: load(times, [key], 1) })
    const { error } = await loadText({ url, text: load(STRING, [key], 2) })
    assert.ok(error instanceof AppError)
    assert.equal(
      error.message,
      'The key property "id" of stream "s" cannot become text: the table "s" has keys of type timestamp in column "id", and one value can be written in several ways. Their rows could be added a second time.',
    )
    assert.match(error.hint ?? '', /Keep the type in the tap; or rename or drop the table "s"/)
    assert.deepEqual(
      (await read('s'))?.map(({ v }) => v),
      [1],
    )
    for (const method of ['append-only', 'overwrite'] as const) {
      const config = { load_method: method }
      const { error: other } = await loadText({ url, text: load(STRING, [key], 3), config })
      assert.equal(other, undefined, method)
    }
    await execute('drop table s')
    await loadText({ url, text: load(times, [key], 1) })
    await execute('delete from s')
    assert.equal((await loadText({ url, text: load(STRING, [key], 4) })).error, undefined)
    assert.deepEqual(
      (await read('s'))?.map(({ id, v }) => [id, v]),
      [[JSON.parse(key), 4]],
    )
  })

  test(`${name}: leaves rows unchanged that an older version added twice`, async (t) => {
    const { url, read, execute } = await create(t)
    await loadText({ url, text: load(INTEGER, ['1', BIG], 1) })
    const wider = load({ type: 'integer', minimum: 0, maximum: 1e20 }, ['2'], 2)
    await loadText({ url, text: wider })
    await execute(`insert into s (id__decimal, v) values (${BIG}, 0)`)
    assert.equal(
      (await loadText({ url, text: wider.replace('"id":2', `"id":${BIG}`) })).error,
      undefined,
    )
    const rows = (await read('s')) ?? []
    const found = rows.map(
      (row) => `${String(row['id'])} ${String(row['id__decimal'])} ${String(row['v'])}`,
    )
    assert.deepEqual(
      new Set(found),
      new Set(['1 null 1', '2 null 2', `${BIG} null 2`, `null ${BIG} 0`]),
    )
  })

  test(`${name}: numbers in a string variant column keep one row when the key may have any type`, async (t) => {
    const { url, read } = await create(t)
    const keys = ['1.5', '9007199254740993', `1${'2'.repeat(44)}`]
    for (const schema of [{ type: 'number' }, {}, {}]) {
      const { error } = await loadText({ url, text: load(schema, keys, 1) })
      assert.equal((await read('s'))?.length, keys.length)
      if (error === undefined) continue
      assert.ok(error instanceof AppError)
      assert.match(error.message, /^The key property "id" of stream "s" cannot become json: /)
    }
  })

  if (indexHoldsTypes === undefined) continue
  test(`${name}: names the index that prevents a key from becoming a string`, async (t) => {
    const { url, read, execute } = await create(t)
    await loadText({ url, text: load(INTEGER, ['1'], 1) })
    await execute('create index foreign_index on s (v)')
    const { error } = await loadText({ url, text: load(STRING, ['"1"'], 2) })
    const rows = ((await read('s')) ?? []).map(({ id, v }) => [String(id), v])
    if (!indexHoldsTypes) {
      assert.equal(error, undefined)
      assert.deepEqual(rows, [['1', 2]])
      return
    }
    assert.ok(error instanceof AppError)
    assert.match(
      error.message,
      /the column cannot change its type because of index foreign_index\./,
    )
    assert.match(
      error.hint ?? '',
      /^Drop index foreign_index, run again, then recreate it; or keep/,
    )
    assert.deepEqual(rows, [['1', 1]])
  })
}

for (const { name, create, hasViews } of WAREHOUSES) {
  if (!hasViews) continue
  test(`${name}: names the view that prevents a key from becoming a string, and adds no row twice`, async (t) => {
    const { url, read, execute } = await create(t)
    await loadText({ url, text: load(INTEGER, ['1'], 1) })
    await execute('create view shown as select id from s')
    const { error } = await loadText({ url, text: load(STRING, ['"1"'], 2) })
    if (error !== undefined) {
      assert.ok(error instanceof AppError)
      assert.match(error.message, /the column cannot change its type because of .*shown/)
      assert.match(error.hint ?? '', /Drop .*shown/)
      await execute('drop view shown')
      assert.equal((await loadText({ url, text: load(STRING, ['"1"'], 2) })).error, undefined)
    }
    assert.deepEqual(
      (await read('s'))?.map(({ id, v }) => [id, v]),
      [['1', 2]],
    )
    const numbers = load({ type: 'number' }, ['1'], 3)
    assert.equal((await loadText({ url, text: numbers })).error, undefined)
    assert.deepEqual(
      (await read('s'))?.map(({ id, v }) => [id, v]),
      [['1', 3]],
    )
  })
}
