import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editAction } from '../../src/sandbox/action-edits.ts'
import { editNewsletter } from '../../src/sandbox/edits.ts'
import { actionsOf, emptyWorld, idText, type World } from '../../src/sandbox/world.ts'
import { JsonNumber, type JsonObject, type JsonValue } from '../../src/singer/json.ts'
import { DAY_MS } from '../../src/time.ts'
import { catalogWith, setMetadata } from '../e2e/support/connection.ts'
import { recordsOf } from '../support/programs.ts'
import { valueOf, workspaceOf } from './workspace.ts'

const NOON = 1_700_000_000
const NOON_TEXT = '2023-11-14T22:13:20Z'

/** Newsletters 1, 2, 3... with these values of `updated`. Undefined: without `updated`. */
function worldOf(updated: readonly (JsonValue | undefined)[]): World {
  const world = emptyWorld()
  for (const [at, value] of updated.entries()) {
    const newsletter = { id: at + 1, name: `number ${at + 1}`, created: NOON - 1000 }
    world.newsletters.push(value === undefined ? newsletter : { ...newsletter, updated: value })
  }
  return world
}

/** Ids of the newsletters that were read, ascending. */
function idsOf(stdout: string): number[] {
  const ids = recordsOf(stdout, 'newsletters').map(({ id }) => Number(id))
  return ids.toSorted((a, b) => a - b)
}

