import assert from 'node:assert/strict'
import { once } from 'node:events'
import { test } from 'node:test'
import { errorStatus } from '../../src/sandbox/api/answers.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { start } from '../support/programs.ts'
import { assertMatches } from '../support/record-schemas.ts'
import { startReceiver } from '../support/network/webhook-receiver.ts'
import { setUp } from './support/runner.ts'
import { until } from '../support/wait.ts'

test('printed run records and delivered webhook events match their JSON Schemas', async (t) => {
  const receiver = await startReceiver(t)
  const { sandbox, folder, sync } = await setUp(t, {
    connection: { notify: { url: receiver.url } },
  })
  const printed = async (args: readonly string[]) => {
    const { stdout, stderr } = await sync([...args, '--json'])
    return JSON.parse(stdout === '' ? stderr : stdout) as JsonObject
  }
  await assertMatches('run.json', await printed(['run']))
  const fault = sandbox.faults.add({ match: /\/campaigns/, respond: errorStatus(403) })
  await assertMatches('run.json', await printed(['run']))
  fault.remove()
  await assertMatches('run.json', await printed(['resync', 'newsletters']))

  sandbox.latency.fixedMs = 1000
  const killed = start('customerio-sync', { args: ['run'], cwd: folder })
  const requests = sandbox.requests.length
  await until(() => sandbox.requests.length > requests, { what: 'the next request' })
  const running = (await printed(['status']))['last_run']
  killed.kill('SIGKILL')
  await once(killed, 'close')
  sandbox.latency.fixedMs = 0
  await assertMatches('run.json', running)
  assert.deepEqual((running as JsonObject)['is_running'], true)
  await assertMatches('run.json', await printed(['run']))

  const history = (await printed(['history'])) as unknown as JsonObject[]
  for (const record of history) await assertMatches('run.json', record)
  assert.deepEqual(
    history.map(({ outcome }) => outcome),
    ['succeeded', 'crashed', 'succeeded', 'failed', 'succeeded'],
  )
  for (const event of receiver.events()) await assertMatches('webhook.json', event)
  assert.deepEqual(
    receiver.events().map(({ event, run }) => [event, run?.outcome]),
    [
      ['run_failed', 'failed'],
      ['run_recovered', 'succeeded'],
    ],
  )
})
