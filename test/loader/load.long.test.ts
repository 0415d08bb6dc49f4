import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import * as fc from 'fast-check'
import { AppError } from '../../src/errors.ts'
import { JsonNumber, printJson, type JsonValue } from '../../src/singer/json.ts'
import { loadText } from '../conformance/support/loading.ts'
import {
  DUCKDB_UNDER_TEST,
  type PlainRow,
  type TestedWarehouse,
} from '../conformance/support/warehouses.ts'
import { until } from '../support/wait.ts'

async function freshWarehouse(t: TestContext): Promise<TestedWarehouse> {
  return DUCKDB_UNDER_TEST.create(t)
}

function schema(stream: string, properties: Record<string, unknown>, keys = ['id']): string {
  const message = { type: 'SCHEMA', stream, schema: { properties }, key_properties: keys }
  return `${JSON.stringify(message)}\n`
}

function record(stream: string, value: unknown): string {
  return `${printJson({ type: 'RECORD', stream, record: value })}\n`
}

const SIMPLE = schema('s', { id: { type: 'integer' } })

function byId(rows: PlainRow[] | undefined): PlainRow[] {
  return (rows ?? []).toSorted((a, b) => Number(a['id']) - Number(b['id']))
}

const digits = (min: number, max: number) =>
  fc.string({ unit: fc.constantFrom(...'0123456789'.split('')), minLength: min, maxLength: max })
const longNumber = fc
  .tuple(fc.constantFrom('', '-'), fc.integer({ min: 1, max: 9 }), digits(16, 60), digits(0, 30))
  .map(([sign, first, whole, behind]) => {
    // With only zeros after the decimal point it may be a plain number, which drops them.
    const fraction = behind.replace(/0+$/, '')
    return new JsonNumber(`${sign}${first}${whole}${fraction === '' ? '' : `.${fraction}`}`)
  })
const anyNumber = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), longNumber)
const anyJson = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, false, '', 0),
    fc.string({ unit: 'grapheme' }),
    anyNumber,
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.string({ unit: 'grapheme' }), tie('value'), {
      maxKeys: 3,
      noNullPrototype: true,
    }),
  ),
})).value

/** JSON columns keep neither the sign of zero nor the spelling of numbers. */
function plain(value: JsonValue): unknown {
  return JSON.parse(printJson(value), (_key, item: unknown) => (item === 0 ? 0 : item)) as unknown
}

test('values of every kind are stored as they were sent', async (t) => {
  const text = fc.string({ unit: 'grapheme' })
  const anyRecord = fc.record({ text, json: anyJson, number: anyNumber, flag: fc.boolean() })
  const properties = {
    id: { type: 'integer' },
    text: { type: 'string' },
    json: {},
    number: { type: 'number' },
    flag: { type: 'boolean' },
  }
  await fc.assert(
    fc.asyncProperty(fc.array(anyRecord, { minLength: 40, maxLength: 60 }), async (records) => {
      const warehouse = await freshWarehouse(t)
      const lines = records.map((value, id) => record('s', { id, ...value }))
      const input = schema('s', properties) + lines.join('')
      const { error } = await loadText({ url: warehouse.url, text: input })
      assert.equal(error, undefined)
      for (const [at, row] of byId(await warehouse.read('s')).entries()) {
        const sent = records[at]
        assert.ok(sent)
        assert.equal(row['text'], sent.text)
        assert.equal(row['flag'], sent.flag)
        assert.deepEqual(plain((row['json'] ?? null) as JsonValue), plain(sent.json))
        if (sent.json !== null) assert.equal(printJson(row['json']), printJson(sent.json))
        const number = row['number'] ?? new JsonNumber(String(row['number__text']))
        assert.equal(printJson(number), printJson(sent.number))
      }
    }),
    { numRuns: 15 },
  )
})

test('integers of any size are stored as they were sent, also as keys', async (t) => {
  const anyInteger = fc.bigInt({ min: -(10n ** 45n), max: 10n ** 45n })
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(anyInteger, { minLength: 30, maxLength: 50 }), async (ids) => {
      const warehouse = await freshWarehouse(t)
      const lines = ids.map((id) => record('s', { id: new JsonNumber(String(id)) }))
      const input = SIMPLE + lines.join('')
      await loadText({ url: warehouse.url, text: input })
      const again = await loadText({ url: warehouse.url, text: input })
      assert.equal(again.error, undefined)
      const rows = (await warehouse.read('s')) ?? []
      const found = rows.map((row) => String(row['id'] ?? row['id__decimal'] ?? row['id__text']))
      assert.deepEqual(found.toSorted(), ids.map(String).toSorted())
    }),
    { numRuns: 5 },
  )
})

