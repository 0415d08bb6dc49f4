import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { hang } from '../../src/sandbox/answers.ts'
import { collect, start } from '../support/programs.ts'
import { setUp } from './support/runner.ts'

/** Runs a command and signals it as soon as the tap waits for the actions of the third campaign. */
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
  while (!sandbox.requests.some(({ target }) => fault.match.test(target))) await sleep(20)
  child.kill(signal)
  const { stdout } = await finished
  remove()
  return { ...connection, stdout }
}

const AGAIN =
  /No other run goes on with its full read of campaign_actions: run customerio-sync resync campaign_actions again\.\n/

test('after a resync that was killed, the next run says to run it again', async (t) => {
  const { sync } = await interrupted(t, ['resync', 'campaign_actions'], 'SIGKILL')
  const { code, stderr } = await sync(['run'])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /The run of \S+ was killed\. No other run/)
  assert.match(stderr, AGAIN)
})

test('a resync after one that was killed goes on with it, and says so', async (t) => {
  const { sync } = await interrupted(t, ['resync', 'campaign_actions'], 'SIGKILL')
  const { code, stderr } = await sync(['resync', 'campaign_actions'])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /The run of \S+ was killed; this one goes on from what it committed\.\n/)
})

test('a resync that was stopped says to run it again, and a run that the next one goes on from it', async (t) => {
  const resync = await interrupted(t, ['resync', 'campaign_actions'], 'SIGTERM')
  assert.match(resync.stdout, AGAIN)
  const run = await interrupted(t, ['run'], 'SIGTERM')
  assert.match(run.stdout, /what it had read is loaded, and the next run goes on from there\.\n$/)
})
