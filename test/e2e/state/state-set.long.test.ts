import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { JsonObject } from '../../../src/singer/json.ts'
import { run, temporaryFolder, writeJson } from '../../support/programs.ts'
import { execute } from '../support/connection.ts'
import { setUp } from '../support/runner.ts'

/** A connection that has run, and its state. */
async function synced(t: TestContext) {
  const connection = await setUp(t)
  assert.equal((await connection.record()).code, 0)
  const get = async () => (await connection.sync(['state', 'get'])).stdout
  const text = await get()
  const whole = JSON.parse(text) as { bookmarks: JsonObject }
  const set = async (words: readonly string[], document: unknown) => {
    const file = await writeJson(connection.folder, 'state.json', document)
    return connection.sync(['state', 'set', ...words, '--file', file])
  }
  return { ...connection, get, text, whole, set }
}

const UNUSABLE =
  'Error: The newest STATE in the warehouse must be an object whose `bookmarks` is an object.\n' +
  'Replace it with: customerio-sync state set --file FILE, or reset it with: customerio-sync state reset\n'

test('refuses a document that is not a bookmark, and keeps the bookmark', async (t) => {
  const { whole, text, get, set } = await synced(t)
  const cases: [words: string[], document: unknown, error: RegExp][] = [
    [['newsletters'], whole, /^Error: This is a whole state, not the bookmark of newsletters\.\n/],
    [['newsletters'], {}, /^Error: The bookmark of newsletters has no `replication_key_value`\.\n/],
    [
      ['newsletters'],
      whole.bookmarks,
      /newsletters has no `replication_key_value`\.\nAdd it\. .*state reset newsl/,
    ],
    [
      [],
      whole.bookmarks,
      /^Error: The state has no `bookmarks`\.\nTo set the bookmark of one stream, name the stream\./,
    ],
    [
      [],
      { bookmarks: { campaigns: { updated: 'soon' } } },
      /^Error: The state of campaigns has a time that is not an RFC 3339 string/,
    ],
  ]
  for (const [words, document, error] of cases) {
    const refused = await set(words, document)
    assert.equal(refused.code, 2, JSON.stringify(document))
    assert.match(refused.stderr, error)
  }
  assert.equal(await get(), text)
})

test('says which bookmarks a state would drop, and drops them only with --replace', async (t) => {
  const { folder, whole, text, get, set, sync } = await synced(t)
  const { campaigns } = whole.bookmarks
  const part = { bookmarks: { campaigns, newsletters: {} } }
  const refused = await set([], part)
  assert.equal(refused.code, 2)
  assert.equal(
    refused.stderr,
    'Error: The new state would drop the bookmarks of newsletters, campaign_actions.\nTo set one stream only, name it. To drop them, so that the next run reads these streams from the start (or the cutoff), add --replace.\n',
  )
  assert.equal(await get(), text)
  const file = join(folder, 'state.json')
  const dropped = await sync(['state', 'set', '--replace', '--file', file])
  assert.equal(
    dropped.stdout,
    'Set the state of all streams. Dropped the bookmarks of newsletters, campaign_actions.\n',
  )
  assert.deepEqual((JSON.parse(await get()) as typeof whole).bookmarks, part.bookmarks)
  const same = await set([], whole)
  assert.equal(same.stdout, 'Set the state of all streams.\n')
})

test('sets a state from stdin', async (t) => {
  const { folder, text, get, sync } = await synced(t)
  assert.equal((await sync(['state', 'reset'])).code, 0)
  const args = ['state', 'set']
  const set = await run('customerio-sync', { args, cwd: folder, stdin: text })
  assert.equal(set.code, 0, set.stderr)
  assert.equal(await get(), text)
})

test('a run reports a state that it cannot resume from; set and reset replace it', async (t) => {
  const { database, folder, whole, text, get, set, sync, record } = await synced(t)
  for (const damaged of ['{"bookmarks":[1],"customerio_sync":{"connection":"other"}}', '{"book']) {
    const damage = `update marketing.cio__sdc_loads set state = '${damaged}'`
    await execute(database, damage)
    const failed = await record()
    assert.equal(failed.code, 2)
    assert.match(
      failed.record.error?.message ?? '',
      /^The newest STATE in the warehouse must be an/,
    )
    assert.equal((await sync(['state', 'get'])).stderr, UNUSABLE)
    const isOthers = damaged.includes('other')
    for (const words of [['reset'], ['set', '--file', join(folder, 'whole.json')]]) {
      await writeJson(folder, 'whole.json', whole)
      await execute(database, damage)
      assert.equal((await sync(['state', ...words])).code, isOthers ? 2 : 0, words.join(' '))
    }
  }
  assert.equal(await get(), text)
  assert.equal((await set(['campaigns'], whole.bookmarks['campaigns'])).code, 0)
  await execute(database, `update marketing.cio__sdc_loads set state = '{"bookmarks":[1]}'`)
  assert.equal((await sync(['state', 'reset', 'campaigns'])).stderr, UNUSABLE)
  assert.equal((await sync(['state', 'reset'])).code, 0)
  assert.deepEqual(JSON.parse(await get()), {
    bookmarks: {},
    customerio_sync: { connection: 'connection' },
  })
})

test('a reset says where the next run starts', async (t) => {
  const { sync, path } = await setUp(t, {
    connection: { resources: { newsletters: 'incremental', campaigns: 'full_refresh' } },
  })
  const file = JSON.parse(await readFile(path, 'utf8')) as { source: JsonObject }
  const reset = async (source: JsonObject, words: readonly string[]) => {
    await writeFile(path, JSON.stringify({ ...file, source: { ...file.source, ...source } }))
    const { stdout, stderr } = await sync(['state', 'reset', ...words])
    return stdout + stderr
  }
  assert.equal(
    await reset({ start_date: '2026-01-01' }, []),
    'The next run reads campaigns from the start; newsletters from 2026-01-01T00:00:00Z (`start_date` or `cutoff_days`). No rows were changed.\n',
  )
  assert.match(await reset({ cutoff_days: 1_000_000_000 }, ['newsletters']), /from 0001-01-01T/)
  assert.equal(
    await reset({}, ['newsletters']),
    'The next run reads newsletters from the start. No rows were changed.\n',
  )
})

test('refuses an option with one value that is given twice', async (t) => {
  const folder = await temporaryFolder(t)
  for (const [name, ...args] of [
    ['connection', 'status', '--connection', 'a', '--connection', 'b'],
    ['last', 'history', '--last', '1', '--last', '2'],
  ]) {
    const { code, stderr } = await run('customerio-sync', { args, cwd: folder })
    assert.equal(code, 2)
    assert.equal(
      stderr,
      `Error: --${name} was given more than once. It takes one value.\nSee customerio-sync ${args[0]} --help.\n`,
    )
  }
})
