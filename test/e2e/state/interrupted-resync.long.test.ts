import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { hang } from '../../../src/sandbox/api/answers.ts'
import { collect, start } from '../../support/programs.ts'
import { setUp } from '../support/runner.ts'
import { until } from '../../support/wait.ts'

/**
 * Runs a command, and sends it a signal when the tap waits for the actions of the third campaign.
 */
async function interrupted(t: TestContext, args: readonly string[], signal: NodeJS.Signals) {
  const connection = await setUp(t, {
    sandbox: { world: { examples: false, campaigns: 4, actionsPerCampaign: 2 } },
  })
  const { sandbox, folder } = connection
  assert.equal((await connection.record()).code, 0)
  sandbox.requests.length = 0
  const fault = { match: /campaigns\/1003\/actions/, respond: hang() }
  const { remove } = sandbox.faults.add(fault)
  const child = start('customerio-sync', { args, cwd: folder })
  child.stdin.end()
  const finished = collect(child)
  await until(() => sandbox.requests.some(({ target }) => fault.match.test(target)), {
    what: 'the request that does not return',
  })
  child.kill(signal)
  const { stdout } = await finished
  remove()
  return { ...connection, stdout }
}

const AGAIN =
  /No other run resumes the full refresh of campaign_actions\. Run again: customerio-sync resync campaign_actions\n/

test('after a killed resync, the next run says to repeat it', async (t) => {
  const { sync } = await interrupted(t, ['resync', 'campaign_actions'], 'SIGKILL')
  const { code, stderr } = await sync(['run'])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /The run of \S+ was killed\. No other run/)
  assert.match(stderr, AGAIN)
})

test('a resync resumes a killed one, and says so', async (t) => {
  const { sync } = await interrupted(t, ['resync', 'campaign_actions'], 'SIGKILL')
  const { code, stderr } = await sync(['resync', 'campaign_actions'])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /The run of \S+ was killed; this run resumes from its last commit\.\n/)
})

test('a stopped resync says to repeat it; a stopped run says that the next one resumes', async (t) => {
  const resync = await interrupted(t, ['resync', 'campaign_actions'], 'SIGTERM')
  assert.match(resync.stdout, AGAIN)
  const run = await interrupted(t, ['run'], 'SIGTERM')
  assert.match(
    run.stdout,
    /What it loaded stays, and the next run resumes from there\.\nNext: customerio-sync run\n$/,
  )
})
