import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { cutAfter, delayed, paced, startProxy, type ProxyOptions } from './tcp-proxy.ts'
import { until } from '../wait.ts'

interface Heard {
  text: string
  chunks: number
  code: string
}

/** No event shows that a connection stays open. */
const SILENCE_MS = 100

/**
 * What a client receives that sends `hello` to an echo server behind the proxy, until the
 * connection closes. A connection that stays open is closed soon after the first bytes.
 */
async function hear(
  t: TestContext,
  options: Omit<ProxyOptions, 'port'>,
  staysOpen = false,
): Promise<Heard> {
  const echo = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.once('data', (chunk) => socket.end(`<${String(chunk)}>`))
  })
  echo.listen(0, '127.0.0.1')
  await once(echo, 'listening')
  const proxy = await startProxy({ port: (echo.address() as AddressInfo).port, ...options })
  t.after(async () => {
    await proxy.close()
    echo.close()
  })
  const client = connect(proxy.port, '127.0.0.1', () => client.write('hello'))
  const heard = { text: '', chunks: 0, code: 'open' }
  client.on('data', (chunk) => {
    heard.text += String(chunk)
    heard.chunks++
  })
  client.on('error', (error: NodeJS.ErrnoException) => (heard.code = error.code ?? ''))
  client.once('end', () => (heard.code = 'ended'))
  let isClosed = false
  client.once('close', () => (isClosed = true))
  if (staysOpen) {
    await until(() => heard.text !== '', { what: 'the first bytes' })
    await sleep(SILENCE_MS)
  } else await until(() => isClosed, { what: 'the connection to close' })
  client.destroy()
  return heard
}

test('forwards both directions to the end', async (t) => {
  assert.deepEqual(await hear(t, {}), { text: '<hello>', chunks: 1, code: 'ended' })
})

test('delays one direction', async (t) => {
  const began = performance.now()
  const heard = await hear(t, { toServer: () => delayed(() => 100) })
  assert.equal(heard.text, '<hello>')
  assert.ok(performance.now() - began >= 99)
})

test('forwards in pieces', async (t) => {
  const heard = await hear(t, { toClient: () => paced(1, 10) })
  assert.equal(heard.text, '<hello>')
  assert.ok(heard.chunks > 1)
})

for (const [ending, code] of [
  ['end', 'ended'],
  ['reset', 'ECONNRESET'],
  ['silence', 'open'],
] as const) {
  test(`cuts the connection after a few bytes: ${ending}`, async (t) => {
    const heard = await hear(t, { toClient: () => cutAfter(3, ending) }, ending === 'silence')
    assert.deepEqual(heard, { text: '<he', chunks: 1, code })
  })
}

test('resets the connection before any byte', async (t) => {
  const heard = await hear(t, { toServer: () => cutAfter(0, 'reset') })
  assert.deepEqual(heard, { text: '', chunks: 0, code: 'ECONNRESET' })
})
