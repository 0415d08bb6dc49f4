import assert from 'node:assert/strict'
import { test } from 'node:test'
import { echoAuthorization, errorStatus } from '../../../src/sandbox/api/answers.ts'
import { editNewsletter } from '../../../src/sandbox/edits.ts'
import { recordsOf } from '../../support/programs.ts'
import { CANARY, criticalOf, valueOf, workspaceOf } from '../workspace.ts'

test('T11: a campaign that keeps failing fails its stream, keeps the bookmark, and does not stop other streams', async (t) => {
  for (const [status, code] of [
    [400, 5],
    [403, 4],
    [500, 5],
  ] as const) {
    const workspace = await workspaceOf(t, {}, { retry_budget_seconds: 0.5 })
    await workspace.healthy()
    const before = valueOf(workspace, 'campaign_actions')
    const { faults, world } = workspace.sandbox
    faults.add({ match: /1003\/actions/, respond: errorStatus(status) })
    editNewsletter(world, Number(world.newsletters[0]?.['id']), { name: 'Edited' })
    const failed = await workspace.failing(code)
    assert.match(
      criticalOf(failed)[0] ?? '',
      new RegExp(
        `returned ${status} for GET /campaigns/1003/actions: .*_streams=campaign_actions$`,
      ),
    )
    assert.equal(valueOf(workspace, 'campaign_actions'), before)
    assert.ok(recordsOf(failed.stdout, 'newsletters').some(({ name }) => name === 'Edited'))
    faults.clear()
    await workspace.healthy()
  }
})

test('T46: a key with surrounding blanks works, and a wrong key ends the run with 3 and no retry', async (t) => {
  const workspace = await workspaceOf(t)
  await workspace.healthy({ settings: { app_api_key: `\t ${CANARY} \r\n` } })
  workspace.sandbox.requests.length = 0
  const refused = await workspace.failing(3, { settings: { app_api_key: 'canary-of-nobody-88' } })
  assert.match(
    criticalOf(refused)[0] ?? '',
    /returned 401 .*an App API key \(not a Track API key\), that `region` \(us\) .*IP allowlist/,
  )
  assert.ok(workspace.sandbox.requests.length <= 2)
})

test('T46: refuses a key that is not valid in a header before any request, without showing it', async (t) => {
  const workspace = await workspaceOf(t)
  for (const broken of ['hidden\nword-1', 'hidden\u200bword-2', 'скрытый-ключ']) {
    const refused = await workspace.failing(2, { settings: { app_api_key: broken } })
    assert.match(
      refused.stderr,
      /^CRITICAL The configuration is invalid: `app_api_key` must be a string of printable ASCII characters\. code=CONFIG_INVALID\n$/,
    )
  }
  const agent = await workspace.failing(2, { settings: { user_agent: 'a\r\nx-evil: 1' } })
  assert.match(agent.stderr, /`user_agent` must be a string of printable ASCII characters\. code=/)
  assert.equal(workspace.sandbox.requests.length, 0)
  await workspace.healthy()
})

test('T47: names the missing scope of one stream, reads the others, and ends with 4', async (t) => {
  const workspace = await workspaceOf(t)
  const { keys } = workspace.sandbox
  keys.set(CANARY, { region: 'us', refused: ['newsletters'] })
  const failed = await workspace.failing(4)
  assert.match(
    criticalOf(failed)[0] ?? '',
    /newsletters: Customer\.io returned 403 for GET \/newsletters: forbidden .* Give the App API key the scope that reads this, or deselect the stream\. .*failed_streams=newsletters$/,
  )
  assert.notEqual(valueOf(workspace, 'campaign_actions'), null)
  keys.set(CANARY, { region: 'us' })
  await workspace.healthy()
})

test('T48: a key that is revoked during the run stops it; records are kept, and no bookmark is premature', async (t) => {
  const paging = { newsletterMaxLimit: 5, actionLimit: 1 }
  const workspace = await workspaceOf(t, { paging })
  const { hooks, keys } = workspace.sandbox
  hooks.add({
    match: /newsletters.*start=/,
    after: 3,
    times: 1,
    act: () => keys.clear(),
  })
  const failed = await workspace.failing(3)
  assert.equal(valueOf(workspace, 'newsletters'), null)
  assert.ok(recordsOf(failed.stdout, 'newsletters').length >= 15)
  keys.set(CANARY, { region: 'us' })
  await workspace.healthy()
})

test('S4: never logs the key, even if the server repeats it in errors', async (t) => {
  for (const status of [400, 401, 403, 404, 503]) {
    const workspace = await workspaceOf(t, {}, { retry_budget_seconds: 0 })
    workspace.sandbox.faults.add({ respond: echoAuthorization(status) })
    const { stderr } = await workspace.sync()
    assert.match(stderr, /Bearer \*\*\* \*\*\* \*\*\*/)
    workspace.sandbox.faults.clear()
  }
})
