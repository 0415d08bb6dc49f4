import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import Bottleneck from 'bottleneck'
import { clocklessQueue } from '../../../src/tap/rate-limit/clockless-queue.ts'
import { HOUR_MS } from '../../../src/time.ts'
import { bounded } from '../../support/wait.ts'

/** Sets the wall clock; it goes back to normal when the test ends. */
function setClock(t: TestContext, stepMs: number): void {
  const { now } = Date
  t.after(() => (Date.now = now))
  Date.now = () => now() + stepMs
}

/** Whether a start happens within that time after the clock was set back. */
async function startsAfterStepBack(
  t: TestContext,
  queue: Bottleneck,
  withinMs: number,
): Promise<boolean> {
  await queue.schedule(async () => undefined)
  setClock(t, -HOUR_MS)
  const started = queue.schedule(async () => true).catch(() => false)
  const late = new AbortController()
  const isLate = sleep(withinMs, false, { signal: late.signal }).catch(() => false)
  const isStarted = await Promise.race([started, isLate])
  late.abort()
  await queue.stop({ dropWaitingJobs: true })
  return isStarted
}

test('starts jobs after the clock was set back', async (t) => {
  assert.equal(await startsAfterStepBack(t, clocklessQueue(1), bounded(3000)), true)
})

test('is still needed: Bottleneck itself starts no job after the clock was set back', async (t) => {
  // No event shows that no job starts. Without the step, it would start in a few milliseconds.
  assert.equal(await startsAfterStepBack(t, new Bottleneck({ maxConcurrent: 1 }), 100), false)
})

test('runs a limited number of jobs at a time, by priority, then in the order of the calls', async () => {
  const queue = clocklessQueue(2)
  const order: string[] = []
  let [running, most] = [0, 0]
  const work = (name: string) => async () => {
    order.push(name)
    most = Math.max(most, ++running)
    await sleep(5) // so that jobs overlap
    running--
    return name
  }
  const names = ['5a', '5b', '7a', '1a', '5c', '1b', '7b'] as const
  const results = await Promise.all(
    names.map((name) => queue.schedule({ priority: Number(name[0]) }, work(name))),
  )
  assert.deepEqual(results, names)
  assert.equal(order.indexOf('1a') < order.indexOf('5c'), true)
  assert.equal(order.at(-1), '7b')
  assert.equal(most, 2)
})
