import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test } from 'node:test'
import * as answers from '../../../src/sandbox/api/answers.ts'
import type { Answer } from '../../../src/sandbox/api/faults.ts'
import { idText } from '../../../src/sandbox/world.ts'
import { paced, startProxy } from '../../support/network/tcp-proxy.ts'
import { bounded } from '../../support/wait.ts'
import { criticalOf, valueOf, workspaceOf, type Workspace } from '../workspace.ts'

type Test = Parameters<typeof workspaceOf>[0]

/** Each fault hits the actions of one campaign, as often as its `times`. */
async function facing(
  t: Test,
  faults: readonly { respond: Answer; times?: number }[],
  settings = {},
): Promise<Workspace> {
  const campaigns = faults.length + 1
  const world = { examples: false, newsletters: 3, campaigns, actionsPerCampaign: 1, bodyBytes: 60 }
  const workspace = await workspaceOf(t, { world }, settings)
  for (const [at, { respond, times = 1 }] of faults.entries()) {
    const match = new RegExp(`/campaigns/${1001 + at}/actions`)
    workspace.sandbox.faults.add({ match, times, respond })
  }
  return workspace
}

/** Requests for the actions of the campaigns, in order. */
function requestsPerCampaign({ sandbox }: Workspace): number[] {
  const { byPath } = sandbox.statistics()
  return sandbox.world.campaigns.map(({ id }) => byPath[`/v1/campaigns/${Number(id)}/actions`] ?? 0)
}

test('T28: retries transient statuses once or several times', async (t) => {
  const statuses = [408, 500, 502, 503, 504, 520, 521, 522, 523, 524]
  const workspace = await facing(
    t,
    statuses.map((status, at) => ({ respond: answers.errorStatus(status), times: 1 + (at % 3) })),
    { retry_budget_seconds: 20 },
  )
  await workspace.healthy()
  assert.deepEqual(requestsPerCampaign(workspace), [2, 3, 4, 2, 3, 4, 2, 3, 4, 2, 1])
})

test('T28: reports permanent statuses at once and reads the other streams', async (t) => {
  const workspace = await workspaceOf(t)
  const { faults } = workspace.sandbox
  faults.add({ match: /newsletters/, respond: answers.errorStatus(505) })
  faults.add({ match: /1002\/actions/, respond: answers.errorStatus(501) })
  const failed = await workspace.failing(5)
  assert.match(criticalOf(failed)[0] ?? '', /returned 505 .*returned 501 .*code=REQUEST_REFUSED/)
  const { byStatus } = workspace.sandbox.statistics()
  assert.deepEqual([byStatus['505'], byStatus['501']], [1, 1])
  assert.notEqual(valueOf(workspace, 'campaigns'), null)
  faults.clear()
  await workspace.healthy()
})

const RESETS: Answer[] = [
  answers.reset('nothing'),
  answers.reset('half-head'),
  answers.reset(0),
  answers.reset(40),
  answers.reset(Number.POSITIVE_INFINITY, 'chunked'),
]

