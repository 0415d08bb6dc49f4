import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { PRIORITY, RateLimiter, type Priority } from '../../../src/tap/rate-limit/rate-limit.ts'

function limiterOf(t: TestContext, requestsPerSecond: number, signal?: AbortSignal): RateLimiter {
  const limiter = new RateLimiter({
    requestsPerSecond,
    signal: signal ?? new AbortController().signal,
  })
  t.after(() => limiter.close())
  return limiter
}

/** When each of `count` attempts was sent, `delayMs` after its slot was granted. */
async function sendTimes(limiter: RateLimiter, count: number, delayMs = 0): Promise<number[]> {
  const times: number[] = []
  const attempts = Array.from({ length: count }, () =>
    limiter.schedule(PRIORITY.normal, async ({ markSent }) => {
      if (delayMs > 0) await sleep(delayMs)
      times.push(performance.now())
      markSent()
    }),
  )
  await Promise.all(attempts)
  return times.toSorted((a, b) => a - b)
}

function mostInASecond(times: readonly number[]): number {
  return Math.max(
    ...times.map((from) => times.filter((at) => at >= from && at < from + 1000).length),
  )
}

test('never exceeds the limit in any rolling second', async (t) => {
  const times = await sendTimes(limiterOf(t, 10), 25)
  assert.ok(mostInASecond(times) <= 10)
})

test('keeps the limit when connections open slowly', async (t) => {
  const times = await sendTimes(limiterOf(t, 10), 25, 300)
  assert.ok(mostInASecond(times) <= 10)
})

test('keeps a limit below one request per second', async (t) => {
  const times = await sendTimes(limiterOf(t, 0.5), 2)
  assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 2000)
})

test('keeps a fractional limit in any rolling second', async (t) => {
  const times = await sendTimes(limiterOf(t, 2.5), 5)
  assert.equal(mostInASecond(times), 2)
})

for (const stepMs of [-3_600_000, 3_600_000]) {
  test(`keeps the pace when the clock is set by ${stepMs / 3_600_000} h`, async (t) => {
    const limiter = limiterOf(t, 20)
    const { now } = Date
    t.after(() => (Date.now = now))
    const before = await sendTimes(limiter, 5)
    Date.now = () => now() + stepMs
    const after = await sendTimes(limiter, 30)
    const times = [...before, ...after]
    assert.ok(mostInASecond(times) <= 20)
    assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) < 10_000)
  })
}

test('starts nothing during a pause', async (t) => {
  const limiter = limiterOf(t, 100)
  const before = performance.now()
  limiter.pause(500)
  const [first] = await sendTimes(limiter, 1)
  assert.ok((first ?? 0) - before >= 499)
})

test('serves retries before other requests, and those before prefetched lists', async (t) => {
  const limiter = limiterOf(t, 20)
  limiter.pause(500)
  const order: Priority[] = []
  const priorities = [PRIORITY.prefetch, PRIORITY.prefetch, PRIORITY.normal, PRIORITY.retry]
  await Promise.all(
    priorities.map((priority) =>
      limiter.schedule(priority, async () => {
        order.push(priority)
      }),
    ),
  )
  // The first one had its slot before the others came.
  assert.deepEqual(order, [PRIORITY.prefetch, PRIORITY.retry, PRIORITY.normal, PRIORITY.prefetch])
})

test('ends waiting with the reason of the stop', async (t) => {
  const controller = new AbortController()
  const limiter = limiterOf(t, 1, controller.signal)
  limiter.pause(60_000)
  const waiting = limiter.schedule(PRIORITY.normal, async () => undefined)
  const reason = new Error('stopped')
  setImmediate(() => controller.abort(reason))
  await assert.rejects(waiting, reason)
})

test("a limit near 0 allows one request, and no timer exceeds Node's maximum", async (t) => {
  const warnings: string[] = []
  const onWarning = ({ name }: Error) => warnings.push(name)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  for (const ceiling of [Number.MIN_VALUE, 1e-12, 1e-7]) {
    const controller = new AbortController()
    const limiter = limiterOf(t, ceiling, controller.signal)
    await sendTimes(limiter, 1)
    const waiting = limiter.schedule(PRIORITY.normal, async () => undefined)
    const reason = new Error('stopped')
    setTimeout(() => controller.abort(reason), 50)
    await assert.rejects(waiting, reason)
  }
  assert.deepEqual(warnings, [])
})
