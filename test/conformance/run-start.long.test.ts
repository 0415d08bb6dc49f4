import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { JsonObject } from '../../src/singer/json.ts'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'
import { WAREHOUSES, type WarehouseUnderTest } from './support/warehouses.ts'

const NAME = 'target-warehouse'
const SCHEMA = {
  type: 'SCHEMA',
  stream: 'users',
  schema: { properties: { id: { type: 'integer' }, by: { type: 'string' } } },
  key_properties: ['id'],
}
const CONFLICT = /Another load has written into the tables since this one began; nothing more was/

async function prepare(t: TestContext, { create }: WarehouseUnderTest, settings: JsonObject = {}) {
  const warehouse = await create(t)
  const folder = await temporaryFolder(t)
  const path = await writeJson(folder, 'target.json', {
    warehouse_url: warehouse.url,
    table_prefix: 'cio_',
    ...settings,
  })
  const target = async (args: readonly string[], messages: readonly object[] = []) => {
    const stdin = messages.map((message) => `${JSON.stringify(message)}\n`).join('')
    return run(NAME, { args: ['--config', path, ...args], stdin })
  }
  const readStart = async () => {
    const { code, stdout, stderr } = await target(['--run-start', 'users'])
    assert.equal(code, 0, stderr)
    return JSON.parse(stdout) as { last_load: string; state: string | null; has_loads: boolean }
  }
  const load = async (by: string, args: readonly string[] = [], stream = 'users') =>
    target(args, [
      { ...SCHEMA, stream },
      { type: 'RECORD', stream, record: { id: 1, by } },
      { type: 'STATE', value: { by } },
    ])
  return { warehouse, folder, target, readStart, load }
}

for (const under of WAREHOUSES) {
  const { name } = under
  test(`${name}: accepts a load that follows the start of its run; rejects one when another load came between`, async (t) => {
    const { warehouse, readStart, load, target } = await prepare(t, under)
    assert.deepEqual(await readStart(), {
      last_load: '0',
      state: null,
      has_loads: false,
      streams: [
        {
          stream: 'users',
          table: 'cio_users',
          rows: null,
          deleted_rows: null,
          columns: [],
          has_loaded: false,
        },
      ],
    })
    assert.equal((await load('a', ['--after-load', '0'])).code, 0)
    const before = await warehouse.readAll()
    const late = await load('b', ['--after-load', '0'], 'others')
    assert.equal(late.code, 5, late.stderr)
    assert.match(late.stderr, CONFLICT)
    assert.equal(late.stdout, '')
    assert.deepEqual(await warehouse.readAll(), before)
    const { last_load: first, state } = await readStart()
    assert.match(first, /^1:[0-9a-f-]{36}$/)
    assert.equal(state, '{"by":"a"}')
    const onlyState = [{ type: 'STATE', value: { by: 'state set' } }]
    assert.equal((await target(['--after-load', '0'], onlyState)).code, 5)
    assert.equal((await load('c', ['--after-load', first])).code, 0)
    assert.equal((await load('d', ['--after-load', first])).code, 5)
    assert.equal((await readStart()).state, '{"by":"c"}')
  })

  test(`${name}: rejects a load whose tables were dropped and recreated since the start of its run`, async (t) => {
    const { warehouse, readStart, load } = await prepare(t, under)
    assert.equal((await load('a')).code, 0)
    const { last_load: first } = await readStart()
    for (const table of ['cio_users', 'cio__sdc_loads']) {
      await warehouse.execute(`drop table "${table}"`)
    }
    assert.equal((await load('b', ['--after-load', first])).code, 5)
    assert.deepEqual(await warehouse.readAll(), new Map())
    assert.equal((await load('c')).code, 0)
    assert.match((await readStart()).last_load, /^1:/)
    assert.equal((await load('d', ['--after-load', first])).code, 5)
  })

  test(`${name}: the first commit stores the STATE from the start of its run when the input has none before`, async (t) => {
    const { folder, readStart, target } = await prepare(t, under, { batch_size_rows: 1 })
    const startState = '{"bookmarks":{},"customerio_sync":{"connection":"a"}}'
    const path = join(folder, 'state.json')
    await writeFile(path, startState)
    const records = [1, 2, 3].map((id) => ({ type: 'RECORD', stream: 'users', record: { id } }))
    const broken = [SCHEMA, ...records, { type: 'RECORD', stream: 'undeclared', record: {} }]
    const cut = await target(['--after-load', '0', '--start-state', path], broken)
    assert.notEqual(cut.code, 0)
    assert.equal(cut.stdout, '')
    const { last_load: last, state } = await readStart()
    assert.equal(state, startState)
    const complete = [SCHEMA, ...records, { type: 'STATE', value: { n: 1 } }]
    const done = await target(['--after-load', last, '--start-state', path], complete)
    assert.equal(done.code, 0, done.stderr)
    assert.equal(done.stdout, '{"n":1}\n')
    assert.equal((await readStart()).state, '{"n":1}')
  })

  test(`${name}: only one of several loads with the same start writes`, async (t) => {
    const { warehouse, load } = await prepare(t, under)
    const all = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (by) => load(by, ['--after-load', '0'])),
    )
    assert.deepEqual(
      all.map(({ code }) => code).toSorted((a, b) => a - b),
      [0, 5, 5, 5],
      all.map(({ stderr }) => stderr).join(''),
    )
    const winner = 'abcd'[all.findIndex(({ code }) => code === 0)]
    const rows = (await warehouse.read('cio_users')) ?? []
    assert.deepEqual(
      rows.map(({ id, by }) => [id, by]),
      [[1, winner]],
    )
    assert.equal((await warehouse.read('cio__sdc_loads'))?.length, 1)
  })
}
