/** `create_live_views`, on every warehouse that has views. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/singer/json.ts'
import type { LoadConfig } from '../../src/loader/stream/context.ts'
import { loadText, type Loaded } from './support/loading.ts'
import { WAREHOUSES, type PlainRow, type TestedWarehouse } from './support/warehouses.ts'

const ID = { type: 'integer' }
const INTEGER = { type: ['null', 'integer'] }
const VIEWS = { create_live_views: true }

interface Input {
  properties: JsonObject
  records: readonly object[]
  /** Rows of earlier versions are deleted. */
  version?: number
  stream?: string
}

async function load(
  { url }: TestedWarehouse,
  { properties, records, version = 1, stream = 'users' }: Input,
  config: Partial<LoadConfig> = VIEWS,
): Promise<Loaded> {
  const lines = [
    { type: 'SCHEMA', stream, schema: { properties }, key_properties: ['id'] },
    ...records.map((record) => ({ type: 'RECORD', stream, version, record })),
    { type: 'ACTIVATE_VERSION', stream, version },
  ]
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  const loaded = await loadText({ url, text, config })
  assert.equal(loaded.error, undefined)
  return loaded
}

function sized(type: string, size: number, version: number): Input {
  const properties = { id: ID, size: { type: ['null', type] } }
  return { properties, records: [{ id: 1, size }], version }
}

/** The rows by id, without the `_sdc_` columns. */
async function rowsOf(warehouse: TestedWarehouse, table: string): Promise<PlainRow[] | undefined> {
  const rows = await warehouse.read(table)
  return rows
    ?.map((row) =>
      Object.fromEntries(Object.entries(row).filter(([name]) => !name.startsWith('_sdc_'))),
    )
    .toSorted((a, b) => Number(a['id']) - Number(b['id']))
}

for (const { name, create, hasViews } of WAREHOUSES) {
  if (!hasViews) {
    test(`${name}: live views are left out, with a warning`, async (t) => {
      const warehouse = await create(t)
      const { stderr } = await load(warehouse, { properties: { id: ID }, records: [{ id: 1 }] })
      assert.ok(stderr.some((line) => line.includes('loads cannot create views here')))
      assert.equal((await warehouse.read('users'))?.length, 1)
    })
    continue
  }

  test(`${name}: a live view has the rows that are not deleted, and follows its table`, async (t) => {
    const warehouse = await create(t)
    await load(warehouse, { properties: { id: ID }, records: [{ id: 1 }, { id: 2 }] })
    assert.deepEqual(await rowsOf(warehouse, 'users_live'), [{ id: 1 }, { id: 2 }])
    await load(warehouse, { properties: { id: ID }, records: [{ id: 2 }], version: 2 })
    assert.deepEqual(await rowsOf(warehouse, 'users_live'), [{ id: 2 }])
    assert.equal((await warehouse.read('users'))?.length, 2)
    const properties = { id: ID, age: INTEGER }
    await load(warehouse, { properties, records: [{ id: 2, age: 7 }], version: 3 })
    assert.deepEqual(await rowsOf(warehouse, 'users_live'), [{ id: 2, age: 7 }])
    const wider = { id: ID, age: { type: ['null', 'number'] } }
    await load(warehouse, { properties: wider, records: [{ id: 2, age: 7.5 }], version: 4 })
    assert.deepEqual(await rowsOf(warehouse, 'users_live'), [{ id: 2, age: 7.5 }])
    assert.equal(await rowsOf(warehouse, '_sdc_loads_live'), undefined)
  })

  test(`${name}: a load that changes nothing leaves the live view alone`, async (t) => {
    const warehouse = await create(t)
    const formats = ['date', 'time', 'date-time'] as const
    const properties = {
      id: ID,
      number: { type: ['null', 'number'] },
      decimal: { type: ['null', 'number'], multipleOf: 0.01, minimum: 0, maximum: 1000 },
      flag: { type: ['null', 'boolean'] },
      text: { type: ['null', 'string'] },
      list: { type: ['null', 'array'] },
      ...Object.fromEntries(
        formats.map((format) => [format, { type: ['null', 'string'], format }]),
      ),
    }
    await load(warehouse, { properties, records: [{ id: 1 }] })
    await warehouse.execute('alter table users add column short varchar(20)')
    await load(warehouse, { properties, records: [{ id: 1 }], version: 2 })
    assert.ok('short' in ((await warehouse.read('users_live'))?.[0] ?? {}))
    const loads = (await warehouse.read('_sdc_loads'))?.length
    const schema = {
      type: 'SCHEMA',
      stream: 'users',
      schema: { properties },
      key_properties: ['id'],
    }
    const text = `${JSON.stringify(schema)}\n`
    const { error, stderr } = await loadText({ url: warehouse.url, text, config: VIEWS })
    assert.equal(error, undefined, String(error))
    assert.deepEqual(
      stderr.filter((line) => line.includes('live view')),
      [],
    )
    assert.equal((await warehouse.read('_sdc_loads'))?.length, loads)
  })

  test(`${name}: a live view appears with the first mark, and a lost one comes back`, async (t) => {
    const warehouse = await create(t)
    const input = { properties: { id: ID }, records: [{ id: 1 }] }
    await load(warehouse, input, {})
    assert.equal(await rowsOf(warehouse, 'users_live'), undefined)
    await load(warehouse, { ...input, version: 2 })
    assert.deepEqual(await rowsOf(warehouse, 'users_live'), [{ id: 1 }])
    await warehouse.execute('drop view users_live')
    await load(warehouse, { ...input, version: 3 })
    assert.deepEqual(await rowsOf(warehouse, 'users_live'), [{ id: 1 }])
  })

  test(`${name}: a live view that loads without the setting left behind is replaced`, async (t) => {
    const warehouse = await create(t)
    await load(warehouse, sized('integer', 1, 1))
    await load(warehouse, sized('number', 1.5, 2), {})
    await load(warehouse, sized('number', 2.5, 3))
    assert.deepEqual(await rowsOf(warehouse, 'users_live'), [{ id: 1, size: 2.5 }])
  })

  test(`${name}: nothing that a load did not create is replaced by a live view`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute('create view users_live as select cast(5 as bigint) as mine')
    await warehouse.execute('create table orders_live (mine bigint)')
    for (const stream of ['users', 'orders']) {
      const records = [{ id: 1 }]
      const { stderr } = await load(warehouse, { properties: { id: ID }, records, stream })
      const warnings = stderr.filter((line) => line.includes('its name is taken'))
      assert.equal(warnings.length, 1, stream)
    }
    assert.deepEqual(await warehouse.read('users_live'), [{ mine: 5 }])
    assert.deepEqual(await warehouse.read('orders_live'), [])
  })

  test(`${name}: a stream with the name of a live view gets a table of another name`, async (t) => {
    const warehouse = await create(t)
    for (const stream of ['users', 'users_live', 'users']) {
      await load(warehouse, { properties: { id: ID }, records: [{ id: 1 }], stream })
    }
    assert.deepEqual(await rowsOf(warehouse, 'users_live'), [{ id: 1 }])
    const tables = [...(await warehouse.readAll()).keys()]
    assert.ok(
      tables.some((table) => /^users_live__h[0-9a-f]{8}$/.test(table)),
      tables.join(' '),
    )
  })
}
