import assert from 'node:assert/strict'
import { test } from 'node:test'
import { dataAs, delayed } from '../../src/sandbox/api/answers.ts'
import { deleteCampaign, deleteNewsletter, insertNewsletter } from '../../src/sandbox/edits.ts'
import type { World } from '../../src/sandbox/world.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { catalogWith, setMetadata, STREAMS } from '../e2e/support/connection.ts'
import { keyOf, objectsOf } from '../e2e/support/truth.ts'
import { messagesOf, type Finished } from '../support/programs.ts'
import { criticalOf, workspaceOf, type Workspace } from './workspace.ts'

const FULL = async () =>
  catalogWith((stream) => setMetadata(stream, [], { 'replication-method': 'FULL_TABLE' }))

function activated({ stdout }: Finished): string[] {
  return messagesOf(stdout).flatMap((message) =>
    message.type === 'ACTIVATE_VERSION' ? [message.stream] : [],
  )
}

function counts(workspace: Workspace): unknown[] {
  return STREAMS.map((stream) => workspace.bookmark(stream)?.['rows'])
}

function deleteNewsletters(world: World, count: number): void {
  for (const { id } of world.newsletters.slice(0, count)) deleteNewsletter(world, Number(id))
}

for (const emptyList of [[], null]) {
  test(`a 200 with ${JSON.stringify(emptyList)} retires no row, and the error names the setting that allows it`, async (t) => {
    const workspace = await workspaceOf(t)
    const { faults } = workspace.sandbox
    const catalog = await FULL()
    await workspace.healthy({ catalog })
    assert.deepEqual(counts(workspace), [30, 4, 12])
    for (const match of [/newsletters/, /campaigns$/])
      faults.add({ match, respond: dataAs(emptyList) })
    for (let run = 0; run < 3; run++) {
      const failed = await workspace.failing(5, { catalog })
      assert.deepEqual(activated(failed), [])
      assert.match(
        criticalOf(failed)[0] ?? '',
        /newsletters had 30 rows at the last complete read and has 0 now\. At least 100 % of them would be retired, but `max_deleted_percent` allows 50, so none was retired\. .*campaigns had 4 rows.*campaign_actions had 12 rows .*resync newsletters --allow-deletes once, or set `max_deleted_percent` to 100 for one sync\. code=DELETIONS_REFUSED/,
      )
      assert.deepEqual(counts(workspace), [30, 4, 12])
    }
    faults.clear()
    assert.deepEqual(activated(await workspace.healthy({ catalog })), [...STREAMS])
    for (const match of [/newsletters/, /campaigns$/])
      faults.add({ match, respond: dataAs(emptyList) })
    const allowed = await workspace.sync({ catalog, settings: { max_deleted_percent: 100 } })
    assert.equal(allowed.code, 0, allowed.stderr)
    assert.deepEqual(activated(allowed), [...STREAMS])
    assert.deepEqual(counts(workspace), [0, 0, 0])
    assert.equal((await workspace.sync({ catalog })).code, 0)
  })
}

test('one empty list does not stop the other streams', async (t) => {
  const workspace = await workspaceOf(t)
  const catalog = await FULL()
  await workspace.healthy({ catalog })
  workspace.sandbox.faults.add({ match: /newsletters/, respond: dataAs([]) })
  const failed = await workspace.failing(5, { catalog })
  assert.deepEqual(activated(failed), ['campaigns', 'campaign_actions'])
})

test('a read retires as many rows as `max_deleted_percent` allows, and not one more', async (t) => {
  const cases: [limit: number | undefined, deleted: number, code: 0 | 5][] = [
    [undefined, 10, 0],
    [undefined, 11, 5],
    [0, 0, 0],
    [0, 1, 5],
    [55, 11, 0],
    [99.9, 20, 5],
    [100, 20, 0],
  ]
  const catalog = await FULL()
  for (const [limit, deleted, code] of cases) {
    const world = { examples: false, newsletters: 20, campaigns: 0 }
    const workspace = await workspaceOf(t, { world })
    await workspace.healthy({ catalog })
    deleteNewsletters(workspace.sandbox.world, deleted)
    const settings = limit === undefined ? {} : { max_deleted_percent: limit }
    const ended = await workspace.sync({ catalog, settings })
    assert.equal(ended.code, code, `${limit} ${deleted}: ${ended.stderr}`)
    assert.equal(workspace.rows('newsletters').size, code === 0 ? 20 - deleted : 20)
  }
})

test('rows that were replaced by others count as lost, such as with the key of another workspace', async (t) => {
  for (const newsletters of [40, 300]) {
    const world = { examples: false, newsletters, campaigns: 0 }
    const workspace = await workspaceOf(t, { world })
    const catalog = await FULL()
    await workspace.healthy({ catalog })
    const { world: source } = workspace.sandbox
    deleteNewsletters(source, newsletters)
    for (let count = 0; count < newsletters; count++) insertNewsletter(source)
    const failed = await workspace.failing(5, { catalog })
    assert.match(criticalOf(failed)[0] ?? '', /and has \d+ now\. At least 100 % of them/)
    assert.deepEqual(activated(failed), ['campaigns', 'campaign_actions'])
  }
})