test('similar compound keys are not confused', async (t) => {
  const part = fc.string({ unit: fc.constantFrom('a', ',', ':', '"', '1', ''), maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(part, part), { minLength: 20, maxLength: 60 }),
      async (keys) => {
        const warehouse = await freshWarehouse(t)
        const properties = { a: { type: 'string' }, b: { type: 'string' } }
        const input =
          schema('s', properties, ['a', 'b']) + keys.map(([a, b]) => record('s', { a, b })).join('')
        const { error } = await loadText({
          url: warehouse.url,
          text: input,
          config: { batch_size_rows: 7 },
        })
        assert.equal(error, undefined)
        const found = (await warehouse.read('s'))?.map(({ a, b }) => JSON.stringify([a, b]))
        assert.deepEqual(
          found?.toSorted(),
          [...new Set(keys.map((key) => JSON.stringify(key)))].toSorted(),
        )
      },
    ),
    { numRuns: 10 },
  )
})

test('writes a STATE only after the records of all streams before it are committed (W-18)', async (t) => {
  const warehouse = await freshWarehouse(t)
  let input = SIMPLE + schema('r', { id: { type: 'integer' } })
  for (let id = 1; id <= 50; id++) {
    input += record('s', { id }) + (id % 3 === 0 ? record('r', { id }) : '')
    if (id % 2 === 0) input += `{"type":"STATE","value":{"s":${id},"r":${id - (id % 3)}}}\n`
  }
  // The input ends with an error: the STATE must not be ahead of the tables.
  const { stdout, error } = await loadText({
    url: warehouse.url,
    text: `${input}no JSON\n`,
    config: { batch_size_rows: 7 },
  })
  assert.ok(error instanceof AppError && error.code === 'INPUT_INVALID')
  assert.ok(stdout.length > 3)
  const last = JSON.parse(stdout.at(-1) ?? '') as { s: number; r: number }
  for (const stream of ['s', 'r'] as const) {
    const ids = byId(await warehouse.read(stream)).map(({ id }) => Number(id))
    assert.ok((ids.at(-1) ?? 0) >= last[stream])
  }
})

test('a stop while the input is idle commits what has arrived and writes its STATE', async (t) => {
  const warehouse = await freshWarehouse(t)
  const controller = new AbortController()
  const reason = new Error('stop')
  let isEnded = false
  async function* idle(): AsyncGenerator<Buffer> {
    yield Buffer.from(`${SIMPLE}${record('s', { id: 1 })}{"type":"STATE","value":{"a":1}}\n`)
    // Once the load takes this one, it has read the first.
    yield Buffer.from('\n')
    setImmediate(() => controller.abort(reason))
    await until(() => isEnded, { what: 'the load to end', idleMs: 500 })
    yield Buffer.from(record('s', { id: 2 }))
  }
  const { stdout, error } = await loadText({
    url: warehouse.url,
    text: idle(),
    signal: controller.signal,
  })
  isEnded = true
  assert.equal(error, reason)
  assert.deepEqual(stdout, ['{"a":1}'])
  assert.equal((await warehouse.read('s'))?.length, 1)
})

test('a failing warehouse fails the load, and no later STATE is written', async (t) => {
  const warehouse = await freshWarehouse(t)
  const input = SIMPLE + record('s', { id: 1 }) + '{"type":"STATE","value":{"a":1}}\n'
  await loadText({ url: warehouse.url, text: `${SIMPLE}${record('s', { id: 0 })}` })
  // A NOT NULL column that was added manually.
  const { DuckDBInstance } = await import('@duckdb/node-api')
  const instance = await DuckDBInstance.create(warehouse.url.slice('duckdb:'.length))
  const connection = await instance.connect()
  await connection.run('alter table s add column owner varchar')
  await connection.run("update s set owner = 'me'")
  await connection.run('alter table s alter column owner set not null')
  connection.disconnectSync()
  instance.closeSync()
  const { stdout, error } = await loadText({ url: warehouse.url, text: input })
  assert.ok(error instanceof AppError && error.code === 'WAREHOUSE_FAILED', String(error))
  assert.deepEqual(stdout, [])
  assert.equal((await warehouse.read('s'))?.length, 1)
  assert.equal((await warehouse.read('_sdc_loads'))?.length, 1)
})

