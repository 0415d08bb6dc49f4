import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CLICKHOUSE_UNDER_TEST, clickhouseQuery } from '../../conformance/support/clickhouse.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'

function schemaLine(type: string): string {
  const properties = { id: { type }, v: { type: ['null', 'integer'] } }
  const message = { type: 'SCHEMA', stream: 's', schema: { properties }, key_properties: ['id'] }
  return `${JSON.stringify(message)}\n`
}

function recordLine(id: number | string, v: number): string {
  return `${JSON.stringify({ type: 'RECORD', stream: 's', record: { id, v } })}\n`
}

async function load(url: string, text: string): Promise<void> {
  const { error } = await loadText({ url, text })
  assert.equal(error, undefined, String(error))
}

test(
  'tables are sorted by their keys: from their first rows on, and after a key changed its type',
  { skip },
  async (t) => {
    const { url, read } = await CLICKHOUSE_UNDER_TEST.create(t)
    const database = new URL(url).pathname.slice(1)
    const facts = async () =>
      (
        await clickhouseQuery(
          `select sorting_key, type from system.tables as tables
        join system.columns as columns on columns.database = tables.database and columns.table = tables.name
        where database = '${database}' and tables.name = 's' and columns.name = 'id'`,
        )
      ).rows
    await load(url, schemaLine('integer'))
    assert.deepEqual(await facts(), [['', 'Nullable(Int64)']])
    await load(url, schemaLine('integer') + recordLine(1, 1) + recordLine(2, 1))
    assert.deepEqual(await facts(), [['id', 'Nullable(Int64)']])
    await load(url, schemaLine('string') + recordLine('2', 2) + recordLine('x', 2))
    assert.deepEqual(await facts(), [['id', 'Nullable(String)']])
    const rows = ((await read('s')) ?? []).map(({ id, v }) => `${String(id)}: ${String(v)}`)
    assert.deepEqual(new Set(rows), new Set(['1: 1', '2: 2', 'x: 2']))
  },
)

test('indexes, projections, settings and computed columns of others stay', { skip }, async (t) => {
  const { url, execute } = await CLICKHOUSE_UNDER_TEST.create(t)
  const database = new URL(url).pathname.slice(1)
  await load(url, schemaLine('integer') + recordLine(1, 1))
  for (const statement of [
    `alter table s modify setting lightweight_mutation_projection_mode = 'rebuild'`,
    'alter table s add projection by_v (select id, v order by v)',
    'alter table s add index of_v v type minmax',
    'alter table s add column twice Nullable(Int64) materialized v * 2',
    `alter table s modify comment 'ours'`,
  ]) {
    await execute(statement)
  }
  const definition = async () =>
    (await clickhouseQuery(`show create table ${database}.s`)).rows[0]?.[0]
  const before = await definition()
  await load(url, schemaLine('integer') + recordLine(1, 2) + recordLine(2, 3))
  assert.equal(await definition(), before)
  const { rows } = await clickhouseQuery(`select id, v, twice from ${database}.s order by id`)
  assert.deepEqual(rows, [
    ['1', '2', '4'],
    ['2', '3', '6'],
  ])
})
