/**
 * The statements for a cluster on the real engine, which has no Keeper: a proxy takes away what
 * needs one. What is left is the same: no mutation may read another table.
 */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { CLICKHOUSE_UNDER_TEST } from '../../conformance/support/clickhouse.ts'
import { loadText } from '../../conformance/support/loading.ts'
import { readTables, scenarioOf } from '../../conformance/support/scenario.ts'
import { WITHOUT_CLICKHOUSE as skip } from '../../support/clickhouse/chdb.ts'
import { cuttingProxy } from '../../support/clickhouse/cutting-proxy.ts'
import { AppError } from '../../../src/errors.ts'
import { HiddenNames } from '../../../src/warehouses/clickhouse/commit/hidden-names.ts'
import { WorkingCopies } from '../../../src/warehouses/clickhouse/commit/working-copies.ts'

/** What tables of the engine ReplicatedMergeTree refuse. */
const MUTATION_WITH_QUERY = /^(?:delete from|alter table .*\b(?:update|delete)\b).*\bselect\b/s

async function clusterOf(t: TestContext) {
  const warehouse = await CLICKHOUSE_UNDER_TEST.create(t)
  const url = new URL(`${warehouse.url}&cluster=main`)
  const proxy = await cuttingProxy(t, Number(url.port))
  url.port = String(proxy.port)
  proxy.rewrite = (statement) =>
    statement.replaceAll('ReplicatedMergeTree', 'MergeTree').replace(' on cluster "main"', '')
  return { warehouse, url: url.href, statements: proxy.statements }
}

function checkStatements(statements: readonly string[]): void {
  assert.deepEqual(
    statements.filter((statement) => MUTATION_WITH_QUERY.test(statement)),
    [],
  )
  // The server refuses the engine without arguments in a statement for one server.
  assert.deepEqual(
    statements.filter((one) => one.includes('ReplicatedMergeTree') && !one.includes('on cluster')),
    [],
  )
}

test(
  'a load into a cluster deletes rows without a mutation that reads another table',
  { skip },
  async (t) => {
    const { warehouse, url, statements } = await clusterOf(t)
    const scenario = scenarioOf(3)
    const { error } = await loadText({
      url,
      text: scenario.lines.join(''),
      config: { batch_size_rows: 6 },
    })
    assert.equal(error, undefined, String(error))
    assert.equal(await readTables(warehouse), scenario.tablesAfter.at(-1))
    checkStatements(statements)
  },
)

test(
  'rows without a key, and columns of others, stay when rows of a cluster are replaced',
  { skip },
  async (t) => {
    const { warehouse, url, statements } = await clusterOf(t)
    const load = async (...ids: number[]) => {
      const schema = { properties: { id: { type: 'integer' }, v: { type: 'integer' } } }
      const lines = [
        { type: 'SCHEMA', stream: 's', schema, key_properties: ['id'] },
        ...ids.map((id) => ({ type: 'RECORD', stream: 's', record: { id, v: ids.length } })),
      ]
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      const { error } = await loadText({ url, text })
      assert.equal(error, undefined, String(error))
    }
    const rows = async () =>
      ((await warehouse.read('s')) ?? [])
        .map(({ id, v, note }) => [id, v, note ?? null].map(String).join(' '))
        .toSorted()
    await load(1, 2)
    await warehouse.execute('insert into s (id, v) values (null, 7)')
    await load(2, 3, 4)
    assert.deepEqual(await rows(), ['1 2 null', '2 3 null', '3 3 null', '4 3 null', 'null 7 null'])
    await warehouse.execute(`alter table s add column note Nullable(String)`)
    await warehouse.execute(`insert into s (id, v, note) values (5, 1, 'mine')`)
    await load(4, 5)
    assert.deepEqual(await rows(), [
      '1 2 null',
      '2 3 null',
      '3 3 null',
      '4 2 null',
      '5 2 mine',
      'null 7 null',
    ])
    checkStatements(statements)
  },
)

test('every server of a cluster gets the comment of a table', { skip }, async (t) => {
  const { url, statements } = await clusterOf(t)
  const properties = { id: { type: 'integer', description: 'Number.' } }
  const lines = [
    { type: 'SCHEMA', stream: 's', schema: { properties, description: 'People.' } },
    { type: 'RECORD', stream: 's', record: { id: 1 } },
  ]
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  const { error } = await loadText({ url, text })
  assert.equal(error, undefined, String(error))
  const comments = statements.filter((statement) => statement.includes('modify comment'))
  assert.ok(comments.length > 0)
  for (const statement of comments) {
    assert.match(statement, /^alter table \S+ on cluster "main"\s+modify comment '[^']*'\s*$/)
  }
  checkStatements(statements)
})

test('a replicated table is not copied without its cluster', async () => {
  const copies = new WorkingCopies({
    query: () => Promise.resolve([['s', 'uuid', '', 'ReplicatedMergeTree']]),
    run: () => Promise.reject(new Error('No statement must run.')),
    place: { database: 'd', cluster: undefined, engine: 'MergeTree' },
    names: new HiddenNames('').attempt(),
  })
  await assert.rejects(copies.of('s'), (error) => {
    assert.ok(error instanceof AppError, String(error))
    assert.match(error.fullText, /"s" is replicated.*option `cluster`/)
    return true
  })
})
