import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { startSandbox } from '../../src/sandbox/server.ts'
import { PRIORITY, RateLimiter, type Priority } from '../../src/tap/rate-limit.ts'
import { run, temporaryFolder, writeJson } from '../programs.ts'

function limiterOf(t: TestContext, requestsPerSecond: number, signal?: AbortSignal): RateLimiter {
  const limiter = new RateLimiter({
    requestsPerSecond,
    signal: signal ?? new AbortController().signal,
  })
  t.after(() => limiter.close())
  return limiter
}

/** When each of so many attempts was sent, `delayMs` after its slot was granted. */
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

test('never sends more than the ceiling in any rolling second, nor much less', async (t) => {
  const times = await sendTimes(limiterOf(t, 10), 25)
  assert.ok(mostInASecond(times) <= 10)
  assert.ok((times.at(-1) ?? 0) - (times[0] ?? 0) < 4000)
})

test('holds the ceiling where connections open slowly', async (t) => {
  const times = await sendTimes(limiterOf(t, 10), 25, 300)
  assert.ok(mostInASecond(times) <= 10)
})

test('holds a ceiling below one request a second', async (t) => {
  const times = await sendTimes(limiterOf(t, 0.5), 2)
  assert.ok((times[1] ?? 0) - (times[0] ?? 0) >= 2000)
})

test('starts nothing during a pause', async (t) => {
  const limiter = limiterOf(t, 100)
  const before = performance.now()
  limiter.pause(500)
  const [first] = await sendTimes(limiter, 1)
  assert.ok((first ?? 0) - before >= 499)
})

test('lets retries go before other requests, and those before what is read ahead', async (t) => {
  const limiter = limiterOf(t, 20)
  limiter.pause(100)
  const order: Priority[] = []
  const asked = [PRIORITY.ahead, PRIORITY.ahead, PRIORITY.normal, PRIORITY.retry]
  await Promise.all(
    asked.map((priority) =>
      limiter.schedule(priority, async () => {
        order.push(priority)
      }),
    ),
  )
  // The first one had its slot before the others came.
  assert.deepEqual(order, [PRIORITY.ahead, PRIORITY.retry, PRIORITY.normal, PRIORITY.ahead])
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

test("a whole run stays below the vendor's limit without one refusal", async (t) => {
  const sandbox = await startSandbox({ world: { campaigns: 12, newsletters: 10 } })
  t.after(() => sandbox.close())
  const config = await writeJson(await temporaryFolder(t), 'config.json', {
    app_api_key: sandbox.apiKey,
    api_url: sandbox.url,
  })
  const { code, stderr } = await run('tap-customerio', { args: ['--config', config] })
  assert.equal(code, 0, stderr)
  assert.deepEqual([...new Set(sandbox.requests.map(({ status }) => status))], [200])
  assert.ok(mostInASecond(sandbox.requests.map(({ arrivedMs }) => arrivedMs)) <= 10)
})
