import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteAction, editAction, insertAction } from '../../src/sandbox/action-edits.ts'
import { changeBody, delayed, errorStatus } from '../../src/sandbox/api/answers.ts'
import {
  deleteNewsletter,
  editNewsletter,
  insertCampaign,
  insertNewsletter,
} from '../../src/sandbox/edits.ts'
import { actionsOf, idText } from '../../src/sandbox/world.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { DAY_MS } from '../../src/time.ts'
import { catalogWith, setMetadata } from '../e2e/support/connection.ts'
import { mergedStates } from '../model/warehouse.ts'
import { messagesOf, recordsOf } from '../support/programs.ts'
import { workspaceOf, type SyncOptions, type Workspace } from './workspace.ts'

const METHODS = ['INCREMENTAL', 'FULL_TABLE'] as const

async function catalogOf(method: string): Promise<JsonObject> {
  return catalogWith((stream) => setMetadata(stream, [], { 'replication-method': method }))
}

/**
 * A run that is killed after it has written the STATE that follows the campaign. The response for
 * the next campaign is delayed.
 */
async function killBehind(workspace: Workspace, id: number, options: SyncOptions): Promise<void> {
  const { faults } = workspace.sandbox
  const respond = delayed(60_000)
  const late = faults.add({ match: new RegExp(`/${id + 1}/actions`), respond })
  const child = await workspace.start(options)
  const finished = workspace.finish(child)
  let seen = ''
  child.stdout.on('data', (chunk: string) => {
    seen += chunk
    if (seen.includes(`"last_campaign_id":${id}`)) child.kill('SIGKILL')
  })
  assert.equal((await finished).code, 137)
  late.remove()
}

