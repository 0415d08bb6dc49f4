/** Loads into tables and columns whose names differ from the input by case. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldName } from '../../../src/urls/name-folding.ts'
import { dialectOf, loadText } from '../support/loading.ts'
import { WAREHOUSES, type PlainRow } from '../support/warehouses.ts'

const TEXT = { type: ['null', 'string'] }
const ID = { type: 'integer' }

function input(stream: string, properties: object, records: readonly object[]): string {
  const [key = ''] = Object.keys(properties)
  const schema = { type: 'SCHEMA', stream, schema: { properties }, key_properties: [key] }
  const lines = [schema, ...records.map((record) => ({ type: 'RECORD', stream, record }))]
  return `${[...lines, { type: 'STATE', value: { n: records.length } }].map((line) => JSON.stringify(line)).join('\n')}\n`
}

/** Returns the rows without metadata. */
function plain(rows: readonly PlainRow[] | undefined): PlainRow[] {
  return (rows ?? []).map((row) =>
    Object.fromEntries(
      Object.entries(row).filter(([name]) => !/^_sdc_[a-z_]+$/.test(name) || name === '_sdc_x'),
    ),
  )
}

/** Whether the warehouse considers `ID` and `id` equal. */
async function foldsCase(url: string): Promise<boolean> {
  const dialect = await dialectOf(url)
  return foldName('ID', dialect) === foldName('id', dialect)
}

for (const { name, create } of WAREHOUSES) {
  test(`${name}: properties use existing columns that differ only by case where the database considers them equal`, async (t) => {
    const { url, read, execute } = await create(t)
    await execute('create table leads ("ID" bigint, "NAME" varchar)')
    await execute(`insert into leads values (1, 'old'), (5, 'keep')`)
    const text = input('leads', { id: ID, name: TEXT }, [{ id: 1, name: 'new' }])
    for (const run of [1, 2]) {
      assert.equal((await loadText({ url, text })).error, undefined, `run ${run}`)
      const rows = plain(await read('leads')).toSorted((a, b) => Number(a['ID']) - Number(b['ID']))
      if (await foldsCase(url)) {
        assert.deepEqual(rows, [
          { ID: 1, NAME: 'new' },
          { ID: 5, NAME: 'keep' },
        ])
      } else assert.equal(rows.length, 3)
    }
  })

  test(`${name}: a key that changes its case between loads finds its rows where the database ignores case`, async (t) => {
    const { url, read } = await create(t)
    for (const [at, key] of ['id', 'Id', 'ID', 'id'].entries()) {
      const text = input('s', { [key]: ID, v: ID }, [{ [key]: 1, v: at }])
      assert.equal((await loadText({ url, text })).error, undefined)
    }
    const rows = plain(await read('s'))
    if (await foldsCase(url)) assert.deepEqual(rows, [{ id: 1, v: 3 }])
    else assert.deepEqual(rows.length, 3)
  })

  test(`${name}: properties that differ from a metadata or variant column only by case get their own columns`, async (t) => {
    const { url, readAll } = await create(t)
    const streams = [
      input(
        'invoices',
        { ID, _SDC_BATCHED_AT: { ...TEXT, format: 'date-time' }, _Sdc_Sequence: TEXT },
        [{ ID: 1, _SDC_BATCHED_AT: '2025-03-01T00:00:00Z', _Sdc_Sequence: 'x' }],
      ),
      input('hours', { id: ID, open: { ...TEXT, format: 'time' }, Open__Text: TEXT }, [
        { id: 1, open: '06:30:00+02:00', Open__Text: 'half past six' },
      ]),
      input('_SDC_REJECTS', { id: ID }, [{ id: 1 }]),
      input('_Sdc_Loads', { id: ID }, [{ id: 1 }]),
    ]
    for (const run of [1, 2]) {
      const { error, stdout } = await loadText({ url, text: streams.join('') })
      assert.equal(error, undefined, `run ${run}`)
      assert.equal(stdout.at(-1), '{"n":1}')
      const tables = await readAll()
      const [invoice = {}] = tables.get('invoices') ?? []
      const values = Object.entries(invoice).filter(([column]) =>
        column.startsWith('_SDC_BATCHED_AT'),
      )
      assert.deepEqual(
        values.map(([, value]) => value),
        ['2025-03-01T00:00:00Z'],
      )
      assert.ok(String(invoice['_sdc_batched_at']) > '2026')
      const [hour = {}] = tables.get('hours') ?? []
      assert.equal(hour['open__text'], '06:30:00+02:00')
      assert.ok(Object.values(hour).includes('half past six'))
      const own = [...tables.keys()].filter((table) => /^_sdc_(rejects|loads)/i.test(table))
      assert.equal(own.length, 3, own.join(' '))
    }
  })

  test(`${name}: a prefix in another case finds the tables and the STATE where the database ignores case`, async (t) => {
    const { url, readAll } = await create(t)
    for (const prefix of ['CIO_', 'cio_', 'Cio_']) {
      const text = input('offers', { id: ID }, [{ id: 1 }])
      const { error } = await loadText({ url, text, config: { table_prefix: prefix } })
      assert.equal(error, undefined, prefix)
    }
    const tables = await readAll()
    assert.deepEqual(
      [...tables.keys()].toSorted(),
      (await foldsCase(url))
        ? ['CIO__sdc_loads', 'CIO_offers']
        : ['CIO_', 'Cio_', 'cio_']
            .flatMap((prefix) => [`${prefix}_sdc_loads`, `${prefix}offers`])
            .toSorted(),
    )
    if (await foldsCase(url)) assert.equal(tables.get('CIO__sdc_loads')?.length, 3)
  })

  test(`${name}: two streams of one run that differ only by case get one table each, and keep it`, async (t) => {
    const { url, readAll } = await create(t)
    for (const [run, streams] of [
      ['Users', 'users'],
      ['users', 'Users'],
      ['Users', 'users'],
    ].entries()) {
      const text = streams.map((stream) =>
        input(stream, { id: ID, v: TEXT }, [{ id: 1, v: `${stream} ${run}` }]),
      )
      assert.equal((await loadText({ url, text: text.join('') })).error, undefined)
      const values = [...(await readAll())]
        .filter(([table]) => table.toLowerCase().startsWith('users'))
        .map(([, rows]) => rows.map(({ v }) => String(v)).join())
      assert.deepEqual(new Set(values), new Set([`Users ${run}`, `users ${run}`]))
      assert.equal(values.length, 2)
    }
  })
}
