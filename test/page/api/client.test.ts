import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test, type TestContext } from 'node:test'
import { ApiFailure, createClient, isAborted } from '../../../src/page/api/client.ts'
import { connectionPath, queryText } from '../../../src/page/api/query.ts'
import { reconnectWaitMs } from '../../../src/page/api/reconnect.ts'

interface Seen {
  method: string
  url: string
  headers: IncomingMessage['headers']
  body: string
}

/** A client of a server on loopback, and what the server has seen. */
async function clientOf(t: TestContext, respond: (response: ServerResponse) => void) {
  const seen: Seen[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      seen.push({
        method: request.method ?? '',
        url: request.url ?? '',
        headers: request.headers,
        body,
      })
      respond(response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  let endings = 0
  const client = createClient({
    fetch: async (path, init) => fetch(`http://127.0.0.1:${port}${path}`, init),
    onSessionMissing: () => endings++,
  })
  return { client, seen, endings: () => endings }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', etag: '"2"' })
  response.end(JSON.stringify(body))
}

test('a change sends JSON and the version that it replaces', async (t) => {
  const { client, seen } = await clientOf(t, (response) => json(response, 200, { a: 1 }))
  const response = await client.request('/connections/x', {
    method: 'PUT',
    body: { b: 1 },
    etag: '"1"',
  })
  assert.deepEqual(response, { body: { a: 1 }, etag: '"2"' })
  const [{ method, url, headers, body } = { method: '', url: '', headers: {}, body: '' }] = seen
  assert.deepEqual([method, url, body], ['PUT', '/api/v1/connections/x', '{"b":1}'])
  assert.deepEqual([headers['if-match'], headers['content-type']], ['"1"', 'application/json'])
})

test('a response without a body is none', async (t) => {
  const { client, seen } = await clientOf(t, (response) => response.writeHead(204).end())
  assert.deepEqual(await client.request('/session', { method: 'DELETE' }), {
    body: undefined,
    etag: null,
  })
  assert.equal(seen[0]?.headers['content-type'], undefined)
})

test('an error has the code, the hint and the problems of the API', async (t) => {
  const problems = [{ field: 'source.region', message: 'must be us or eu' }]
  const sent = { code: 'DOCUMENT_INVALID', message: 'It is not valid.', hint: 'Fix it.', problems }
  const { client, endings } = await clientOf(t, (response) => json(response, 422, sent))
  await assert.rejects(client.request('/connections'), (error: unknown) => {
    assert.ok(error instanceof ApiFailure)
    const { status, code, message, hint } = error
    assert.deepEqual(
      [status, code, message, hint, error.problems],
      [422, 'DOCUMENT_INVALID', 'It is not valid.', 'Fix it.', problems],
    )
    return true
  })
  assert.equal(endings(), 0)
})

test('the end of a session is reported, a refused login is not', async (t) => {
  let code = 'SESSION_MISSING'
  const { client, endings } = await clientOf(t, (response) =>
    json(response, 401, { code, message: 'No.', hint: null, problems: [] }),
  )
  await assert.rejects(client.request('/connections'))
  assert.equal(endings(), 1)
  code = 'LOGIN_REFUSED'
  await assert.rejects(client.request('/session'))
  assert.equal(endings(), 1)
})

test('a response of something else is an error that a person can read', async (t) => {
  const { client } = await clientOf(t, (response) => response.writeHead(502).end('<html>'))
  await assert.rejects(
    client.request('/connections'),
    /status 502 that this page does not understand/,
  )
})

test('a console that does not respond is an error with status 0', async () => {
  const client = createClient({
    fetch: async () => Promise.reject(new TypeError('fetch failed')),
    onSessionMissing: () => assert.fail(),
  })
  await assert.rejects(client.request('/connections'), { status: 0, code: 'CONSOLE_UNREACHABLE' })
})

test('a request that is aborted is no failure', async (t) => {
  const { client } = await clientOf(t, () => undefined)
  const controller = new AbortController()
  const request = client.request('/connections', { signal: controller.signal })
  controller.abort()
  await assert.rejects(request, (error: unknown) => isAborted(error))
})

test('paths hide no name, and queries leave out what is empty', () => {
  assert.equal(connectionPath('a/b', 'runs', '1 2'), '/connections/a%2Fb/runs/1%202')
  assert.equal(queryText({ a: 'x y', b: undefined, c: '', d: 5 }), '?a=x+y&d=5')
  assert.equal(queryText({ a: undefined }), '')
})

test('waits before reconnecting double up to half a minute', () => {
  assert.deepEqual([0, 1, 2, 5, 50].map(reconnectWaitMs), [1000, 2000, 4000, 30_000, 30_000])
})
