import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Logger } from '../../../src/logger.ts'
import { ApiClient } from '../../../src/tap/api/client.ts'
import { tapConfig } from '../../support/tap-config.ts'
import { bounded } from '../../support/wait.ts'

/** A client of a server that answers so. */
async function clientOf(
  t: TestContext,
  listener: RequestListener,
  signal: AbortSignal = new AbortController().signal,
): Promise<ApiClient> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.close()
    server.closeAllConnections()
  })
  const { port } = server.address() as AddressInfo
  const client = new ApiClient({
    config: tapConfig({
      app_api_key: 'some-key',
      api_url: `http://127.0.0.1:${port}`,
      requests_per_second: 100,
      retry_budget_seconds: 0,
    }),
    logger: new Logger({ name: 'tap', level: 'info', format: 'plain', write: () => undefined }),
    signal,
    env: {},
  })
  t.after(() => client.close())
  return client
}

test('reads the response that follows Early Hints', async (t) => {
  const client = await clientOf(t, (_request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => response.end('{"a": 1}'))
  })
  assert.deepEqual(await client.get({ path: '/x', read: (body) => body }), { a: 1 })
})

test('has many requests in flight without a warning of Node', async (t) => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  t.after(() => process.off('warning', onWarning))
  const waiting: (() => void)[] = []
  const client = await clientOf(t, (_request, response) => {
    waiting.push(() => response.end('{}'))
    if (waiting.length === 15) for (const answer of waiting) answer()
  })
  await Promise.all(
    Array.from({ length: 15 }, () => client.get({ path: '/x', read: (body) => body })),
  )
  assert.deepEqual(warnings, [])
})

test('a stop ends all calls at once, including one that has its slot but no request yet', async (t) => {
  for (let turns = 0; turns < 20; turns++) {
    const controller = new AbortController()
    const client = await clientOf(t, () => undefined, controller.signal)
    const call = client.get({ path: '/x', read: (body) => body })
    const ended = assert.rejects(call, /stopped here/).then(() => 'ended')
    for (let turn = 0; turn < turns; turn++) await sleep(0)
    controller.abort(new Error('stopped here'))
    const late = new AbortController()
    const first = await Promise.race([ended, sleep(bounded(500), 'late', { signal: late.signal })])
    late.abort()
    assert.equal(first, 'ended', `stopped in turn ${turns}`)
  }
})
