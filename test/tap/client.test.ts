import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { Logger } from '../../src/logger.ts'
import { ApiClient } from '../../src/tap/client.ts'

/** A client of a server that answers so. */
async function clientOf(t: TestContext, listener: RequestListener): Promise<ApiClient> {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  const { port } = server.address() as AddressInfo
  const client = new ApiClient({
    config: {
      app_api_key: 'some-key',
      api_url: `http://127.0.0.1:${port}`,
      requests_per_second: 100,
      retry_budget_seconds: 0,
    },
    logger: new Logger({ name: 'tap', level: 'info', format: 'plain', write: () => undefined }),
    signal: new AbortController().signal,
    env: {},
  })
  t.after(() => client.close())
  return client
}

test('reads the answer that follows Early Hints', async (t) => {
  const client = await clientOf(t, (_request, response) => {
    response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => response.end('{"a": 1}'))
  })
  assert.deepEqual(await client.get({ path: '/x', read: (body) => body }), { a: 1 })
})

test('has many requests under way without a warning of Node', async (t) => {
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
