import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { test, type TestContext } from 'node:test'
import { startConnectProxy } from '../support/network/connect-proxy.ts'
import { collect, start, temporaryFolder, writeJson } from '../support/programs.ts'

/** undici gives up a connection after 10 s through a proxy and after 15 s without. */
const LIMIT_MS = 8000

/**
 * A server that accepts connections and never responds. `opened` waits for the first connection
 * that sends data.
 */
async function startSilent(t: TestContext) {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket.on('error', () => undefined))
    socket.once('data', () => server.emit('opened'))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { port, opened: once(server, 'opened') }
}

/** How long the tap took to end after SIGTERM, sent once its first connection was being opened. */
async function stopMs(
  t: TestContext,
  silent: Awaited<ReturnType<typeof startSilent>>,
  env: Record<string, string>,
): Promise<number> {
  const config = { app_api_key: 'some-key', api_url: `https://127.0.0.1:${silent.port}/v1` }
  const path = await writeJson(await temporaryFolder(t), 'tap.json', config)
  const child = start('tap-customerio', { args: ['--config', path], env })
  const finished = collect(child)
  await silent.opened
  const began = performance.now()
  child.kill('SIGTERM')
  const { code, stderr } = await finished
  assert.equal(code, 143, stderr)
  assert.match(stderr, /INFO Stopped by SIGTERM\./)
  return performance.now() - began
}

test('a stop ends the program while a server does not respond to the TLS hello', async (t) => {
  const ms = await stopMs(t, await startSilent(t), {})
  assert.ok(ms < LIMIT_MS, `${ms} ms`)
})

test('a stop ends the program while a server behind a proxy does not respond to the TLS hello', async (t) => {
  const proxy = await startConnectProxy()
  t.after(() => proxy.close())
  const silent = await startSilent(t)
  const ms = await stopMs(t, silent, { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}` })
  assert.ok(ms < LIMIT_MS, `${ms} ms`)
  assert.deepEqual(new Set(proxy.requested), new Set([`127.0.0.1:${silent.port}`]))
})

test('a stop ends the program while a proxy does not respond to the TLS hello', async (t) => {
  const silent = await startSilent(t)
  const ms = await stopMs(t, silent, { HTTPS_PROXY: `https://127.0.0.1:${silent.port}` })
  assert.ok(ms < LIMIT_MS, `${ms} ms`)
})

test('a stop ends the program while a proxy does not respond to CONNECT', async (t) => {
  const silent = await startSilent(t)
  const ms = await stopMs(t, silent, { HTTPS_PROXY: `http://127.0.0.1:${silent.port}` })
  assert.ok(ms < LIMIT_MS, `${ms} ms`)
})
