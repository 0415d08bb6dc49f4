/** How long a batch waits while the system clock changes. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { HOUR_MS } from '../../src/time.ts'
import { loadText } from '../conformance/support/loading.ts'
import { DUCKDB_UNDER_TEST } from '../conformance/support/warehouses.ts'
import type { Scope } from '../support/programs.ts'

const SCHEMA =
  '{"type":"SCHEMA","stream":"s","schema":{"properties":{"id":{"type":"integer"}}},"key_properties":["id"]}\n'
const CHUNKS = 30

/** The STATE lines of a load of records 50 ms apart, whose clock moves by `stepMs` before each. */
async function statesOf(
  t: Scope,
  { stepMs, waitSeconds }: { stepMs: number; waitSeconds: number },
): Promise<string[]> {
  const { url } = await DUCKDB_UNDER_TEST.create(t)
  let offsetMs = 0
  async function* input(): AsyncGenerator<Buffer> {
    yield Buffer.from(SCHEMA)
    for (let id = 1; id <= CHUNKS; id++) {
      await sleep(50)
      offsetMs += stepMs
      yield Buffer.from(
        `{"type":"RECORD","stream":"s","record":{"id":${id}}}\n{"type":"STATE","value":{"s":${id}}}\n`,
      )
    }
  }
  const { error, stdout } = await loadText({
    url,
    text: input(),
    config: { batch_wait_limit_seconds: waitSeconds },
    now: () => Date.now() + offsetMs,
  })
  assert.equal(error, undefined, String(error))
  assert.equal(stdout.at(-1), `{"s":${CHUNKS}}`)
  return stdout
}

test('a clock that is set back does not delay the commit', async (t) => {
  const states = await statesOf(t, { stepMs: -HOUR_MS, waitSeconds: 0.2 })
  assert.ok(states.length >= 3, states.join(' '))
})

test('a clock that is set forward does not cause an early commit', async (t) => {
  assert.equal((await statesOf(t, { stepMs: HOUR_MS, waitSeconds: 60 })).length, 1)
})