for (const method of METHODS) {
  test(`a resumed read finds what changed since it was interrupted long ago, ${method}`, async (t) => {
    const workspace = await workspaceOf(t)
    const { world } = workspace.sandbox
    const catalog = await catalogOf(method)
    await killBehind(workspace, 1003, { catalog })
    const [edited, deleted] = actionsOf(world, 1001)
    const later = Date.now() + DAY_MS
    world.now = () => later
    editAction(world, { campaignId: 1001, actionId: idText(edited?.['id']) }, { name: 'edited' })
    deleteAction(world, { campaignId: 1001, actionId: idText(deleted?.['id']) })
    world.now = () => later + DAY_MS
    await workspace.healthy({ catalog })
    const left = [...workspace.rows('campaign_actions').keys()]
    const isRetired = !left.some((key) => key.includes(idText(deleted?.['id'])))
    assert.equal(isRetired, method === 'FULL_TABLE')
  })

  test(`a resumed read requests the missing campaigns first, then each other campaign once, ${method}`, async (t) => {
    const workspace = await workspaceOf(t)
    const catalog = await catalogOf(method)
    await killBehind(workspace, 1003, { catalog })
    const { requests } = workspace.sandbox
    requests.length = 0
    await workspace.healthy({ catalog })
    const paths = requests.filter(({ path }) => path.endsWith('/actions')).map(({ path }) => path)
    const ids = paths.map((path) => Number(/\d{4}/.exec(path)?.[0]))
    assert.equal(ids[0], 1004)
    assert.deepEqual(
      ids.toSorted((a, b) => a - b),
      [1001, 1002, 1003, 1004],
    )
  })

  for (const minutes of [1, 600]) {
    test(`the next run finds changes in campaigns that an interrupted read had finished, ${minutes} minutes later, ${method}`, async (t) => {
      const workspace = await workspaceOf(t)
      const { world } = workspace.sandbox
      const catalog = await catalogOf(method)
      await killBehind(workspace, 1003, { catalog })
      const later = Date.now() + minutes * 60_000
      world.now = () => later
      const [edited, deleted, stays] = actionsOf(world, 1001)
      editAction(world, { campaignId: 1001, actionId: idText(edited?.['id']) }, { name: 'edited' })
      deleteAction(world, { campaignId: 1001, actionId: idText(deleted?.['id']) })
      const { created = null, updated = null } = stays ?? {}
      insertAction(world, 1002, { created, updated, name: 'with old times' })
      world.now = () => later + 60_000
      await workspace.healthy({ catalog })
      const isThere = workspace.rows('campaign_actions').has(`1001/${idText(deleted?.['id'])}`)
      assert.equal(isThere, method === 'INCREMENTAL')
    })
  }

  test(`a run that is killed while it reads finished campaigns again leaves no stale row, ${method}`, async (t) => {
    const workspace = await workspaceOf(t)
    const { faults, hooks, world } = workspace.sandbox
    const catalog = await catalogOf(method)
    await killBehind(workspace, 1003, { catalog })
    const edit = (campaignId: number, name: string) => {
      const actionId = idText(actionsOf(world, campaignId)[0]?.['id'])
      editAction(world, { campaignId, actionId }, { name })
    }
    for (const id of [1001, 1002, 1003, 1004]) edit(id, 'edited before the second run')
    const late = faults.add({ match: /1002\/actions/, respond: delayed(60_000) })
    const child = await workspace.start({ catalog })
    const finished = workspace.finish(child)
    hooks.add({ match: /1002\/actions/, times: 1, act: () => void child.kill('SIGKILL') })
    assert.equal((await finished).code, 137)
    late.remove()
    assert.equal(workspace.bookmark('campaign_actions')?.['progress'], null)
    edit(1001, 'edited after it')
    edit(1004, 'edited after it')
    await workspace.healthy({ catalog })
  })

  test(`a resumed read retires nothing if none of the remaining campaigns is found, ${method}`, async (t) => {
    const workspace = await workspaceOf(t)
    const catalog = await catalogOf(method)
    await killBehind(workspace, 1002, { catalog })
    const { faults } = workspace.sandbox
    faults.add({ match: /actions/, respond: errorStatus(404) })
    const { stdout } = await workspace.failing(5, { catalog })
    const isActivated = (stream: string) =>
      messagesOf(stdout).some(
        (message) => message.type === 'ACTIVATE_VERSION' && message.stream === stream,
      )
    assert.deepEqual(['newsletters', 'campaign_actions'].map(isActivated), [
      method === 'FULL_TABLE',
      false,
    ])
    faults.clear()
    await workspace.healthy({ catalog })
  })

  test(`a resumed read reads everything if none of the remaining campaigns is found once, ${method}`, async (t) => {
    const workspace = await workspaceOf(t)
    const catalog = await catalogOf(method)
    await killBehind(workspace, 1002, { catalog })
    const { faults, requests } = workspace.sandbox
    faults.add({ match: /actions/, times: 2, respond: errorStatus(404) })
    requests.length = 0
    await workspace.healthy({ catalog })
    assert.equal(requests.filter(({ path }) => path.endsWith('/actions')).length, 2 + 4)
  })
}

test('states that are merged instead of replaced hide no change', async (t) => {
  const workspace = await workspaceOf(t)
  const { world } = workspace.sandbox
  let state: JsonObject = {}
  for (const method of ['INCREMENTAL', 'FULL_TABLE', 'INCREMENTAL', 'FULL_TABLE']) {
    for (let run = 0; run < 2; run++) {
      const { stdout } = await workspace.healthy({ state, catalog: await catalogOf(method) })
      for (const message of messagesOf(stdout))
        if (message.type === 'STATE') state = mergedStates(state, message.value) as JsonObject
      for (const campaign of [1001, 1004]) {
        const actionId = idText(actionsOf(world, campaign)[0]?.['id'])
        editAction(world, { campaignId: campaign, actionId }, { name: `${method} ${run}` })
      }
    }
  }
})

