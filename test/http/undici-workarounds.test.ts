/** Each test fails as soon as undici no longer needs the workaround: then remove it. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { test } from 'node:test'
import { setImmediate as nextTick } from 'node:timers/promises'
import { Agent, ProxyAgent, request } from 'undici'
import { startConnectProxy } from '../support/network/connect-proxy.ts'

test('undici reconnects in a loop when a proxy closes the connection during CONNECT (issue 3897)', async (t) => {
  const proxy = await startConnectProxy({ refusal: 'close' })
  t.after(() => proxy.close())
  const agent = new ProxyAgent(`http://127.0.0.1:${proxy.port}`)
  const settled = new AbortController()
  const requested = request('https://example.invalid/', { dispatcher: agent })
    .catch(() => undefined)
    .finally(() => settled.abort())
  while (!settled.signal.aborted && proxy.requested.length < 20) await nextTick()
  await agent.destroy()
  await requested
  assert.ok(proxy.requested.length >= 20, 'remove the workaround of createProxyPool')
})

test('undici reports the status of a refused CONNECT only in a message (issue 2161)', async (t) => {
  const proxy = await startConnectProxy({ refusal: 403 })
  t.after(() => proxy.close())
  const agent = new ProxyAgent(`http://127.0.0.1:${proxy.port}`)
  t.after(() => agent.destroy())
  const error: unknown = await request('https://example.invalid/', { dispatcher: agent }).then(
    () => undefined,
    (failure: unknown) => failure,
  )
  assert.ok(error instanceof Error)
  const values = Object.entries(error).filter(([, value]) => value === 403)
  assert.deepEqual(values, [], 'remove TunnelRefusedError')
})

test('undici keeps a socket that is still connecting when it is destroyed (issue 4405)', async (t) => {
  const server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', () => server.emit('hello', socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const agent = new Agent({ connect: { timeout: 5000 } })
  const settled = request(`https://127.0.0.1:${port}/`, { dispatcher: agent }).catch(
    () => undefined,
  )
  const [socket] = (await once(server, 'hello')) as [Socket]
  t.after(() => {
    socket.destroy()
    server.close()
  })
  await agent.destroy()
  await settled
  // The server sees a later connection open and end, so it would have seen the end of the first.
  const later = connect(port, '127.0.0.1', () => later.end('x'))
  const [laterSocket] = (await once(server, 'hello')) as [Socket]
  if (!laterSocket.readableEnded) await once(laterSocket, 'end')
  assert.equal(socket.readableEnded || socket.destroyed, false, 'remove destroyWithSockets')
})
