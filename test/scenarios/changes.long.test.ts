import assert from 'node:assert/strict'
import { test } from 'node:test'
import { duplicateCampaign, editAction, insertAction } from '../../src/sandbox/action-edits.ts'
import { errorStatus } from '../../src/sandbox/api/answers.ts'
import {
  deleteCampaign,
  editCampaign,
  editNewsletter,
  insertCampaign,
  insertNewsletter,
} from '../../src/sandbox/edits.ts'
import { actionsOf, idText } from '../../src/sandbox/world.ts'
import { recordsOf } from '../support/programs.ts'
import { criticalOf, isComplete, valueOf, workspaceOf } from './workspace.ts'

const PAGED = {
  world: { examples: false, newsletters: 30, campaigns: 4, actionsPerCampaign: 6 },
  paging: { newsletterMaxLimit: 10, actionLimit: 2 },
}

test('T6: reads edits before and after the current page in this run or the next', async (t) => {
  const workspace = await workspaceOf(t, PAGED)
  const { hooks, world } = workspace.sandbox
  const newsletter = (at: number) => Number(world.newsletters.at(at)?.['id'])
  hooks.add({
    match: /newsletters\?.*start=/,
    times: 1,
    act: () => {
      editNewsletter(world, newsletter(-1), { name: 'edited after it was read' })
      world.now = () => Date.now() + 120_000
      editNewsletter(world, newsletter(0), { name: 'edited before the reader, later' })
      editCampaign(world, 1001, { name: 'edited after the list was read' })
      const last = idText(actionsOf(world, 1004).at(-1)?.['id'])
      editAction(world, { campaignId: 1004, actionId: last }, { name: 'edited later still' })
    },
  })
  hooks.add({
    match: /1004\/actions\?start=/,
    times: 1,
    act: () => {
      const first = idText(actionsOf(world, 1004)[0]?.['id'])
      editAction(world, { campaignId: 1004, actionId: first }, { name: 'edited after it was read' })
    },
  })
  const first = await workspace.sync()
  assert.equal(first.code, 0, first.stderr)
  assert.equal(isComplete(workspace), false, 'no edit was missed: the test proves nothing')
  await workspace.healthy()
})

test('T7: misses no row when rows are added at the front during the read', async (t) => {
  const workspace = await workspaceOf(t, PAGED)
  const { hooks, world } = workspace.sandbox
  hooks.add({
    match: /newsletters\?.*start=/,
    times: 2,
    act: () => {
      for (let added = 0; added < 3; added++) insertNewsletter(world)
    },
  })
  hooks.add({
    match: /1001\/actions\?start=/,
    times: 1,
    act: () => {
      const added = insertAction(world, 1001)
      const actions = world.actions.get('1001') ?? []
      actions.unshift(...actions.splice(actions.indexOf(added), 1))
      editCampaign(world, 1001, {}) // its own list of actions follows its `updated`
      insertAction(world, Number(insertCampaign(world)['id']))
    },
  })
  const first = await workspace.sync()
  assert.equal(first.code, 0, first.stderr)
  await workspace.healthy()
})

test('T7: does not take a list that grows as fast as it is read for a loop', async (t) => {
  const workspace = await workspaceOf(t, { ...PAGED, paging: { newsletterMaxLimit: 1 } })
  const { hooks, world } = workspace.sandbox
  const act = () => void insertNewsletter(world)
  hooks.add({ match: /newsletters\?.*start=/, times: 15, act })
  const first = await workspace.sync()
  assert.equal(first.code, 0, first.stderr)
  await workspace.healthy()
})

test('T9: skips a campaign that was deleted after the list was read, with a warning', async (t) => {
  const workspace = await workspaceOf(t)
  const { hooks, world } = workspace.sandbox
  hooks.add({ match: /1002\/actions/, times: 1, act: () => deleteCampaign(world, 1002) })
  const { stderr } = await workspace.healthy()
  assert.match(
    stderr,
    /WARNING Skipped a row of campaigns that was deleted after the list was read\. .*parent_id=1002/,
  )
})

test('T10: treats a 404 on every campaign, or on a list, as an error and not as a deletion', async (t) => {
  const workspace = await workspaceOf(t)
  const { faults } = workspace.sandbox
  faults.add({ match: /actions/, respond: errorStatus(404) })
  const children = await workspace.failing(5)
  assert.match(
    criticalOf(children)[0] ?? '',
    /campaign_actions: Customer\.io returned 404 .*Check `region` and `api_url`\. code=NOT_FOUND failed_streams=campaign_actions$/,
  )
  assert.equal(valueOf(workspace, 'campaign_actions'), null)
  faults.clear()
  faults.add({ respond: errorStatus(404) })
  const everywhere = await workspace.failing(5)
  assert.match(everywhere.stderr, /failed_streams=newsletters,campaigns,campaign_actions/)
  const lost = await workspace.failing(5, {
    settings: { api_url: `${workspace.sandbox.url}/v2` },
  })
  assert.match(criticalOf(lost)[0] ?? '', /returned 404 .*Check `region` and `api_url`\./)
  faults.clear()
  await workspace.healthy()
})

test('T12: reads all actions of a duplicated campaign, however old their times are', async (t) => {
  const workspace = await workspaceOf(t)
  const { world } = workspace.sandbox
  await workspace.healthy()
  const copy = duplicateCampaign(world, 1003)
  const times = actionsOf(world, Number(copy['id'])).map(({ updated }) => Number(updated))
  assert.ok(Math.max(...times) < 1_790_000_001, 'the copies are new: the test proves nothing')
  const { stdout } = await workspace.healthy()
  assert.equal(
    recordsOf(stdout, 'campaigns').some(({ id }) => id === copy['id']),
    true,
  )
})

test("T13: reads an updated action when its campaign's `updated` stays", async (t) => {
  const workspace = await workspaceOf(t)
  const { world } = workspace.sandbox
  await workspace.healthy()
  const campaign = world.campaigns.find(({ id }) => id === 1002)
  const actionId = idText(actionsOf(world, 1002)[1]?.['id'])
  editAction(world, { campaignId: 1002, actionId }, { subject: 'Edited' })
  assert.equal(world.campaigns.find(({ id }) => id === 1002)?.['updated'], campaign?.['updated'])
  const { stdout } = await workspace.healthy()
  const read = recordsOf(stdout, 'campaign_actions').map(({ id }) => id)
  assert.ok(read.includes(actionId))
})
