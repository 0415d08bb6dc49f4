import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteAction } from '../../../src/sandbox/action-edits.ts'
import { deleteNewsletter } from '../../../src/sandbox/edits.ts'
import { startSandbox } from '../../../src/sandbox/api/server.ts'
import { actionsOf, idText } from '../../../src/sandbox/world.ts'
import { lastStateOf, recordsOf, run, temporaryFolder, writeJson } from '../../support/programs.ts'

const UNLIMITED = { perSecond: Number.POSITIVE_INFINITY }

test('T8: the next sync finds a newsletter that a deletion hid between two pages', async (t) => {
  const sandbox = await startSandbox({
    rate: UNLIMITED,
    world: { newsletters: 250, examples: false },
  })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const config = { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 500 }
  const configPath = await writeJson(folder, 'tap.json', config)
  const newest = sandbox.world.newsletters.at(-1)
  sandbox.hooks.add({
    match: /\/newsletters\?.*start=/,
    times: 1,
    act: () => deleteNewsletter(sandbox.world, Number(newest?.['id'])),
  })
  const seen = new Set<string>()
  const sync = async (state: unknown) => {
    const statePath = await writeJson(folder, 'state.json', state ?? {})
    const { code, stdout, stderr } = await run('tap-customerio', {
      args: ['--config', configPath, '--state', statePath],
    })
    assert.equal(code, 0, stderr)
    const records = recordsOf(stdout, 'newsletters')
    for (const record of records) seen.add(idText(record['id']))
    return { state: lastStateOf(stdout), count: records.length }
  }
  const isComplete = () => sandbox.world.newsletters.every(({ id }) => seen.has(idText(id)))

  const first = await sync(undefined)
  assert.equal(isComplete(), false, 'the deletion hid no row: the test proves nothing')
  const second = await sync(first.state)
  assert.equal(isComplete(), true)
  const third = await sync(second.state)
  assert.ok(third.count < 5, `a list that did not change was read whole again: ${third.count}`)
})

test('T8: the same sync finds an action that a deletion hid between two pages', async (t) => {
  const sandbox = await startSandbox({
    rate: UNLIMITED,
    world: { campaigns: 3, actionsPerCampaign: 35, examples: false },
  })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const config = { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 500 }
  const configPath = await writeJson(folder, 'tap.json', config)
  const [campaign] = sandbox.world.campaigns
  const campaignId = Number(campaign?.['id'])
  const [action] = actionsOf(sandbox.world, campaignId)
  sandbox.hooks.add({
    match: new RegExp(`/campaigns/${campaignId}/actions\\?start=`),
    times: 1,
    act: () => deleteAction(sandbox.world, { campaignId, actionId: idText(action?.['id']) }),
  })
  const { code, stdout, stderr } = await run('tap-customerio', { args: ['--config', configPath] })
  assert.equal(code, 0, stderr)
  const read = new Set(recordsOf(stdout, 'campaign_actions').map(({ id }) => idText(id)))
  for (const one of sandbox.world.campaigns) {
    for (const { id } of actionsOf(sandbox.world, Number(one['id'])))
      assert.ok(read.has(idText(id)), idText(id))
  }
})