test('rows of incremental reads count, and an incremental read of an empty list does not blind the guard', async (t) => {
  const world = { examples: false, newsletters: 4, campaigns: 0 }
  const workspace = await workspaceOf(t, { world })
  const { faults, world: source } = workspace.sandbox
  await workspace.healthy({ catalog: await FULL() })
  for (let count = 0; count < 6; count++) insertNewsletter(source)
  await workspace.healthy()
  faults.add({ match: /newsletters/, respond: dataAs([]) })
  assert.equal((await workspace.sync()).code, 0)
  faults.clear()
  deleteNewsletters(source, 6)
  const failed = await workspace.failing(5, { catalog: await FULL() })
  assert.match(criticalOf(failed)[0] ?? '', /newsletters had 10 rows .* has 4 now\. At least 60 %/)
})

test('a full read that finds nothing is refused when an older version saved only a bookmark', async (t) => {
  const workspace = await workspaceOf(t)
  workspace.sandbox.faults.add({ match: /newsletters/, respond: dataAs([]) })
  const old = { replication_key: 'updated', replication_key_value: '2026-01-01T00:00:00Z' }
  const state = { bookmarks: { newsletters: { ...old, version: 5 } } }
  const failed = await workspace.failing(5, { state, catalog: await FULL() })
  assert.match(criticalOf(failed)[0] ?? '', /newsletters had rows at the last complete read/)
  const { code } = await workspace.sync({ state: workspace.state })
  assert.equal(code, 0)
  await workspace.failing(5, { catalog: await FULL() })
})

test('reads an account without any row, and one with ACTIVATE_VERSION messages disabled', async (t) => {
  const world = { examples: false, newsletters: 0, campaigns: 0 }
  const empty = await workspaceOf(t, { world })
  const catalog = await FULL()
  for (let run = 0; run < 2; run++) await empty.healthy({ catalog })
  const workspace = await workspaceOf(t)
  const settings = { emit_activate_version_messages: false }
  await workspace.healthy({ catalog, settings })
  workspace.sandbox.faults.add({ match: /newsletters/, respond: dataAs([]) })
  assert.equal((await workspace.sync({ catalog, settings })).code, 0)
  await workspace.failing(5, { catalog })
})

test('the guard applies to a resumed read, and the next read starts from the beginning', async (t) => {
  const workspace = await workspaceOf(t)
  const { faults, requests, world } = workspace.sandbox
  const catalog = await FULL()
  await workspace.healthy({ catalog })
  const late = faults.add({ match: /1002\/actions/, respond: delayed(60_000) })
  const child = await workspace.start({ catalog })
  const finished = workspace.finish(child)
  let seen = ''
  child.stdout.on('data', (chunk: string) => {
    seen += chunk
    if (seen.includes('"last_campaign_id":1001')) child.kill('SIGKILL')
  })
  assert.equal((await finished).code, 137)
  late.remove()
  for (const id of [1001, 1002, 1003]) deleteCampaign(world, id)
  for (let run = 0; run < 2; run++) {
    requests.length = 0
    const failed = await workspace.failing(5, { catalog })
    assert.match(criticalOf(failed)[0] ?? '', /campaign_actions had 12 rows .* has 3 now/)
    assert.deepEqual(activated(failed), ['newsletters'])
    assert.equal(workspace.bookmark('campaign_actions')?.['progress'], null)
  }
  const settings: JsonObject = { max_deleted_percent: 80 }
  await workspace.healthy({ catalog, settings })
  assert.deepEqual(counts(workspace), [30, 1, 3])
})

for (const newsletters of [100, 150]) {
  for (const isFull of [true, false]) {
    const first = isFull ? 'a full' : 'an incremental'
    test(`a full read retires no row that a deletion hid between two pages, after ${first} read of ${newsletters} newsletters`, async (t) => {
      const world = { examples: false, newsletters, campaigns: 0 }
      const workspace = await workspaceOf(t, { world })
      const { world: source, hooks } = workspace.sandbox
      const catalog = await FULL()
      await workspace.healthy(isFull ? { catalog } : {})
      for (let count = 0; count < 3; count++) insertNewsletter(source)
      const hides = hooks.add({
        match: /\/newsletters\?.*start=/,
        times: 1,
        act: () => deleteNewsletter(source, Number(source.newsletters.at(-1)?.['id'])),
      })
      const had = new Set(workspace.rows('newsletters').keys())
      const { code, stderr } = await workspace.sync({ catalog })
      assert.equal(code, 0, stderr)
      assert.equal(hides.applied, 1)
      const rows = workspace.rows('newsletters')
      const there = objectsOf(source, 'newsletters').map(keyOf)
      assert.deepEqual(
        there.filter((key) => had.has(key) && !rows.has(key)),
        [],
      )
    })
  }
}

test('a list that stays within one page is read once, whatever is deleted', async (t) => {
  const world = { examples: false, newsletters: 20, campaigns: 0 }
  const workspace = await workspaceOf(t, { world })
  const { world: source, requests } = workspace.sandbox
  await workspace.healthy()
  deleteNewsletters(source, 2)
  requests.length = 0
  await workspace.healthy()
  assert.equal(requests.filter(({ path }) => path.includes('newsletters')).length, 1)
})