test('loads 50 interleaved streams, 1,000 STATE lines and 10,000 repeated SCHEMAs (L46, L16)', async (t) => {
  const warehouse = await freshWarehouse(t)
  const streams = Array.from({ length: 50 }, (_, at) => `s${at}`)
  let input = ''
  for (let id = 0; id < 200; id++) {
    for (const stream of streams)
      input += schema(stream, { id: { type: 'integer' } }) + record(stream, { id })
    for (let n = 0; n < 5; n++) input += `{"type":"STATE","value":{"n":${id * 5 + n}}}\n`
  }
  const { stdout, error } = await loadText({
    url: warehouse.url,
    text: input,
    config: { batch_size_rows: 3000 },
  })
  assert.equal(error, undefined)
  assert.equal(stdout.at(-1), '{"n":999}')
  assert.equal((await warehouse.read('_sdc_loads'))?.length, stdout.length)
  for (const stream of streams) assert.equal((await warehouse.read(stream))?.length, 200)
})

test('rejects a record that is nested too deeply to be printed (L21)', async (t) => {
  const warehouse = await freshWarehouse(t)
  const deep = `{"type":"RECORD","stream":"j","record":{"id":2,"v":${'['.repeat(100_000)}${']'.repeat(100_000)}}}\n`
  const input =
    schema('j', { id: { type: 'integer' }, v: {} }) + record('j', { id: 1, v: 1 }) + deep
  const { error } = await loadText({
    url: warehouse.url,
    text: input,
    config: { on_invalid_record: 'reject' },
  })
  assert.equal(error, undefined)
  assert.deepEqual(
    (await warehouse.read('j'))?.map(({ id, v }) => [id, v]),
    [[1, 1]],
  )
  const [reject] = (await warehouse.read('_sdc_rejects')) ?? []
  assert.equal(reject?.['reason'], 'the record is nested too deeply or too long')
})

function columns(count: number): Record<string, unknown> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, at) => [`c${at}`, { type: ['null', 'integer'] }]),
  )
}

test('loads a table of 2,000 columns, and adds 100 more', async (t) => {
  const warehouse = await freshWarehouse(t)
  const value = Object.fromEntries(Array.from({ length: 2000 }, (_, at) => [`c${at}`, at]))
  const id = { id: { type: 'integer' } }
  const first = schema('w', { ...id, ...columns(2000) }) + record('w', { id: 1, ...value })
  const second = schema('w', { ...id, ...columns(2100) }) + record('w', { id: 2, c2099: 5 })
  const { error } = await loadText({ url: warehouse.url, text: first + second })
  assert.equal(error, undefined)
  const [one, two] = byId(await warehouse.read('w'))
  assert.deepEqual(
    [one?.['c1999'], one?.['c2099'], two?.['c1999'], two?.['c2099']],
    [1999, null, null, 5],
  )
})

test('streams with equivalent names get one table each, in every load', async (t) => {
  const warehouse = await freshWarehouse(t)
  const properties = { id: { type: 'integer' } }
  const names = ['Users', 'users', '_sdc_loads', '']
  const input = (order: string[]) =>
    order
      .map((name) => schema(name, properties) + record(name, { id: names.indexOf(name) }))
      .join('')
  await loadText({ url: warehouse.url, text: input(names) })
  const { error } = await loadText({ url: warehouse.url, text: input(names.toReversed()) })
  assert.equal(error, undefined)
  const { hashedName } = await import('../../src/loader/tables/names.ts')
  const { DUCKDB } = await import('../../src/warehouses/duckdb/dialect.ts')
  for (const [id, name] of names.entries()) {
    const table = id === 0 ? name : hashedName(name, DUCKDB)
    assert.deepEqual(
      (await warehouse.read(table))?.map((row) => row['id']),
      [id],
      table,
    )
  }
  assert.equal((await warehouse.read('_sdc_loads'))?.length, 2)
})
