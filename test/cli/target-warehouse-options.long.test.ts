/** Runs the real executable with options that change what it loads, in every warehouse. */

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { WAREHOUSES, type TestedWarehouse } from '../conformance/support/warehouses.ts'
import { ROOT, run, temporaryFolder, writeJson, type Finished } from '../support/programs.ts'

const NAME = 'target-warehouse'

function schema(): string {
  const properties = { id: { type: 'integer' }, name: { type: ['null', 'string'] } }
  return `${JSON.stringify({ type: 'SCHEMA', stream: 'users', schema: { properties }, key_properties: ['id'] })}\n`
}

function record(value: unknown, version?: number): string {
  return `${JSON.stringify({ type: 'RECORD', stream: 'users', record: value, version })}\n`
}

function state(value: number): string {
  return `${JSON.stringify({ type: 'STATE', value: { users: value } })}\n`
}

async function namesOf(warehouse: TestedWarehouse): Promise<unknown[]> {
  const rows = (await warehouse.read('users')) ?? []
  return rows.toSorted((a, b) => Number(a['id']) - Number(b['id'])).map(({ name }) => name)
}

for (const { name, create } of WAREHOUSES) {
  const setUp = async (t: Parameters<typeof create>[0]) => {
    const warehouse = await create(t)
    const folder = await temporaryFolder(t)
    const start = async (stdin: string, settings: object, args: string[]): Promise<Finished> => {
      const path = await writeJson(folder, 'target.json', {
        warehouse_url: warehouse.url,
        ...settings,
      })
      return run(NAME, { args: ['--config', path, ...args], stdin })
    }
    const load = async (stdin: string, settings: object = {}): Promise<Finished> => {
      const finished = await start(stdin, settings, [])
      assert.equal(finished.code, 0, finished.stderr)
      return finished
    }
    return { warehouse, load, ask: (arg: string) => start('', {}, [arg]) }
  }

  test(`${name}: stores key and reason of rejected records, and loads the others`, async (t) => {
    const { warehouse, load } = await setUp(t)
    const input =
      schema() +
      record({ id: 1, name: 'a' }) +
      record({ id: 'x', name: 'secret text' }) +
      record({ name: 'c' }) +
      record({ id: 4, name: 'd' }) +
      state(4)
    const { stdout, stderr } = await load(input, { on_invalid_record: 'reject' })
    assert.equal(stdout, '{"users":4}\n')
    assert.match(stderr, /rejected=2/)
    assert.doesNotMatch(stderr, /secret text/)
    assert.deepEqual(await namesOf(warehouse), ['a', 'd'])
    const rejects = (await warehouse.read('_sdc_rejects')) ?? []
    assert.deepEqual(
      rejects.map((row) => [row['stream'], row['line_number'], row['record_key']]),
      [
        ['users', 3, { id: 'x' }],
        ['users', 4, { id: null }],
      ],
    )
  })

  test(`${name}: hard_delete removes rows of older versions and records marked as deleted`, async (t) => {
    const { warehouse, load } = await setUp(t)
    const activate = '{"type":"ACTIVATE_VERSION","stream":"users","version":2}\n'
    await load(schema() + record({ id: 1, name: 'a' }, 1) + record({ id: 2, name: 'b' }, 1))
    await load(schema() + record({ id: 2, name: 'B' }, 2) + activate, { hard_delete: true })
    assert.deepEqual(await namesOf(warehouse), ['B'])
    const gone = { id: 2, name: 'B', _sdc_deleted_at: '2026-01-01T00:00:00Z' }
    await load(schema() + record(gone, 2) + record({ id: 3, name: 'c' }, 2), { hard_delete: true })
    assert.deepEqual(await namesOf(warehouse), ['c'])
  })

  test(`${name}: overwrite replaces the rows of a table, append-only adds rows`, async (t) => {
    const { warehouse, load } = await setUp(t)
    await load(schema() + record({ id: 1, name: 'a' }) + record({ id: 2, name: 'b' }))
    await load(schema() + record({ id: 3, name: 'c' }), { load_method: 'overwrite' })
    assert.deepEqual(await namesOf(warehouse), ['c'])
    await load(schema() + record({ id: 3, name: 'c' }), { load_method: 'append-only' })
    assert.deepEqual(await namesOf(warehouse), ['c', 'c'])
  })

  test(`${name}: --test leaves no table; --last-state prints the last STATE, or nothing`, async (t) => {
    const { warehouse, load, ask } = await setUp(t)
    assert.deepEqual(await ask('--last-state'), { code: 0, stdout: '', stderr: '' })
    const { code, stderr } = await ask('--test')
    assert.equal(code, 0, stderr)
    assert.match(stderr, /The warehouse is writable\./)
    assert.equal(await warehouse.read('_sdc_loads'), undefined)
    await load(schema() + record({ id: 1 }) + state(1) + record({ id: 2 }) + state(2))
    await load(schema() + record({ id: 3 }))
    assert.deepEqual(await ask('--last-state'), { code: 0, stdout: '{"users":2}\n', stderr: '' })
    assert.equal((await warehouse.read('_sdc_loads'))?.length, 2)
  })
}

test('--about describes every setting and the URL of each warehouse', async () => {
  const { code, stdout } = await run(NAME, { args: ['--about', '--format', 'json'] })
  assert.equal(code, 0)
  const about = JSON.parse(stdout) as { settings: { properties: Record<string, object> } }
  const text = JSON.stringify(about.settings.properties['warehouse_url'])
  for (const { urlStart } of WAREHOUSES) assert.ok(text.includes(urlStart), urlStart)
})

test('rejects a folder as stdin', async (t) => {
  const folder = await temporaryFolder(t)
  const stdin = openSync(folder, 'r')
  const program = join(ROOT, 'bin', 'target-warehouse.js')
  const { status, stderr } = spawnSync(process.execPath, [program], {
    cwd: folder,
    stdio: [stdin, 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  closeSync(stdin)
  assert.equal(status, 2, stderr)
  assert.match(stderr, /The input could not be read \(stdin is a folder\)\./)
})

test('tap and target warn about misspelled settings, but not about settings of the other program', async (t) => {
  const folder = await temporaryFolder(t)
  const config = await writeJson(folder, 'shared.json', {
    app_api_key: 'a-secret-key',
    api_url: 'http://127.0.0.1:1/v1',
    retry_budget_seconds: 0,
    table_prefix: 'x_',
    tabel_prefix: 'x_',
  })
  const sentence =
    'WARNING The configuration has unknown settings, which have no effect: `tabel_prefix` (did you mean `table_prefix`?).\n'
  for (const name of ['tap-customerio', 'target-warehouse']) {
    const { stderr } = await run(name, { args: ['--config', config], cwd: folder, stdin: '' })
    assert.ok(stderr.startsWith(sentence), stderr)
  }
})
