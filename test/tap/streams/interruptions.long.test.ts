import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorStatus } from '../../../src/sandbox/api/answers.ts'
import { startSandbox } from '../../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import type { Message } from '../../../src/singer/messages.ts'
import { runStreams, Tables } from '../../support/stream-runs.ts'
import { LISTED_STREAMS, worldRows } from '../../support/world-rows.ts'

const NO_LIMIT = { perSecond: Number.POSITIVE_INFINITY }

/** The state of a run that was killed after these messages. */
function lastState(messages: readonly Message[]): JsonObject {
  const last = messages.findLast((message) => message.type === 'STATE')
  return last?.type === 'STATE' ? last.value : {}
}

/** Where a kill can make a difference: before and after each STATE, and in the middle of rows. */
function killPoints(messages: readonly Message[]): number[] {
  const points = messages.flatMap(({ type }, at) => (type === 'STATE' ? [at, at + 1] : []))
  return [...new Set([1, Math.floor(messages.length / 2), ...points])].toSorted((a, b) => a - b)
}

for (const definition of LISTED_STREAMS) {
  const { id, methods } = definition
  for (const method of methods) {
    test(`${id}: ${method} that is killed at any message loses nothing`, async (t) => {
      const sandbox = await startSandbox({ rate: NO_LIMIT })
      t.after(async () => sandbox.close())
      const { messages } = await runStreams(sandbox, [id], { method })
      const expected = [...worldRows(sandbox.world, definition).keys()].toSorted()
      for (const point of killPoints(messages)) {
        const seen = messages.slice(0, point)
        const tables = new Tables()
        tables.load(seen)
        const resumed = await runStreams(sandbox, [id], { method, state: lastState(seen) })
        assert.equal(resumed.error, undefined)
        tables.load(resumed.messages)
        assert.deepEqual([...tables.rows(id).keys()].toSorted(), expected, `killed after ${point}`)
      }
    })
  }

  test(`${id}: an error at any request is retried, and nothing is lost`, async (t) => {
    const sandbox = await startSandbox({ rate: NO_LIMIT })
    t.after(async () => sandbox.close())
    await runStreams(sandbox, [id])
    const requests = sandbox.requests.length
    const expected = [...worldRows(sandbox.world, definition).keys()].toSorted()
    for (let at = 0; at < requests; at++) {
      sandbox.faults.clear()
      sandbox.faults.add({ after: at, times: 1, respond: errorStatus(500) })
      const tables = new Tables()
      const { messages, error, log } = await runStreams(sandbox, [id])
      assert.equal(error, undefined)
      tables.load(messages)
      assert.deepEqual([...tables.rows(id).keys()].toSorted(), expected, `request ${at}`)
      assert.ok(log.includes('request_retried') || log.includes('500'), log)
    }
  })
}
