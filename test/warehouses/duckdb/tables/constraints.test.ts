/** Tables with constraints: errors name the constraint and quote no value of a record. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { DuckDBInstance } from '@duckdb/node-api'
import { AppError } from '../../../../src/errors.ts'
import { classifyError } from '../../../../src/warehouses/duckdb/errors.ts'
import { loadText } from '../../../conformance/support/loading.ts'
import { temporaryFolder } from '../../../support/programs.ts'

const TABLES = [
  'create table groups (id bigint primary key)',
  `create table offers (
    id bigint primary key, title varchar unique, a varchar, "a: b" varchar, n bigint check (n < 5),
    group_id bigint references groups (id), unique (a, "a: b"))`,
  'create unique index by_upper on offers (upper(a))',
  "insert into offers values (2, 'Spring private', 'x private', 'y private', 1, null)",
]

async function failWith(t: TestContext, record: Record<string, unknown>): Promise<string> {
  const path = join(await temporaryFolder(t), 'w.duckdb')
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  for (const statement of TABLES) await connection.run(statement)
  connection.disconnectSync()
  instance.closeSync()
  const text = ['string', 'string', 'string', 'integer', 'integer']
  const names = ['title', 'a', 'a: b', 'n', 'group_id']
  const properties = Object.fromEntries(
    names.map((name, at) => [name, { type: ['null', text[at]] }]),
  )
  const schema = {
    type: 'SCHEMA',
    stream: 'offers',
    schema: { properties: { id: { type: 'integer' }, ...properties } },
    key_properties: ['id'],
  }
  const line = JSON.stringify({ type: 'RECORD', stream: 'offers', record: { id: 3, ...record } })
  const { error, stdout, stderr } = await loadText({
    url: `duckdb:${path}`,
    text: `${JSON.stringify(schema)}\n${line}\n{"type":"STATE","value":{"s":1}}\n`,
  })
  assert.ok(error instanceof AppError && error.code === 'WAREHOUSE_FAILED', String(error))
  assert.deepEqual(stdout, [])
  assert.doesNotMatch(error.fullText + stderr.join(''), /private|7777|SPRING/i)
  assert.doesNotMatch(stderr.join(''), /is retried|retrying/)
  assert.equal(classifyError(error), 'final')
  return error.fullText
}

function recordOf(id: number): string {
  return `{"type":"RECORD","stream":"s","record":{"id":${id},"title":"private"}}\n`
}

const UNIQUE = 'The table has a unique constraint of its own that the rows break.'

test('names a unique column', async (t) => {
  assert.equal(
    await failWith(t, { title: 'Spring private' }),
    `DuckDB refused a batch (a key would be duplicated in UNIQUE "offers_title_key" of table "offers"). ${UNIQUE}`,
  )
})

test('names a constraint of several columns', async (t) => {
  assert.equal(
    await failWith(t, { a: 'x private', 'a: b': 'y private' }),
    `DuckDB refused a batch (a key would be duplicated in UNIQUE "offers_a_a: b_key" of table "offers"). ${UNIQUE}`,
  )
})

test('names a unique index on an expression among others', async (t) => {
  const text = await failWith(t, { a: 'X PRIVATE', 'a: b': 'other' })
  assert.match(text, /a key would be duplicated in .*UNIQUE "by_upper".* of table "offers"\)/)
})

test('names a constraint that two rows of one load break', async (t) => {
  const path = join(await temporaryFolder(t), 'w.duckdb')
  const instance = await DuckDBInstance.create(path)
  const connection = await instance.connect()
  await connection.run('create table s (id bigint, title varchar unique)')
  connection.disconnectSync()
  instance.closeSync()
  const { error } = await loadText({
    url: `duckdb:${path}`,
    text: `{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"},"title":{"type":"string"}}},"key_properties":["id"]}\n${recordOf(1)}${recordOf(2)}`,
  })
  assert.ok(error instanceof AppError, String(error))
  assert.match(
    error.fullText,
    /duplicated in UNIQUE "s_title_key" of table "s"\)\. The table has a uni/,
  )
  assert.doesNotMatch(error.fullText, /private/)
})

test('names a check', async (t) => {
  assert.equal(
    await failWith(t, { n: 7777 }),
    'DuckDB refused a batch (a check failed in CHECK "offers_n_check" of table "offers"). The table has a check constraint of its own that the rows break.',
  )
})

test('names a foreign key', async (t) => {
  assert.match(
    await failWith(t, { group_id: 7777 }),
    /\(a key is not in the table that it refers to in FOREIGN KEY ".*" of table "offers"\)\. The table has a foreign key/,
  )
})
