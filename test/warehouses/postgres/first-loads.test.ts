/** First loads at the same moment: another session may create what one is about to create. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { wrapError } from '../../../src/warehouses/postgres/errors.ts'
import { failureOf as classify } from '../../../src/warehouses/server-error.ts'
import { otherSession, untilBlocked } from '../../conformance/support/other-session.ts'
import { query, SERVER_URL } from '../../conformance/support/postgres.ts'
import { loadText } from '../../conformance/support/loading.ts'

function inputOf(stream: string): string {
  return `{"type":"SCHEMA","stream":"${stream}","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}
{"type":"RECORD","stream":"${stream}","record":{"id":1}}
{"type":"STATE","value":{"s":1}}
`
}

/** The name of a schema that does not exist, and is dropped at the end. */
function newSchema(t: TestContext): string {
  const schema = `new_${randomUUID().replaceAll('-', '')}`
  t.after(async () => {
    await query(`drop schema if exists ${schema} cascade`)
  })
  return schema
}

test('retries once when another session creates the schema at the same moment (23505 in pg_namespace)', async (t) => {
  const schema = newSchema(t)
  const other = await otherSession(t)
  await other.query(`begin; create schema ${schema}`)
  const load = loadText({ url: SERVER_URL, schema, text: inputOf('s') })
  await untilBlocked(other)
  await other.query('commit')
  const { error, stdout, stderr } = await load
  assert.equal(error, undefined, String(error))
  assert.match(stderr.join(''), /pg_namespace/)
  assert.deepEqual(stdout, ['{"s":1}'])
  assert.deepEqual(await query(`select id from ${schema}.s`), [['1']])
})

test('all first loads with different prefixes into one new schema succeed', async (t) => {
  const schema = newSchema(t)
  const prefixes = ['a_', 'b_', 'c_', 'd_', 'e_', 'f_']
  const loads = await Promise.all(
    prefixes.map(async (prefix) =>
      loadText({
        url: SERVER_URL,
        schema,
        text: inputOf('s'),
        config: { table_prefix: prefix },
      }),
    ),
  )
  for (const { error, stderr } of loads) assert.equal(error, undefined, stderr.join(''))
  for (const prefix of prefixes)
    assert.deepEqual(await query(`select id from ${schema}.${prefix}s`), [['1']])
})

for (const [what, statement] of [
  ['a table', 'create table $.s (id bigint)'],
  ['a type of its name', 'create type $.s as (id bigint)'],
] as const) {
  test(`${what} created by another session at the same moment: stops retrying and names it`, async (t) => {
    const schema = newSchema(t)
    await query(`create schema ${schema}`)
    const other = await otherSession(t)
    await other.query(`begin; ${statement.replace('$', schema)}`)
    const load = loadText({ url: SERVER_URL, schema, text: inputOf('s') })
    await untilBlocked(other)
    await other.query('commit')
    const { error, stdout } = await load
    assert.ok(error instanceof AppError && error.code === 'WAREHOUSE_FAILED', String(error))
    assert.match(
      error.fullText,
      what === 'a table'
        ? /created the table in the meantime: run again/
        : /Something else of that name/,
    )
    assert.deepEqual(stdout, [])
    const again = await loadText({ url: SERVER_URL, schema, text: inputOf('s') })
    assert.equal(again.error === undefined, what === 'a table', String(again.error))
  })
}

test('names a column that another session adds at the same moment, and the next run uses it', async (t) => {
  const schema = newSchema(t)
  await loadText({ url: SERVER_URL, schema, text: inputOf('s') })
  const other = await otherSession(t)
  await other.query(`begin; alter table ${schema}.s add column v text`)
  const text = inputOf('s')
    .replace('}}},"key', '},"v":{"type":"string"}}},"key')
    .replace('{"id":1}', '{"id":2,"v":"x"}')
  const load = loadText({ url: SERVER_URL, schema, text })
  await untilBlocked(other)
  await other.query('commit')
  const { error } = await load
  assert.ok(error instanceof AppError, String(error))
  assert.match(error.fullText, /added the column in the meantime: run again/)
  assert.equal((await loadText({ url: SERVER_URL, schema, text })).error, undefined)
  assert.deepEqual(await query(`select id, v from ${schema}.s order by id`), [
    ['1', null],
    ['2', 'x'],
  ])
})

test('a duplicate key is final in a table and transient in the catalog', async (t) => {
  const other = await otherSession(t)
  const failureOf = async (statement: string) => {
    const cause: unknown = await other.query(statement).then(
      () => undefined,
      (error: unknown) => error,
    )
    return classify(wrapError(cause, { what: 'It failed' }))
  }
  const schema = newSchema(t)
  await query(`create schema ${schema}; create table ${schema}.t (id bigint unique)`)
  assert.equal(await failureOf(`insert into ${schema}.t values (1), (1)`), 'final')
  assert.equal(await failureOf(`create schema ${schema}`), 'transient')
})
