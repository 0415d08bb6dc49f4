import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { deleteAction, editAction, insertAction } from '../../src/sandbox/action-edits.ts'
import { errorStatus } from '../../src/sandbox/api/answers.ts'
import {
  deleteNewsletter,
  editCampaign,
  editNewsletter,
  insertNewsletter,
} from '../../src/sandbox/edits.ts'
import { actionsOf, idText } from '../../src/sandbox/world.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { DAY_MS } from '../../src/time.ts'
import { catalogWith, setMetadata, STREAMS } from '../e2e/support/connection.ts'
import { recordsOf } from '../support/programs.ts'
import { assertComplete, workspaceOf } from './workspace.ts'

/** A workspace whose newest row is older than 90 days, and a clock that tests set forward. */
async function oldWorkspace(t: TestContext, settings: JsonObject = { cutoff_days: 90 }) {
  const options = {
    world: { examples: false, newsletters: 6, campaigns: 3, actionsPerCampaign: 2 },
  }
  const paging = { newsletterMaxLimit: 2 }
  const workspace = await workspaceOf(t, { ...options, paging }, settings)
  const { world } = workspace.sandbox
  let now = Date.parse('2027-06-01T12:00:00Z')
  world.now = () => now
  const pass = (days: number) => (now += days * DAY_MS)
  return { workspace, world, pass, now: () => now }
}

function written(stdout: string): number {
  return STREAMS.reduce((sum, stream) => sum + recordsOf(stdout, stream).length, 0)
}

test('rows that a first sync excluded by age are loaded only after they change', async (t) => {
  const settings = { cutoff_days: 90, lookback_seconds: 400 * 86_400 }
  const { workspace, world, pass } = await oldWorkspace(t, settings)
  for (let run = 0; run < 3; run++) {
    const { code, stdout } = await workspace.sync()
    assert.deepEqual([code, written(stdout)], [0, 0])
    pass(1)
  }
  // The digests of the lists change, so every row in scope is written, and no other row.
  const [first] = actionsOf(world, 1001)
  deleteAction(world, { campaignId: 1001, actionId: idText(first?.['id']) })
  insertNewsletter(world, { name: 'new' })
  const added = await workspace.sync()
  assert.deepEqual([added.code, written(added.stdout)], [0, 1])
  pass(1)
  const actionId = idText(actionsOf(world, 1002)[0]?.['id'])
  editAction(world, { campaignId: 1002, actionId }, { name: 'edited' })
  editCampaign(world, 1003, { name: 'edited' })
  editNewsletter(world, Number(world.newsletters[0]?.['id']), { name: 'edited' })
  const edited = await workspace.sync()
  assert.equal(edited.code, 0)
  const ids = STREAMS.map((stream) => [...workspace.rows(stream).keys()].length)
  assert.deepEqual(ids, [2, 1, 1])
})

test('the first sync and later ones agree that a row created since the cutoff is not older', async (t) => {
  const { workspace, world, pass } = await oldWorkspace(t)
  const ofAnOldTime = { updated: 1_600_000_000 }
  insertNewsletter(world, { name: 'before the first sync', ...ofAnOldTime })
  assert.equal(written((await workspace.sync()).stdout), 1)
  pass(1)
  insertNewsletter(world, { name: 'after the first sync', ...ofAnOldTime })
  await workspace.sync()
  assert.equal(workspace.rows('newsletters').size, 2)
  deleteNewsletter(world, Number(world.newsletters[0]?.['id']))
  const { stdout, stderr } = await workspace.sync()
  assert.match(stderr, /so all were read again/)
  assert.equal(written(stdout), 2)
  assert.equal(workspace.rows('newsletters').size, 2)
})

test('the start of the first sync stays in the state when the settings change', async (t) => {
  const { workspace, pass, now } = await oldWorkspace(t)
  const start = now() - 90 * DAY_MS
  const starts = () => STREAMS.map((stream) => workspace.bookmark(stream)?.['start'])
  await workspace.sync()
  const first = starts()
  // The start of the sync is derived from the first response: some seconds before it.
  for (const text of first) {
    const early = typeof text === 'string' ? start - Date.parse(text) : Number.NaN
    assert.ok(early >= 0 && early < 60_000, `${early} ms`)
  }
  pass(200)
  for (const settings of [
    { cutoff_days: 1 },
    { start_date: '2020-01-01' },
    { cutoff_days: 5000 },
  ]) {
    const { code, stdout } = await workspace.sync({ settings })
    assert.deepEqual([code, written(stdout)], [0, 0])
    assert.deepEqual(starts(), first)
  }
})

