/**
 * Loads into tables of other programs: their columns have foreign types, which the loader never
 * creates.
 */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import type { LoadConfig } from '../../../src/loader/stream/context.ts'
import { loadText } from '../support/loading.ts'
import { WAREHOUSES, type PlainRow, type TestedWarehouse } from '../support/warehouses.ts'

const ID = '7f0d9c2e-4b61-4d0a-9a55-0d1f2a3b4c5d'
const OTHER_ID = '8a1e0d3f-5c72-4e1b-8b66-1e2f3b4c5d6e'

function schemaLine(properties: object, keys: readonly string[] = ['id']): string {
  const message = { type: 'SCHEMA', stream: 's', schema: { properties }, key_properties: keys }
  return `${JSON.stringify(message)}\n`
}

function recordLine(record: object, version?: number): string {
  const message = { type: 'RECORD', stream: 's', record, ...(version && { version }) }
  return `${JSON.stringify(message)}\n`
}

function activate(version: number): string {
  return `{"type":"ACTIVATE_VERSION","stream":"s","version":${version}}\n`
}

const TEXT = { type: ['null', 'string'] }
const INTEGER = { type: ['null', 'integer'] }

/** Some databases return numbers of foreign types as strings. */
function toNumber(value: unknown): unknown {
  return typeof value === 'string' && /^-?\d+$/.test(value) ? Number(value) : value
}

/** Returns the given columns of every row, ordered by the first. */
async function rowsOf({ read }: TestedWarehouse, columns: readonly string[]): Promise<unknown[][]> {
  const rows = ((await read('s')) ?? []).map((row: PlainRow) =>
    columns.map((column) => toNumber(row[column] ?? null)),
  )
  return rows.toSorted((a, b) => (String(a[0]) < String(b[0]) ? -1 : 1))
}

async function loadInto(
  { url }: TestedWarehouse,
  text: string,
  config: Partial<LoadConfig> = {},
): Promise<string[]> {
  const { error, stderr } = await loadText({ url, text, config })
  assert.equal(error, undefined, String(error))
  return stderr
}

function usedVariants(stderr: readonly string[]): string[] {
  return stderr.flatMap((line) => {
    const found = /do not fit into a column.*second_column=(\S+)/.exec(line)
    return found?.[1] === undefined ? [] : [found[1]]
  })
}

