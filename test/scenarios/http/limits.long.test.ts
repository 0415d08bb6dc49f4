import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import { rateLimited } from '../../../src/sandbox/api/answers.ts'
import { criticalOf, valueOf, workspaceOf } from '../workspace.ts'

test('T23: pauses every request for the Retry-After time of a 429', async (t) => {
  const workspace = await workspaceOf(t)
  workspace.sandbox.faults.add({ match: /newsletters/, times: 1, respond: rateLimited('1') })
  const { stderr } = await workspace.healthy()
  assert.match(stderr, /rate_limited=1/)
  const times = workspace.sandbox.requests
    .filter(({ path }) => path === '/v1/newsletters')
    .map(({ arrivedMs }) => arrivedMs)
  const [refused = 0, again = 0] = times
  assert.equal(times.length, 2)
  assert.ok(again - refused >= 1000, `requested again after ${again - refused} ms`)
})

test('T25: obeys or clamps any Retry-After value, and never retries in a tight loop', async (t) => {
  const headers = ['0', '-5', 'abc', 'Wed, 21 Oct 2015 07:28:00 GMT', ['1', '86400'], '1.5']
  const world = { examples: false, campaigns: headers.length, actionsPerCampaign: 1 }
  const workspace = await workspaceOf(t, { world }, { retry_budget_seconds: 60 })
  for (const [at, header] of headers.entries()) {
    const match = new RegExp(`/campaigns/${1001 + at}/actions`)
    workspace.sandbox.faults.add({ match, times: 1, respond: rateLimited(header) })
  }
  await workspace.healthy()
  const { byStatus, total } = workspace.sandbox.statistics()
  assert.deepEqual([byStatus['429'], total], [headers.length, 2 + 2 * headers.length])
})

test('T25: does not wait for a Retry-After of a day, and names the daily quota', async (t) => {
  const workspace = await workspaceOf(t)
  workspace.sandbox.faults.add({ match: /newsletters/, respond: rateLimited('86400') })
  const failed = await workspace.failing(5)
  assert.match(criticalOf(failed)[0] ?? '', /returned 429 .*daily quota .* code=RATE_LIMITED/)
  assert.equal(workspace.sandbox.statistics().byStatus['429'], 1)
  workspace.sandbox.faults.clear()
  await workspace.healthy()
})

test('T24, T25: a quota that is exhausted during the actions ends the run, and the next run resumes there', async (t) => {
  const world = { examples: false, newsletters: 3, campaigns: 30, actionsPerCampaign: 2 }
  const workspace = await workspaceOf(t, { world }, { retry_budget_seconds: 2 })
  const { faults, requests } = workspace.sandbox
  faults.add({ match: /actions/, after: 20, respond: rateLimited(null) })
  const failed = await workspace.failing(5)
  assert.match(
    criticalOf(failed)[0] ?? '',
    /campaign_actions: Customer\.io returned 429 .*lower `requests_per_second`, or retry later\. code=RATE_LIMITED/,
  )
  const progress = workspace.bookmark('campaign_actions')?.['progress']
  assert.ok(progress, 'no progress was written')
  assert.equal(valueOf(workspace, 'campaign_actions'), null)
  faults.clear()
  requests.length = 0
  await workspace.healthy()
  const ids = requests.flatMap(({ path }) => /campaigns\/(\d+)\/actions/.exec(path)?.[1] ?? [])
  // First the remaining campaigns, then those that the first run had finished, each once.
  assert.equal(new Set(ids).size, 30)
  assert.equal(ids.length, 30)
})

test('T26: completes a run while another client uses nine tenths of the rate limit', async (t) => {
  const world = { examples: false, newsletters: 3, campaigns: 20, actionsPerCampaign: 1 }
  const rate = { perSecond: 20, retryAfter: '1' }
  const settings = { requests_per_second: 20, retry_budget_seconds: 60 }
  const workspace = await workspaceOf(t, { world, rate }, settings)
  const { apiKey, url } = workspace.sandbox
  const headers = { authorization: `Bearer ${apiKey}` }
  const over = new AbortController()
  const other = (async () => {
    while (!over.signal.aborted) {
      await (await fetch(`${url}/campaigns/1001`, { headers })).arrayBuffer()
      await sleep(1000 / 18)
    }
  })()
  const { stderr } = await workspace.healthy()
  over.abort()
  await other
  assert.match(stderr, /INFO Requests were made\. .*rate_limited=[1-9]/)
})