test('actions that change before the current cutoff are still updated', async (t) => {
  const { workspace, world, pass } = await oldWorkspace(t, { cutoff_days: 3000 })
  await workspace.healthy()
  for (let times = 0; times < 3; times++) {
    pass(1200)
    editCampaign(world, 1002, { name: `daily life ${times}` })
    await workspace.healthy()
  }
  insertAction(world, 1001, { name: 'added' })
  pass(1)
  await workspace.healthy()
  const campaign = workspace.rows('campaigns').get('0/1001') ?? {}
  assert.equal((campaign['actions'] as JsonObject[]).length, 3)
})

test('a state of an older version, without the start of the first sync, leaves no stale row', async (t) => {
  const { workspace, world, pass } = await oldWorkspace(t, { cutoff_days: 3000 })
  await workspace.healthy()
  const bookmarks = Object.entries(workspace.state['bookmarks'] as Record<string, JsonObject>)
  const older = bookmarks.map(([stream, { start: _start, ...bookmark }]) => [stream, bookmark])
  pass(4000)
  insertAction(world, 1001, { name: 'added' })
  const [action] = actionsOf(world, 1002)
  deleteAction(world, { campaignId: 1002, actionId: idText(action?.['id']) })
  pass(1)
  await workspace.healthy({ state: { bookmarks: Object.fromEntries(older) as JsonObject } })
  assert.equal(workspace.bookmark('campaigns')?.['start'], null)
})

test('a first sync that failed starts again from its original cutoff', async (t) => {
  const { workspace, world, pass } = await oldWorkspace(t, { cutoff_days: 1000 })
  const { faults } = workspace.sandbox
  faults.add({ match: /start=/, respond: errorStatus(400) })
  await workspace.failing(5)
  const [id] = [...workspace.rows('newsletters').keys()].map((key) => Number(key.split('/')[1]))
  faults.clear()
  pass(5)
  editNewsletter(world, id ?? 0, { name: 'edited soon after' })
  pass(1100)
  assert.equal((await workspace.sync()).code, 0)
  assert.equal(workspace.rows('newsletters').get(`0/${id}`)?.['name'], 'edited soon after')
})

test('after a full read everything is in scope of later incremental reads, even with a cutoff', async (t) => {
  const { workspace, world, pass } = await oldWorkspace(t)
  await workspace.sync()
  assert.equal(workspace.rows('campaigns').size, 0)
  const catalog = await catalogWith((stream) =>
    setMetadata(stream, [], { 'replication-method': 'FULL_TABLE' }),
  )
  await workspace.healthy({ catalog })
  assert.deepEqual(
    STREAMS.map((stream) => workspace.bookmark(stream)?.['start']),
    [null, null, null],
  )
  pass(200)
  insertAction(world, 1001, { name: 'added' })
  await workspace.healthy()
})

test('actions that a first sync did not find are loaded by the next one if they are in scope', async (t) => {
  const { workspace, world, pass } = await oldWorkspace(t)
  const [recent] = actionsOf(world, 1002)
  const actionId = idText(recent?.['id'])
  editAction(world, { campaignId: 1002, actionId }, { name: 'recent' })
  workspace.sandbox.faults.add({ match: /1002\/actions/, times: 1, respond: errorStatus(404) })
  assert.equal((await workspace.sync()).code, 0)
  assert.equal(workspace.rows('campaign_actions').size, 0)
  pass(1)
  assert.equal((await workspace.sync()).code, 0)
  assert.deepEqual([...workspace.rows('campaign_actions').keys()], [`1002/${actionId}`])
})

test('a bookmark that was manually set to an earlier time is honoured', async (t) => {
  const { workspace } = await oldWorkspace(t)
  await workspace.sync()
  const bookmarks = workspace.state['bookmarks'] as Record<string, JsonObject>
  const earlier = STREAMS.map((stream) => [
    stream,
    { ...bookmarks[stream], replication_key_value: '2020-01-01T00:00:00Z' },
  ])
  await workspace.healthy({ state: { bookmarks: Object.fromEntries(earlier) as JsonObject } })
  assertComplete(workspace)
})

test('a start date in the future saves no bookmark that would block later syncs', async (t) => {
  const { workspace } = await oldWorkspace(t, {})
  const { code, stdout } = await workspace.sync({ settings: { start_date: '2999-01-01' } })
  assert.deepEqual([code, written(stdout)], [0, 0])
  await workspace.healthy()
})
