import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startSandbox } from '../../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import {
  collect,
  lastStateOf,
  recordsOf,
  run,
  start,
  temporaryFolder,
  writeJson,
} from '../../support/programs.ts'
import { catalogFor } from '../../model/steps/catalog.ts'
import { STREAMS } from '../support/connection.ts'
import { countMessages, killAtEach } from '../support/tap-kills.ts'

const FULL = { INCREMENTAL: [], FULL_TABLE: STREAMS } as const

for (const method of ['INCREMENTAL', 'FULL_TABLE'] as const) {
  test(`T57: SIGKILL at any message of a run loses nothing, ${method}`, async (t) => {
    const sandbox = await startSandbox({
      rate: { perSecond: Number.POSITIVE_INFINITY },
      world: { examples: false, newsletters: 2, campaigns: 2, actionsPerCampaign: 1 },
      paging: { newsletterMaxLimit: 1 },
      latency: { fixedMs: 20 },
    })
    t.after(() => sandbox.close())
    const killing = { sandbox, folder: await temporaryFolder(t), method }
    const messages = await countMessages(killing)
    assert.ok(messages >= 14, `${messages} messages`)
    const positions = Array.from({ length: messages + 1 }, (_, at) => at)
    assert.deepEqual(await killAtEach(killing, positions), [])
  })
}

/** Ids of the campaigns whose actions were requested, in order. */
function campaignsIn(requests: readonly { path: string }[]): string[] {
  const ids = requests.map(({ path }) => /campaigns\/(\d+)\/actions/.exec(path)?.[1])
  return ids.filter((id) => id !== undefined)
}

for (const method of ['INCREMENTAL', 'FULL_TABLE'] as const) {
  test(`T57: after a run of 500 campaigns is killed at 90 %, the next run repeats at most 2 % before it has read all, ${method}`, async (t) => {
    const sandbox = await startSandbox({
      rate: { perSecond: Number.POSITIVE_INFINITY },
      world: { examples: false, campaigns: 500, actionsPerCampaign: 2, bodyBytes: 100 },
    })
    t.after(() => sandbox.close())
    const folder = await temporaryFolder(t)
    const config = { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 120 }
    const args = [
      '--config',
      await writeJson(folder, 'tap.json', config),
      '--catalog',
      await writeJson(folder, 'catalog.json', catalogFor({ full: FULL[method], deselected: [] })),
    ]
    const child = start('tap-customerio', { args })
    const collected = collect(child)
    child.stdout.on('data', (chunk: string) => {
      if (chunk.includes('"last_campaign_id":1450')) child.kill('SIGKILL')
    })
    const killed = await collected
    assert.equal(killed.code, 137, killed.stderr)
    const whole = killed.stdout.slice(0, killed.stdout.lastIndexOf('\n') + 1)
    const state = lastStateOf(whole)
    const before = new Set(campaignsIn(sandbox.requests))
    sandbox.requests.length = 0
    const statePath = await writeJson(folder, 'state.json', state)
    const next = await run('tap-customerio', { args: [...args, '--state', statePath] })
    assert.equal(next.code, 0, next.stderr)
    const after = campaignsIn(sandbox.requests)
    assert.deepEqual([after.length, new Set(after).size], [500, 500])
    const untilWhole = after.findLastIndex((id) => !before.has(id)) + 1
    const again = after.slice(0, untilWhole).filter((id) => before.has(id)).length
    t.diagnostic(`${before.size} campaigns before the kill, ${again} again before all were read`)
    assert.ok(again <= 10, `${again} of 500 campaigns were fetched again`)
    const actions = new Set(
      [whole, next.stdout].flatMap((out) => recordsOf(out, 'campaign_actions').map(({ id }) => id)),
    )
    assert.equal(actions.size, 1000)
    const bookmarks = lastStateOf(next.stdout)?.['bookmarks'] as Record<string, JsonObject>
    assert.equal(bookmarks['campaign_actions']?.['progress'], null)
  })
}