for (const { name, create, computed } of WAREHOUSES) {
  test(`${name}: matches rows by a uuid key in any spelling, and the last row of a batch wins`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute(`create table s (id uuid primary key, note varchar(20), n smallint);
      insert into s values ('${ID}', 'old', 1)`)
    const text =
      schemaLine({ id: TEXT, note: TEXT, n: INTEGER }) +
      recordLine({ id: ID, note: 'first', n: 2 }) +
      recordLine({ id: OTHER_ID.toUpperCase(), note: 'new', n: 3 }) +
      recordLine({ id: ID.toUpperCase(), note: 'last', n: 4 }) +
      recordLine({ id: OTHER_ID, note: 'newest', n: null })
    for (const config of [{}, { batch_size_rows: 1 }]) {
      const stderr = await loadInto(warehouse, text, config)
      assert.deepEqual(usedVariants(stderr), [])
      assert.deepEqual(await rowsOf(warehouse, ['id', 'note', 'n']), [
        [ID, 'last', 4],
        [OTHER_ID, 'newest', null],
      ])
    }
  })

  test(`${name}: a key that does not fit its column fails the load, names column and type, and writes nothing of the batch`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute(`create table s (id uuid primary key, note varchar(20));
      insert into s values ('${ID}', 'old')`)
    const text =
      schemaLine({ id: TEXT, note: TEXT }) +
      recordLine({ id: ID, note: 'new' }) +
      recordLine({ id: 'secret-7', note: 'x' }) +
      '{"type":"STATE","value":{"a":1}}\n'
    const { error, stdout } = await loadText({ url: warehouse.url, text })
    assert.ok(error instanceof AppError)
    assert.equal(error.code, 'WAREHOUSE_FAILED')
    assert.match(error.fullText, /The key column "id" of table "s" is of type uuid, and/i)
    assert.doesNotMatch(error.fullText, /secret-7/)
    assert.deepEqual(stdout, [])
    assert.deepEqual(await rowsOf(warehouse, ['id', 'note']), [[ID, 'old']])
    assert.deepEqual((await warehouse.read('_sdc_loads')) ?? [], [])
  })

  test(`${name}: a key column of a known type that refuses null fails the load in the same way`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute(`create table s (id bigint primary key, note text)`)
    await warehouse.hold('s')
    const text = schemaLine({ id: TEXT, note: TEXT }) + recordLine({ id: 'x', note: 'x' })
    const { error } = await loadText({ url: warehouse.url, text })
    assert.ok(error instanceof AppError)
    assert.match(error.fullText, /key column "id" of table "s" is of type (bigint|Int64), and/i)
    assert.deepEqual(await warehouse.read('s'), [])
  })

  test(`${name}: a value moves to a variant column and back, and no column keeps an older value`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute(`create table s (id integer, n smallint default 7);
      insert into s values (1, 5)`)
    await warehouse.hold('s')
    const load = async (n: number | null) =>
      loadInto(warehouse, schemaLine({ id: INTEGER, n: INTEGER }) + recordLine({ id: 1, n }))
    const columns = ['id', 'n', 'n__integer']
    assert.deepEqual(usedVariants(await load(7_000_000_000)), ['n__integer'])
    assert.deepEqual(await rowsOf(warehouse, columns), [[1, null, 7_000_000_000]])
    assert.deepEqual(usedVariants(await load(7_000_000_000)), ['n__integer'])
    assert.deepEqual(usedVariants(await load(3)), [])
    assert.deepEqual(await rowsOf(warehouse, columns), [[1, 3, null]])
    await load(7_000_000_000)
    await load(null)
    assert.deepEqual(await rowsOf(warehouse, columns), [[1, null, null]])
  })

  test(`${name}: a variant column that an earlier batch added is emptied after another SCHEMA`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute(`create table s (id integer, n smallint)`)
    await warehouse.hold('s')
    const text =
      schemaLine({ id: INTEGER, n: TEXT }) +
      recordLine({ id: 1, n: 'abc' }) +
      schemaLine({ id: INTEGER, n: INTEGER }) +
      recordLine({ id: 1, n: 5 })
    await loadInto(warehouse, text)
    assert.deepEqual(await rowsOf(warehouse, ['id', 'n', 'n__text']), [[1, 5, null]])
  })

  test(`${name}: values that fit add no column`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute(`create table s (id uuid, n smallint, "at" timestamp)`)
    await warehouse.hold('s')
    const at = { type: 'string', format: 'date-time' }
    await loadInto(
      warehouse,
      schemaLine({ id: TEXT, n: INTEGER, at }) +
        recordLine({ id: ID, n: 1, at: '2024-06-01T12:00:00+02:00' }),
      { add_record_metadata: false },
    )
    const [row] = (await warehouse.read('s')) ?? []
    assert.deepEqual(Object.keys(row ?? {}), ['id', 'n', 'at'])
    const [[shown] = []] = await warehouse.show('s', ['at'])
    assert.equal(shown?.text, '2024-06-01 10:00:00')
  })

  test(`${name}: append-only and overwrite write into foreign columns too`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute(`create table s (id uuid, n smallint default 7);
      insert into s values ('${OTHER_ID}', 1)`)
    await warehouse.hold('s')
    const text =
      schemaLine({ id: TEXT, n: INTEGER }) +
      recordLine({ id: ID, n: 2 }) +
      recordLine({ id: ID, n: 9_999_999_999 })
    await loadInto(warehouse, text, { load_method: 'append-only' })
    const columns = ['id', 'n', 'n__integer']
    const appended = (await rowsOf(warehouse, columns)).map((row) => row.slice(1))
    assert.deepEqual(
      appended.toSorted((a, b) => Number(a[1]) - Number(b[1]) || Number(a[0]) - Number(b[0])),
      [
        [1, null],
        [2, null],
        [null, 9_999_999_999],
      ],
    )
    await loadInto(warehouse, text, { load_method: 'overwrite' })
    assert.deepEqual(await rowsOf(warehouse, columns), [[ID, null, 9_999_999_999]])
  })

  test(`${name}: versions retire rows by metadata columns of other types`, async (t) => {
    for (const types of [
      { version: 'smallint', deleted: 'timestamp' },
      { version: 'varchar(30)', deleted: 'boolean' },
      { version: 'decimal(20, 2)', deleted: 'date' },
    ]) {
      for (const hard_delete of [false, true]) {
        const warehouse = await create(t)
        await warehouse.execute(`create table s (id integer, _sdc_table_version ${types.version},
          _sdc_deleted_at ${types.deleted}, _sdc_batched_at timestamp);
          insert into s values (1, 3, null, null), (2, 4, null, null), (3, null, null, null)`)
        await warehouse.hold('s')
        const schema = schemaLine({ id: INTEGER })
        const readMarks = async () => {
          const rows = await rowsOf(warehouse, [
            'id',
            '_sdc_deleted_at',
            '_sdc_deleted_at__timestamp',
          ])
          return rows.map(([id, ...marks]) => [id, marks.some((mark) => mark !== null)])
        }
        await loadInto(warehouse, schema + recordLine({ id: 4 }, 4) + activate(4), { hard_delete })
        const first = [
          [1, true],
          [2, false],
          [3, true],
          [4, false],
        ]
        const kept = (rows: unknown[][]) =>
          rows.filter(([, isMarked]) => !hard_delete || isMarked === false)
        assert.deepEqual(await readMarks(), kept(first), JSON.stringify(types))
        const later =
          schema + recordLine({ id: 2 }, 1_700_000_000_000) + activate(1_700_000_000_000)
        await loadInto(warehouse, later, { hard_delete })
        const second = first.map(([id]) => [id, id !== 2])
        assert.deepEqual(await readMarks(), kept(second), JSON.stringify(types))
      }
    }
  })

  test(`${name}: deleted records remove their rows when _sdc_deleted_at has another type`, async (t) => {
    for (const type of ['timestamp', 'date', 'boolean']) {
      const warehouse = await create(t)
      await warehouse.execute(`create table s (id integer, _sdc_deleted_at ${type});
        insert into s (id) values (1), (2)`)
      await warehouse.hold('s')
      const deleted = { _sdc_deleted_at: '2026-01-02T03:04:05Z' }
      const text =
        schemaLine({ id: INTEGER, v: TEXT }) +
        recordLine({ id: 1, ...deleted }) +
        recordLine({ id: 2, v: 'a' }) +
        recordLine({ id: 3, ...deleted })
      await loadInto(warehouse, text, { hard_delete: true })
      assert.deepEqual(await rowsOf(warehouse, ['id', 'v']), [[2, 'a']])
    }
  })

  test(`${name}: the error for a column that refuses null names it and says whether the stream fills it`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute(`create table s (id integer, n smallint not null)`)
    await warehouse.hold('s')
    for (const n of [null, 9_999_999_999]) {
      const text = schemaLine({ id: INTEGER, n: INTEGER }) + recordLine({ id: 1, n })
      const { error } = await loadText({ url: warehouse.url, text })
      assert.ok(error instanceof AppError)
      assert.match(error.fullText, /"?n"?.*(fills the column|brings no value).*does not fit/s)
    }
    assert.deepEqual(await warehouse.read('s'), [])
  })

  test(`${name}: the loader's own tables work with columns of other types`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute(`create table _sdc_loads (load_number integer, run_id varchar(60),
      started_at timestamp, committed_at timestamp, row_counts text, state varchar(200));
      create table _sdc_rejects (stream varchar(60), line_number integer, reason varchar(20))`)
    const text =
      schemaLine({ id: { type: 'integer' } }) +
      recordLine({ id: 1 }) +
      recordLine({ id: 'x' }) +
      '{"type":"STATE","value":{"a":"1 "}}\n'
    for (const run of [1, 2]) {
      await loadInto(warehouse, text, { on_invalid_record: 'reject' })
      const found = (await warehouse.read('_sdc_loads')) ?? []
      const loads = found.toSorted((a, b) => Number(a['load_number']) - Number(b['load_number']))
      assert.deepEqual(
        loads.map((row) => [row['load_number'], row['state']].map(String)),
        Array.from({ length: run }, (_, at) => [String(at + 1), '{"a":"1 "}']),
      )
    }
    assert.equal((await warehouse.read('_sdc_rejects'))?.length, 2)
  })

  if (computed === undefined) continue
  test(`${name}: a computed column is never written, each load warns, and it cannot be a key`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute(
      `create table s (id integer, twice integer generated always as (id * 2) ${computed})`,
    )
    const text = schemaLine({ id: INTEGER, twice: INTEGER }) + recordLine({ id: 1, twice: 5 })
    for (const run of [1, 2]) {
      assert.deepEqual(
        usedVariants(await loadInto(warehouse, text)),
        ['twice__integer'],
        `run ${run}`,
      )
      assert.deepEqual(await rowsOf(warehouse, ['id', 'twice__integer']), [[1, 5]])
    }
    const keyed = schemaLine({ id: INTEGER, twice: INTEGER }, ['twice'])
    const { error } = await loadText({ url: warehouse.url, text: keyed })
    assert.ok(error instanceof AppError)
    assert.match(error.fullText, /The key column "twice" of table "s" is computed/)
  })
}