test('T31: loses no row when a connection is reset before, in or after the headers, or in the body', async (t) => {
  const workspace = await facing(
    t,
    RESETS.map((respond) => ({ respond })),
  )
  const { stderr } = await workspace.healthy()
  assert.deepEqual(requestsPerCampaign(workspace), [2, 2, 2, 2, 2, 1])
  assert.match(stderr, /got no complete response \(/)
})

test('T31: does not retry after a reset that follows the complete body', async (t) => {
  const world = { examples: false, newsletters: 3, campaigns: 2, actionsPerCampaign: 1 }
  const workspace = await workspaceOf(t, { world })
  const respond = answers.reset(Number.POSITIVE_INFINITY)
  workspace.sandbox.faults.add({ match: /actions/, respond })
  await workspace.healthy()
  assert.deepEqual(requestsPerCampaign(workspace), [1, 1])
})

function action(campaign_id: number) {
  return { id: String(campaign_id), campaign_id, updated: 1 }
}

test('T32: never takes a truncated body for complete, whatever its framing', async (t) => {
  const body = JSON.stringify({ actions: [action(1001)], next: '' })
  const cuts: Answer[] = []
  for (let at = 0; at < body.length; at++) {
    cuts.push(answers.cut(at, 'close'))
    if (at % 10 === 0) cuts.push(answers.cut(at, 'length'), answers.cut(at, 'chunked'))
  }
  cuts.push(answers.cut(Number.POSITIVE_INFINITY, 'chunked'))
  const workspace = await facing(
    t,
    cuts.map((respond) => ({ respond })),
    { requests_per_second: 1000, retry_budget_seconds: 60 },
  )
  const { world } = workspace.sandbox
  for (const { id } of world.campaigns) world.actions.set(idText(id), [action(Number(id))])
  await workspace.healthy()
  assert.deepEqual(
    requestsPerCampaign(workspace),
    [...cuts, undefined].map((one) => (one ? 2 : 1)),
  )
})

test('T33: times out and retries headers and bodies that trickle or stall', async (t) => {
  const stalls: Answer[] = [
    answers.slow(1, 100, 'head'),
    answers.slow(1, 100, 'body'),
    answers.hang('nothing'),
    answers.hang('half-head'),
    answers.hang(50),
    answers.hang(50, 'chunked'),
  ]
  const workspace = await facing(
    t,
    stalls.map((respond) => ({ respond })),
    { request_timeout_seconds: 1.5, retry_budget_seconds: 30 },
  )
  const { stderr } = await workspace.healthy()
  assert.deepEqual(requestsPerCampaign(workspace), [2, 2, 2, 2, 2, 2, 1])
  assert.match(stderr, /got no complete response \(timeout of 1\.5 s\)\. Retrying\./)
})

test('T34: a slow and unsteady network only makes the run slow', async (t) => {
  const workspace = await workspaceOf(t, { latency: { fixedMs: 100, jitterMs: 200 } })
  const proxy = await startProxy({
    port: workspace.sandbox.port,
    toClient: () => paced(512, 20),
  })
  t.after(() => proxy.close())
  await workspace.healthy({ settings: { api_url: `http://127.0.0.1:${proxy.port}/v1` } })
})

test('T34: responses that always exceed the timeout fail the stream within the retry budget', async (t) => {
  const settings = { request_timeout_seconds: 0.4, retry_budget_seconds: 1.5 }
  const workspace = await workspaceOf(t, {}, settings)
  workspace.sandbox.faults.add({ match: /newsletters/, respond: answers.delayed(60_000) })
  const began = performance.now()
  const failed = await workspace.failing(5)
  assert.ok(performance.now() - began < bounded(1000))
  assert.match(criticalOf(failed)[0] ?? '', /got no complete response \(timeout of 0\.4 s\)\./)
  workspace.sandbox.faults.clear()
  await workspace.healthy({ settings: { request_timeout_seconds: 10 } })
})

test('T62: a suspended run continues after the server dropped its connections', async (t) => {
  const workspace = await workspaceOf(t, {}, { request_timeout_seconds: 1.2 })
  const proxy = await startProxy({ port: workspace.sandbox.port })
  t.after(() => proxy.close())
  const settings = { api_url: `http://127.0.0.1:${proxy.port}/v1` }
  const child = await workspace.start({ settings })
  const finished = workspace.finish(child)
  await new Promise<void>((resolve) => {
    workspace.sandbox.hooks.add({
      match: /1002\/actions/,
      times: 1,
      act: async () => {
        child.kill('SIGSTOP')
        resolve()
        await sleep(2000)
      },
    })
  })
  // The request's timeout has to pass while the tap is suspended, and the response comes later.
  await sleep(1500)
  child.kill('SIGCONT')
  const { code, stderr } = await finished
  assert.equal(code, 0, stderr)
  await workspace.healthy()
})