test('a campaign that was missing in one list gets all of its actions when it is found', async (t) => {
  const workspace = await workspaceOf(t)
  const without = changeBody((body) => ({
    ...body,
    campaigns: (body['campaigns'] as JsonObject[]).filter(({ id }) => id !== 1002),
  }))
  workspace.sandbox.faults.add({ match: /campaigns$/, times: 1, respond: without })
  assert.equal((await workspace.sync()).code, 0)
  assert.equal(workspace.rows('campaigns').size, 3)
  await workspace.healthy()
  const third = await workspace.healthy()
  assert.ok(recordsOf(third.stdout, 'campaign_actions').length <= 1)
})

test('reads an action that is copied into an older campaign with its old times', async (t) => {
  const workspace = await workspaceOf(t)
  const { world } = workspace.sandbox
  await workspace.healthy()
  const { created = null, updated = null } = actionsOf(world, 1001)[0] ?? {}
  insertAction(world, 1001, { created, updated, name: 'copied' })
  await workspace.healthy()
})

test('the clock of a machine that returns an error moves no bookmark', async (t) => {
  const world = { examples: false, newsletters: 300, campaigns: 0 }
  const workspace = await workspaceOf(t, { world })
  const { faults, hooks, world: source } = workspace.sandbox
  let now = Date.now()
  source.now = () => now
  await workspace.healthy()
  now += 3_600_000
  const date = new Date(now + 3_600_000).toUTCString()
  const page = { status: 503, headers: { date }, body: Buffer.from('maintenance') }
  faults.add({ times: 1, respond: { reply: () => page } })
  const newest = source.newsletters.toSorted((a, b) => Number(b['created']) - Number(a['created']))
  const edit = (at: number) => {
    now += 100_000
    editNewsletter(source, Number(newest.at(at)?.['id']), { name: 'edited' })
  }
  const act = () => {
    for (const at of [0, -1]) edit(at)
  }
  hooks.add({ match: /start=/, times: 1, act })
  assert.equal((await workspace.sync()).code, 0)
  now += DAY_MS
  await workspace.healthy()
})

test('`cutoff_days` does not exclude rows of a stream that was empty at first', async (t) => {
  const world = { examples: false, newsletters: 0, campaigns: 0 }
  const workspace = await workspaceOf(t, { world }, { cutoff_days: 90 })
  const { world: source } = workspace.sandbox
  let now = Date.now() - 365 * DAY_MS
  source.now = () => now
  await workspace.healthy()
  now += 100 * DAY_MS
  insertNewsletter(source, { name: 'the first one' })
  now += 265 * DAY_MS
  await workspace.healthy()
})

test('a full read finds a row that a deletion had hidden before it retires anything', async (t) => {
  const world = { examples: false, newsletters: 150, campaigns: 0 }
  const workspace = await workspaceOf(t, { world })
  const { hooks, world: source } = workspace.sandbox
  const catalog = await catalogOf('FULL_TABLE')
  await workspace.healthy({ catalog })
  const newest = source.newsletters.toSorted((a, b) => Number(b['created']) - Number(a['created']))
  const act = () => deleteNewsletter(source, Number(newest[0]?.['id']))
  hooks.add({ match: /start=/, times: 1, act })
  await workspace.healthy({ catalog })
})

for (const hours of [0.1, 2]) {
  test(`reads an action with old times that is added while a read is interrupted, resumed after ${hours} hours`, async (t) => {
    const workspace = await workspaceOf(t)
    const { world } = workspace.sandbox
    const began = Date.now()
    const at = (hour: number) => {
      world.now = () => began + hour * 3_600_000
    }
    await workspace.healthy()
    at(1)
    const ids = [0, 1].map(() => Number(insertCampaign(world)['id']))
    for (const id of ids) insertAction(world, id)
    at(1.9)
    const actionId = idText(actionsOf(world, 1001)[0]?.['id'])
    editAction(world, { campaignId: 1001, actionId }, { name: 'edited' })
    at(2)
    await killBehind(workspace, ids[0] ?? 0, {})
    const old = Math.floor(began / 1000) - 8_640_000
    insertAction(world, ids[0] ?? 0, { created: old, updated: old, name: 'with old times' })
    at(2 + hours)
    await workspace.healthy()
    at(6)
    await workspace.healthy()
  })
}
