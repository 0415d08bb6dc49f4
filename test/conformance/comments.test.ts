/** Comments of tables and columns from the descriptions of the SCHEMA, on every warehouse. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../src/singer/json.ts'
import { Logger } from '../../src/logger.ts'
import { createWarehouse } from '../../src/warehouses/index.ts'
import { loadText } from './support/loading.ts'
import { WAREHOUSES, type TestedWarehouse } from './support/warehouses.ts'

const ID = { type: 'integer', description: 'Number of the user.' }
const NAME = { type: ['null', 'string'], description: 'What friends say.' }
const TAGS = { type: ['null', 'array'], description: 'Words, in any order.' }
const HOSTILE = 'It\'s 100 % \\ "so"\n`--` ; $1 /* é 🎉'

interface Comments {
  table: string | undefined
  columns: Record<string, string>
}

function described(words: string) {
  return { type: ['null', 'integer'], description: words }
}

/** Loads one row of the stream. */
async function load(
  { url }: TestedWarehouse,
  properties: JsonObject,
  description?: string,
): Promise<void> {
  const schema = { properties, ...(description !== undefined && { description }) }
  const lines = [
    { type: 'SCHEMA', stream: 'users', schema, key_properties: ['id'] },
    { type: 'RECORD', stream: 'users', record: { id: 1 } },
  ]
  const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
  const { error } = await loadText({ url, text })
  assert.equal(error, undefined)
}

/** The comments of a table, without those of the `_sdc_` columns. */
async function commentsOf({ url }: TestedWarehouse, table = 'users'): Promise<Comments> {
  const logger = new Logger({ name: 'test', level: 'error', format: 'plain', write: () => {} })
  const options = { url, schema: undefined, tablePrefix: '', isReadOnly: true, logger }
  const warehouse = await createWarehouse(options)
  try {
    await warehouse.open()
    const found = (await warehouse.describe(table)).find(({ name }) => name === table)
    const columns = (found?.columns ?? []).flatMap(({ name, comment }): [string, string][] =>
      comment === undefined || name.startsWith('_sdc_') ? [] : [[name, comment]],
    )
    return { table: found?.comment, columns: Object.fromEntries(columns) }
  } finally {
    await warehouse.close()
  }
}

/** Whether each load set comments, from the first one. */
async function setBy(warehouse: TestedWarehouse): Promise<boolean[]> {
  const loads = (await warehouse.read('_sdc_loads')) ?? []
  return loads
    .toSorted((a, b) => Number(a['load_number']) - Number(b['load_number']))
    .map(({ comments }) => comments !== null)
}