test('T14: reads a record whose `updated` is missing or invalid in every sync, and fails none', async (t) => {
  const senseless = [null, undefined, 0, -5, 'soon', true, [], {}, new JsonNumber('1e400')]
  const usable = [NOON + 0.5, String(NOON), NOON_TEXT, NOON + 60]
  const workspace = await workspaceOf(t, { world: worldOf([...senseless, ...usable]) })
  const first = await workspace.sync()
  assert.equal(first.code, 0, first.stderr)
  assert.deepEqual(idsOf(first.stdout), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
  assert.equal(valueOf(workspace, 'newsletters'), '2023-11-14T22:14:20Z')
  const second = await workspace.sync()
  assert.deepEqual(idsOf(second.stdout), [1, 2, 3, 4, 5, 6, 7, 8, 9, 13])
})

test('T15: reads times in milliseconds or in the future, and moves no bookmark past the start of the sync', async (t) => {
  const world = worldOf([NOON * 1000, 4_070_908_800, NOON])
  const workspace = await workspaceOf(t, { world })
  const began = Date.now()
  const first = await workspace.sync()
  assert.equal(recordsOf(first.stdout, 'newsletters').length, 3)
  const [millis] = recordsOf(first.stdout, 'newsletters').filter(({ id }) => id === 1)
  assert.equal(millis?.['updated'], NOON_TEXT)
  const bookmark = Date.parse(String(valueOf(workspace, 'newsletters')))
  assert.ok(bookmark >= began - 2000 && bookmark <= Date.now())
  editNewsletter(world, 3, { name: 'edited after the one from the future' })
  const second = await workspace.sync()
  assert.ok(idsOf(second.stdout).includes(3))
})

test('T16: reads rows again that were updated in the second of the bookmark or within the lookback', async (t) => {
  const world = worldOf([NOON, NOON - 1, NOON - 100])
  const workspace = await workspaceOf(t, { world })
  await workspace.healthy()
  editNewsletter(world, 2, { name: 'edited in the same second', updated: NOON })
  const second = await workspace.healthy()
  assert.deepEqual(idsOf(second.stdout), [1, 2])
  editNewsletter(world, 3, { name: 'shown late', updated: NOON - 59 })
  await workspace.healthy({ settings: { lookback_seconds: 60 } })
})

test('T17: loses no row after a pause longer than `cutoff_days`', async (t) => {
  const workspace = await workspaceOf(t)
  const { world } = workspace.sandbox
  await workspace.healthy()
  const id = Number(world.newsletters[4]?.['id'])
  const actionId = idText(actionsOf(world, 1002)[0]?.['id'])
  world.now = () => Date.now() + 200 * DAY_MS
  editNewsletter(world, id, { name: 'edited in the pause' })
  editAction(world, { campaignId: 1002, actionId }, { name: 'edited in the pause' })
  world.now = () => Date.now() + 400 * DAY_MS
  await workspace.healthy({ settings: { cutoff_days: 90 } })
})

test('T18: reads everything in a full refresh, whatever the cutoff', async (t) => {
  const catalog = await catalogWith((stream) =>
    setMetadata(stream, [], { 'replication-method': 'FULL_TABLE' }),
  )
  const workspace = await workspaceOf(t)
  await workspace.healthy({ catalog, settings: { cutoff_days: 1, start_date: '2026-01-01' } })
})

test('T19: accepts a cutoff of any size and refuses one that is not a whole number of days', async (t) => {
  const workspace = await workspaceOf(t)
  for (const cutoff_days of [-1, 0.5, 'ninety']) {
    const refused = await workspace.failing(2, { settings: { cutoff_days } })
    assert.match(refused.stderr, /`cutoff_days` must be an integer( of at least 0)?, not /)
  }
  const none = await workspace.sync({ settings: { cutoff_days: '0' }, state: null })
  assert.equal(none.code, 0, none.stderr)
  assert.doesNotMatch(none.stdout, /"RECORD"/)
  const settings = { cutoff_days: 1e9, lookback_seconds: 1e12 }
  await workspace.healthy({ settings, state: null })
  await workspace.healthy({ settings })
})

test('T20: reads a start date as an instant in any spelling, and warns about one in the future', async (t) => {
  const cases: [string, number][] = [
    [NOON_TEXT, 2],
    ['2023-11-15T00:13:20+02:00', 2],
    ['2023-11-14T22:13:20.000', 2],
    ['2023-11-15', 1],
    ['2016-12-31T23:59:60Z', 3],
  ]
  const world = worldOf([NOON - 1, NOON, NOON + DAY_MS / 1000])
  const workspace = await workspaceOf(t, { world })
  for (const [start_date, count] of cases) {
    const { code, stdout, stderr } = await workspace.sync({ settings: { start_date }, state: null })
    assert.equal(code, 0, stderr)
    assert.equal(recordsOf(stdout, 'newsletters').length, count, start_date)
  }
  const future = { start_date: '2999-01-01' }
  const { stdout, stderr } = await workspace.sync({ settings: future, state: null })
  assert.doesNotMatch(stdout, /"RECORD"/)
  assert.match(
    stderr,
    /WARNING `start_date` is in the future, so no record is written\. stream=newsl/,
  )
})

test('T21: warns about a bookmark in the future, replaces it and reads everything', async (t) => {
  const workspace = await workspaceOf(t)
  const bookmark = { replication_key: 'updated', replication_key_value: '2999-01-01T00:00:00Z' }
  const bookmarks = { newsletters: bookmark, campaigns: bookmark, campaign_actions: bookmark }
  const { stderr } = await workspace.healthy({ state: { bookmarks } })
  assert.equal(stderr.split('The bookmark was in the future and was replaced').length, 4)
  assert.ok(Date.parse(String(valueOf(workspace, 'campaigns'))) < Date.now())
})

test('T22: resumes from a singer-io state; warns about an unrecognised state and reads everything', async (t) => {
  const workspace = await workspaceOf(t)
  const { world } = workspace.sandbox
  const newest = Math.max(...world.newsletters.map(({ updated }) => Number(updated)))
  const updated = new Date(newest * 1000).toISOString().replace('.000Z', '.000000Z')
  const old = { currently_syncing: null, bookmarks: { newsletters: { updated } } }
  const first = await workspace.sync({ state: old })
  assert.equal(first.code, 0, first.stderr)
  assert.equal(recordsOf(first.stdout, 'newsletters').length, 1)
  const foreign: JsonObject = { newsletters: { cutoff: newest * 1000 } }
  const second = await workspace.healthy({ state: foreign })
  assert.match(second.stderr, /WARNING The state has no bookmarks of this tap\. Everything is read/)
  assert.deepEqual(workspace.state['newsletters'], foreign['newsletters'])
})

/**
 * The tap's own clock jumps ahead by a day after 100 reads, and back by a week after 200.
 */
const JUMPING_CLOCK = `
const { now } = Date
let reads = 0
Date.now = () => now() + (++reads > 200 ? -7 : reads > 100 ? 1 : 0) * 86400000`

test("T49: bookmarks use the server's clock when the local clock is wrong or jumps", async (t) => {
  for (const offsetMs of [600_000, -DAY_MS]) {
    const workspace = await workspaceOf(t)
    const { world, hooks } = workspace.sandbox
    world.now = () => Date.now() + offsetMs
    const [first, second] = world.newsletters.map(({ id }) => Number(id))
    editNewsletter(world, first ?? 0, { name: 'edited before' })
    hooks.add({
      match: /actions/,
      times: 1,
      act: () => void editNewsletter(world, second ?? 0, { name: 'edited during the sync' }),
    })
    const nodeArgs = ['--import', `data:text/javascript,${encodeURIComponent(JUMPING_CLOCK)}`]
    const { code, stderr } = await workspace.sync({ nodeArgs })
    assert.equal(code, 0, stderr)
    assert.equal(stderr.split('WARNING The local clock differs from the server').length, 2)
    const bookmark = Date.parse(String(valueOf(workspace, 'newsletters')))
    assert.ok(Math.abs(bookmark - world.now()) < 60_000)
    await workspace.healthy({ nodeArgs })
  }
})
