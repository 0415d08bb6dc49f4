import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { request } from 'undici'
import { closedSignal, type Call } from '../../../src/console/routes/call.ts'
import { RequestCalls } from '../../../src/console/runs/request-calls.ts'
import { RunQueue } from '../../../src/runner/scheduler/run-queue.ts'
import { until } from '../../support/wait.ts'

function open(t: TestContext, options: { limitMs?: number } = {}) {
  const ending = new AbortController()
  t.after(() => ending.abort())
  const runs = new RunQueue()
  const calls = new RequestCalls({ calls: { env: {}, signal: ending.signal }, runs, ...options })
  return { ending, runs, calls }
}

/** Work that ends only when its signal does. */
async function untilEnded({ signal }: { signal: AbortSignal }): Promise<never> {
  signal.throwIfAborted()
  await once(signal, 'abort')
  throw signal.reason as Error
}

const OPEN = new AbortController().signal

test('few calls run at a time, and each has its turn', async (t) => {
  const { calls } = open(t)
  let running = 0
  let most = 0
  const results = await Promise.all(
    Array.from({ length: 20 }, async (_unused, at) =>
      calls.run({ closed: OPEN }, async () => {
        most = Math.max(most, ++running)
        await new Promise(setImmediate)
        running--
        return at
      }),
    ),
  )
  assert.equal(most, 2)
  assert.deepEqual(results, [...results.keys()])
})

test('a call ends with its client, also one that waits', async (t) => {
  const { calls } = open(t)
  const client = new AbortController()
  const begun = new AbortController()
  const running = [1, 2, 3].map(async () =>
    calls.run({ closed: client.signal }, async (options) => {
      begun.abort()
      return untilEnded(options)
    }),
  )
  await once(begun.signal, 'abort')
  client.abort()
  for (const call of running) await assert.rejects(call, { code: 'CALL_ENDED' })
  assert.equal(await calls.run({ closed: OPEN }, async () => 'next'), 'next')
})

test('a call ends with the console, and after its time', async (t) => {
  const { ending, calls } = open(t)
  const call = calls.run({ closed: OPEN }, untilEnded)
  ending.abort()
  await assert.rejects(call, { code: 'CALL_ENDED' })
  const { calls: short } = open(t, { limitMs: 1 })
  await assert.rejects(short.run({ closed: OPEN }, untilEnded), { code: 'TIMED_OUT' })
})

test('the time of a call begins with its turn', async (t) => {
  // The timer of a signal alone does not keep the process alive.
  const alive = setInterval(() => {}, 1000)
  t.after(() => clearInterval(alive))
  const { calls } = open(t, { limitMs: 1 })
  const slow = [1, 2].map(async () => calls.run({ closed: OPEN }, untilEnded))
  const waiting = calls.run({ closed: OPEN }, async () => 'in its turn')
  for (const call of slow) await assert.rejects(call, { code: 'TIMED_OUT' })
  assert.equal(await waiting, 'in its turn')
})

test('a key is used by a run or by a call, never by both', async (t) => {
  const { runs, calls } = open(t)
  const wanted = { closed: OPEN, keys: ['key:a'] }
  const finish = new AbortController()
  const run = runs.run(['key:a'], OPEN, async () => once(finish.signal, 'abort'))
  await assert.rejects(
    calls.run(wanted, async () => 'read'),
    { code: 'KEY_IN_USE' },
  )
  assert.equal(await calls.run({ ...wanted, keys: ['key:b'] }, async () => 'read'), 'read')
  finish.abort()
  await run
  let isReading = true
  let runBegan: Promise<boolean> | undefined
  await calls.run(wanted, async () => {
    runBegan = runs.run(['key:a'], OPEN, async () => isReading)
    await new Promise(setImmediate)
    isReading = false
  })
  assert.equal(await runBegan, false)
})

test('two calls with one key read one after the other', async (t) => {
  const { calls } = open(t)
  const wanted = { closed: OPEN, keys: ['key:a'] }
  const order: string[] = []
  const read = async (name: string) =>
    calls.run(wanted, async () => {
      order.push(`${name} begins`)
      await new Promise(setImmediate)
      order.push(`${name} ends`)
    })
  await Promise.all([read('first'), read('second')])
  assert.deepEqual(order, ['first begins', 'first ends', 'second begins', 'second ends'])
})

test('a request that the browser aborts ends its call', async (t) => {
  const { calls } = open(t)
  let reason: unknown
  const server = createServer((_request, raw) => {
    const closed = closedSignal({ reply: { raw } } as unknown as Call)
    calls.run({ closed }, untilEnded).catch((error: unknown) => (reason = error))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const arrived = once(server, 'request')
  const client = new AbortController()
  const { port } = server.address() as AddressInfo
  const asked = request(`http://127.0.0.1:${port}/`, { signal: client.signal })
  const rejected = assert.rejects(asked, { name: 'AbortError' })
  await arrived
  client.abort()
  await rejected
  await until(() => reason !== undefined, { what: 'the end of the call' })
  assert.equal((reason as { code?: string }).code, 'CALL_ENDED')
})