for (const { name, create, commentOn } of WAREHOUSES) {
  test(`${name}: the description of a SCHEMA becomes the comment of the table`, async (t) => {
    const warehouse = await create(t)
    for (const words of ['People.', 'People.', 'Users.']) await load(warehouse, { id: ID }, words)
    assert.equal((await commentsOf(warehouse)).table, 'Users.')
    assert.deepEqual(await setBy(warehouse), [true, false, true])
  })

  if (!commentOn) {
    test(`${name}: columns have no comments`, async (t) => {
      const warehouse = await create(t)
      await load(warehouse, { id: ID, tags: TAGS }, HOSTILE)
      assert.deepEqual(await commentsOf(warehouse), { table: HOSTILE, columns: {} })
    })
    continue
  }

  test(`${name}: descriptions become comments once, and follow the SCHEMA`, async (t) => {
    const warehouse = await create(t)
    await load(warehouse, { id: ID, name: NAME, tags: TAGS }, 'People.')
    const first = {
      table: 'People.',
      columns: { id: ID.description, name: NAME.description, tags: TAGS.description },
    }
    assert.deepEqual(await commentsOf(warehouse), first)
    await load(warehouse, { id: ID, name: NAME, tags: TAGS }, 'People.')
    assert.deepEqual(await commentsOf(warehouse), first)
    const properties = {
      id: ID,
      name: { ...NAME, description: HOSTILE },
      tags: { type: ['null', 'array'] },
      age: { type: ['null', 'integer'], description: ' Years.\u0000 ' },
      plain: { type: ['null', 'integer'] },
    }
    await load(warehouse, properties, 'Users.')
    assert.deepEqual(await commentsOf(warehouse), {
      table: 'Users.',
      columns: { ...first.columns, name: HOSTILE, age: 'Years.\ufffd' },
    })
    assert.deepEqual(await setBy(warehouse), [true, false, true])
    assert.deepEqual((await warehouse.read('users'))?.[0]?.['tags'], null)
  })

  test(`${name}: a description never changes the type of its column`, async (t) => {
    const warehouse = await create(t)
    const texts = ['JSON', 'JSON: raw body', 'Text: JSON: raw body', 'Text: plain']
    for (const at of [1, 2]) {
      const properties = Object.fromEntries(
        texts.map((description, column) => [`c${column}`, { type: 'string', description }]),
      )
      const record = { c0: 'key', c1: 'abc', c2: `text ${at}`, c3: '"x"' }
      const lines = [
        { type: 'SCHEMA', stream: 'users', schema: { properties }, key_properties: ['c0'] },
        { type: 'RECORD', stream: 'users', record },
      ]
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('')
      const { error } = await loadText({ url: warehouse.url, text })
      assert.equal(error, undefined, String(error))
      const rows = (await warehouse.read('users')) ?? []
      const stored = rows.map(({ c0, c1, c2, c3 }) => ({ c0, c1, c2, c3 }))
      assert.deepEqual(stored, [record])
    }
    const columns = Object.fromEntries(texts.map((text, column) => [`c${column}`, text]))
    assert.deepEqual((await commentsOf(warehouse)).columns, columns)
    assert.deepEqual(await setBy(warehouse), [true, false])
  })

  test(`${name}: a comment that somebody else wrote is never overwritten`, async (t) => {
    const warehouse = await create(t)
    await load(warehouse, { id: ID, name: NAME, plain: { type: ['null', 'integer'] } })
    await warehouse.execute(commentOn('users', 'name', 'My own words'))
    await warehouse.execute(commentOn('users', 'plain', 'Mine too'))
    await load(warehouse, {
      id: { ...ID, description: 'Changed.' },
      name: NAME,
      plain: described('Plain.'),
    })
    await load(warehouse, {
      id: { ...ID, description: 'Again.' },
      name: { ...NAME, description: 'New.' },
      plain: described('New.'),
    })
    assert.deepEqual(await commentsOf(warehouse), {
      table: undefined,
      columns: { id: 'Again.', name: 'My own words', plain: 'Mine too' },
    })
  })

  test(`${name}: a wider type keeps the comment of a load and that of somebody else`, async (t) => {
    const warehouse = await create(t)
    const integer = { type: ['null', 'integer'] }
    await load(warehouse, { id: ID, a: { ...integer, description: 'A.' }, b: integer }, 'T.')
    await warehouse.execute(commentOn('users', 'b', 'My b'))
    const number = { type: ['null', 'number'] }
    const wider = { a: { ...number, description: 'A.' }, b: number }
    await load(warehouse, { id: { ...ID, type: 'number' }, ...wider }, 'T.')
    assert.deepEqual(await commentsOf(warehouse), {
      table: 'T.',
      columns: { id: ID.description, a: 'A.', b: 'My b' },
    })
    assert.deepEqual(await setBy(warehouse), [true, false])
  })

  test(`${name}: a table of another program gets no comments`, async (t) => {
    const warehouse = await create(t)
    await warehouse.execute('create table users (id bigint, name varchar)')
    for (const words of ['People.', 'Users.']) {
      await load(warehouse, { id: ID, name: NAME, age: { type: ['null', 'integer'] } }, words)
    }
    assert.deepEqual(await commentsOf(warehouse), { table: undefined, columns: {} })
  })
}
