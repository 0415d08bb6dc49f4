import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import {
  deleteAction,
  duplicateCampaign,
  editAction,
  insertAction,
} from '../../src/sandbox/action-edits.ts'
import {
  deleteCampaign,
  deleteNewsletter,
  duplicateNewsletter,
  editCampaign,
  editNewsletter,
  insertCampaign,
  insertNewsletter,
} from '../../src/sandbox/edits.ts'
import { createWorld } from '../../src/sandbox/generate.ts'
import type { World } from '../../src/sandbox/world.ts'
import { actionsOf, findById } from '../../src/sandbox/world.ts'
import { body, closeAll, get, readPages, start } from './api/reading.ts'

const NOW_SECONDS = 1_800_000_000

afterEach(closeAll)

function worldAtNow(newsletters = 0): World {
  return createWorld({ newsletters, now: () => NOW_SECONDS * 1000 + 999 })
}

test('sets `updated` of an edited newsletter and campaign in whole seconds, and keeps snapshots', () => {
  const world = worldAtNow()
  const before = findById(world.newsletters, '1')
  assert.equal(editNewsletter(world, 1, { name: 'monthly', tags: undefined })['name'], 'monthly')
  assert.deepEqual(findById(world.newsletters, '1'), {
    id: 1,
    deduplicate_id: '1:1800000000',
    content_ids: [18],
    name: 'monthly',
    sent_at: null,
    created: 1692285669,
    updated: NOW_SECONDS,
    type: 'email',
  })
  assert.equal(before?.['name'], 'weekly')
  const campaign = editCampaign(world, 4, { state: 'running', updated: null })
  assert.deepEqual(
    [campaign['deduplicate_id'], campaign['updated'], campaign['state']],
    ['4:1800000000', null, 'running'],
  )
  assert.equal(createWorld().newsletters[0]?.['name'], 'weekly')
})

test('sets `updated` of an edited action, keeps its template and does not change its campaign', () => {
  const world = worldAtNow()
  const campaign = findById(world.campaigns, '4')
  const action = editAction(world, { campaignId: 4, actionId: 25 }, { name: 'Count orders' })
  assert.deepEqual(
    [action['id'], action['updated'], action['deduplicate_id'], action['created']],
    ['25', NOW_SECONDS, '11:1800000000', 1692284573],
  )
  assert.deepEqual(actionsOf(world, 4)[0], action)
  assert.deepEqual(findById(world.campaigns, '4'), campaign)
})

test('updates the list of actions in the campaign but not its `updated`', () => {
  const world = worldAtNow()
  const added = insertAction(world, 4, { name: 'Invoice' })
  deleteAction(world, { campaignId: 4, actionId: 26 })
  const campaign = findById(world.campaigns, '4')
  assert.deepEqual(campaign?.['actions'], [
    { id: 25, type: 'attribute_update' },
    { id: 29, type: 'email' },
    { id: Number(added['id']), type: 'email' },
  ])
  assert.equal(campaign['updated'], 1692284670)
})

test('gives a copied campaign new IDs, and its actions keep their times', () => {
  const world = worldAtNow()
  const copy = duplicateCampaign(world, 10)
  assert.deepEqual(
    [copy['created'], copy['updated'], copy['state'], copy['first_started'], copy['name']],
    [NOW_SECONDS, NOW_SECONDS, 'draft', 0, 'Copy of Account renewal'],
  )
  const originals = actionsOf(world, 10)
  const copies = actionsOf(world, Number(copy['id']))
  assert.equal(copies.length, 3)
  for (const [index, one] of copies.entries()) {
    const original = originals[index]
    assert.ok(original)
    assert.notEqual(one['id'], original['id'])
    assert.notEqual(one['deduplicate_id'], original['deduplicate_id'])
    const { id, campaign_id, deduplicate_id } = original
    assert.deepEqual({ ...one, id, campaign_id, deduplicate_id }, original)
    assert.equal(one['campaign_id'], copy['id'])
  }
  assert.deepEqual(
    copy['actions'],
    copies.map((one) => ({ id: Number(one['id']), type: one['type'] })),
  )
})

test('copies of split actions refer to the copied parent', () => {
  const world = worldAtNow()
  const parent = insertAction(world, 11, { type: 'split' })
  insertAction(world, 11, { parent_action_id: Number(parent['id']) })
  const copies = actionsOf(world, Number(duplicateCampaign(world, 11)['id']))
  assert.equal(copies.at(-1)?.['parent_action_id'], Number(copies.at(-2)?.['id']))
})

test('inserts, copies and deletes without assigning an ID twice', async () => {
  const sandbox = await start({ world: worldAtNow() })
  const { world } = sandbox
  const given = insertNewsletter(world, { id: 300_000 })
  const next = insertNewsletter(world)
  const copy = duplicateNewsletter(world, 1)
  assert.deepEqual([given['id'], next['id'], copy['id']], [300_000, 300_001, 300_002])
  assert.equal(copy['deduplicate_id'], '300002:1800000000')
  deleteNewsletter(world, 300_001)
  const campaign = insertCampaign(world)
  deleteCampaign(world, 4)
  const status = async (path: string): Promise<number> => (await get(sandbox, path)).status
  assert.equal(await status('/newsletters/300000'), 200)
  assert.equal(await status('/newsletters/300001'), 404)
  assert.equal(await status('/campaigns/4'), 404)
  assert.equal(await status('/campaigns/4/actions'), 404)
  assert.deepEqual(await body(sandbox, `/campaigns/${Number(campaign['id'])}/actions`), {
    actions: [],
    next: '',
  })
})

test('names the object that an edit did not find', () => {
  const world = worldAtNow()
  assert.throws(() => editNewsletter(world, 77, {}), {
    name: 'RangeError',
    message: 'The workspace has no newsletter 77.',
  })
  assert.throws(() => editAction(world, { campaignId: 4, actionId: 1 }, {}), {
    message: 'The workspace has no action 1 of campaign 4.',
  })
  assert.throws(() => insertAction(world, 77), { message: 'The workspace has no campaign 77.' })
})

test('edits before page n is read, so that rows shift to another page', async () => {
  const sandbox = await start({ world: worldAtNow(300) })
  const { world } = sandbox
  const wasThere = world.newsletters.length
  const hook = sandbox.hooks.add({
    match: /^\/v1\/newsletters\?/,
    after: 0,
    times: 1,
    act: () => deleteNewsletter(world, 1),
  })
  const { rows } = await readPages(sandbox, '/newsletters', 'newsletters')
  assert.equal(hook.applied, 1)
  assert.equal(world.newsletters.length, wasThere - 1)
  assert.equal(new Set(rows.map((row) => row['id'])).size, wasThere - 1)
  sandbox.paging.newsletterSort = 'desc'
  hook.remove()
  sandbox.hooks.add({ match: /start=/, times: 1, act: () => void insertNewsletter(world) })
  const second = await readPages(sandbox, '/newsletters', 'newsletters')
  const ids = second.rows.map((row) => row['id'])
  assert.equal(ids.length, new Set(ids).size + 1)
})

test('close() throws the error of a hook', async () => {
  const sandbox = await start()
  sandbox.hooks.add({ act: () => deleteNewsletter(sandbox.world, 77) })
  await assert.rejects(get(sandbox, '/newsletters'))
  await assert.rejects(closeAll(), { message: 'The workspace has no newsletter 77.' })
})
