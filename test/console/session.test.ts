import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { createConnection } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { API_PREFIX, OPERATION_IDS, OPERATIONS } from '../../src/console/api/operations.ts'
import { run, temporaryFolder } from '../support/programs.ts'
import { Client, cookieOf, logIn, send, startConsole } from './support/console-process.ts'

const PASSWORD = 'correct horse battery staple'

/** Sends bytes as they are, because clients normalize paths. */
async function sendRaw(base: string, path: string, cookie: string): Promise<string> {
  const { port, host } = new URL(base)
  const socket = createConnection({ host: '127.0.0.1', port: Number(port) })
  socket.setEncoding('utf8')
  socket.end(
    `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nCookie: ${cookie}\r\nConnection: close\r\n\r\n`,
  )
  let text = ''
  socket.on('data', (chunk: string) => (text += chunk))
  await once(socket, 'close')
  return text
}

test('nothing but the login page is served without a session', async (t) => {
  const { base } = await startConsole(t, await temporaryFolder(t))
  const known = OPERATION_IDS.filter((id) => OPERATIONS[id].isPublic)
  assert.deepEqual(known, ['getLoginWays', 'createSession'])
  for (const id of OPERATION_IDS.filter((one) => !known.includes(one))) {
    const { method, path } = OPERATIONS[id]
    const url = `${base}${API_PREFIX}${path.replaceAll(/\{\w+\}/g, 'x')}`
    const reply = await send(url, { method: method.toUpperCase() })
    assert.deepEqual([reply.status, reply.body['code']], [401, 'SESSION_MISSING'], id)
  }
  for (const path of ['/', '/index.html', '/assets/x.js', '/nowhere'])
    assert.equal((await send(`${base}${path}`)).status, 401, path)
  const page = await send(base, { headers: { accept: 'text/html' } })
  assert.deepEqual([page.status, page.headers['location']], [303, '/login'])
  const login = await send(`${base}/login`)
  assert.equal(login.status, 200)
  assert.match(login.text, /Open the link that the terminal of the console shows last\./)
  assert.doesNotMatch(login.text, /<form|<script/)
})

test('the link logs in once, and the address after it has no token', async (t) => {
  const running = await startConsole(t, await temporaryFolder(t))
  const { link, base } = running
  const reply = await send(link)
  assert.match(
    String(reply.headers['set-cookie']),
    /^customerio_sync_\w{12}=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+$/,
  )
  assert.match(reply.text, /content="0; url=\/"/)
  const token = new URL(link).searchParams.get('token') ?? ''
  assert.ok(!reply.text.includes(token))
  const client = new Client(base, cookieOf(reply))
  await client.ok('getWorkspace')
  const again = await send(link, { headers: { cookie: client.cookie } })
  assert.deepEqual([again.status, again.headers['set-cookie']], [200, undefined])
  const page = await send(base, { headers: { cookie: client.cookie, accept: 'text/html' } })
  assert.equal(page.status, 200)
  const replayed = await send(link)
  assert.equal(replayed.status, 401)
  assert.equal(replayed.headers['set-cookie'], undefined)
  assert.match(replayed.text, /This link was used before/)
  const refused = await client.call('createSession', { body: { token } })
  assert.deepEqual([refused.status, refused.body['code']], [401, 'LOGIN_REFUSED'])
  const next = await running.saw(/Somebody logged in from 127\.0\.0\.1\. The next link: (\S+)/)
  assert.equal((await send(next)).status, 200)
})

test('a browser with a session uses up a link that it opens', async (t) => {
  const running = await startConsole(t, await temporaryFolder(t))
  const client = await logIn(running)
  const { body } = await client.ok<{ url: string }>('createLoginLink')
  const opened = await send(body.url, { headers: { cookie: client.cookie } })
  assert.deepEqual([opened.status, opened.headers['set-cookie']], [200, undefined])
  assert.equal((await send(body.url)).status, 401)
  const next = await running.saw(/with a session opened a link\. The next link: (\S+)/)
  assert.equal((await send(next)).status, 200)
})

test('a session makes links for other browsers, and ends', async (t) => {
  const running = await startConsole(t, await temporaryFolder(t))
  const client = await logIn(running)
  const { body } = await client.ok<{ url: string }>('createLoginLink')
  const other = new Client(running.base, cookieOf(await send(body.url)))
  assert.notEqual(other.cookie, client.cookie)
  await other.ok('getSession')
  await other.ok('deleteSession')
  assert.equal((await other.call('getSession')).status, 401)
  await client.ok('getSession')
})

test('another host or origin is refused, even with a session', async (t) => {
  const running = await startConsole(t, await temporaryFolder(t))
  const client = await logIn(running)
  const host = new URL(running.base).host
  const codes = async (headers: Record<string, string>) => {
    const read = await client.call('getWorkspace', { headers })
    const change = await client.call('createLoginLink', { headers })
    return [read, change].map(({ status, body }) => (status < 400 ? status : body['code']))
  }
  assert.deepEqual(await codes({ host: 'evil.example' }), ['HOST_REFUSED', 'HOST_REFUSED'])
  assert.deepEqual(await codes({ origin: 'http://evil.example' }), [200, 'ORIGIN_REFUSED'])
  assert.deepEqual(await codes({ origin: 'null' }), [200, 'ORIGIN_REFUSED'])
  assert.deepEqual(await codes({ 'sec-fetch-site': 'same-site' }), [
    'ORIGIN_REFUSED',
    'ORIGIN_REFUSED',
  ])
  assert.deepEqual(
    await codes({ origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }),
    [200, 201],
  )
  const login = await send(running.link, { headers: { host: 'evil.example' } })
  assert.equal(login.status, 403)
})

test('a body that a page of another site could send is refused', async (t) => {
  const running = await startConsole(t, await temporaryFolder(t))
  const { cookie } = await logIn(running)
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ]) {
    const reply = await send(`${running.base}${API_PREFIX}/connections`, {
      method: 'POST',
      headers: { cookie, 'content-type': type },
      body: '{"name": "x", "document": {}}',
    })
    assert.deepEqual([reply.status, reply.body['code']], [415, 'MEDIA_TYPE_REFUSED'], type)
  }
})

test('every response has strict security headers', async (t) => {
  const running = await startConsole(t, await temporaryFolder(t))
  const client = await logIn(running)
  const { headers } = await client.ok('getWorkspace')
  const policy = String(headers['content-security-policy'])
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/)
  assert.doesNotMatch(policy, /unsafe|\*|https?:/)
  const wanted = {
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  }
  for (const [name, value] of Object.entries(wanted)) assert.equal(headers[name], value, name)
  assert.equal(headers['access-control-allow-origin'], undefined)
  const error = await client.call('getConnection', { params: { name: 'nope' } })
  assert.equal(error.headers['x-content-type-options'], 'nosniff')
})

test('no path leaves the workspace or the page', async (t) => {
  const folder = await temporaryFolder(t)
  await mkdir(join(folder, 'connections'))
  await writeFile(join(folder, 'outside.json'), '{"source": {"app_api_key": "outside-key"}}')
  const running = await startConsole(t, folder)
  const client = await logIn(running)
  for (const name of [
    '../outside',
    '..%2foutside',
    '..\\outside',
    'x\0',
    '/etc/passwd',
    '.',
    'a'.repeat(200),
  ]) {
    const reply = await client.call('getConnection', { params: { name } })
    assert.ok([400, 404].includes(reply.status), `${name} ${reply.status}`)
    const body = { name, document: { source: { app_api_key: 'k' } } }
    assert.ok([400, 422].includes((await client.call('createConnection', { body })).status), name)
    const draft = await client.call('putDraft', { params: { name }, body: { document: {} } })
    assert.ok([400, 404].includes(draft.status), name)
  }
  for (const path of [
    '/../../../etc/passwd',
    '/assets/../../server.js',
    '/%2e%2e/%2e%2e/etc/passwd',
    '//etc/passwd',
  ]) {
    const text = await sendRaw(running.base, path, client.cookie)
    assert.doesNotMatch(text, /root:|fastify/, path)
  }
  assert.ok(client.texts.every((text) => !text.includes('outside-key')))
})

test('a password logs in, is needed for other machines, and ends all sessions when it changes', async (t) => {
  const folder = await temporaryFolder(t)
  const command = async (args: string[], stdin = '') =>
    run('customerio-sync', { args: ['console', ...args], cwd: folder, stdin })
  const refused = await command(['--host', '0.0.0.0', '--public-url', 'https://sync.example.com'])
  assert.equal(refused.code, 2)
  assert.match(
    refused.stderr,
    /no password is set\.\nSet one with: .* put a proxy with TLS in front of it/,
  )
  assert.match((await command(['--set-password'], 'short\n')).stderr, /12 to 1000 characters/)
  const set = await command(['--set-password'], `${PASSWORD}\n`)
  assert.deepEqual([set.code, set.stdout], [0, 'The password is set. Every session is ended.\n'])
  const file = join(folder, '.customerio-sync/console/password.json')
  assert.equal((await stat(file)).mode & 0o777, 0o600)
  assert.ok(!(await readFile(file, 'utf8')).includes(PASSWORD))
  const running = await startConsole(t, folder)
  assert.doesNotMatch(running.output(), /token/)
  const client = new Client(running.base, '')
  const wrong = await client.call('createSession', { body: { password: `${PASSWORD}!` } })
  assert.equal(wrong.status, 401)
  client.cookie = cookieOf(await client.ok('createSession', { body: { password: PASSWORD } }))
  await client.ok('getSession')
  assert.deepEqual((await client.ok('getLoginWays')).body, { has_password: true })
  const page = await send(`${running.base}/login`)
  assert.match(page.text, /<form method="post"/)
  assert.doesNotMatch(page.text, /the terminal/)
  const form = await send(`${running.base}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ password: PASSWORD }).toString(),
  })
  assert.equal(form.status, 200)
  assert.notEqual(cookieOf(form), '')
  const long = await send(`${running.base}/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: `password=${'x'.repeat(20_000)}`,
  })
  assert.equal(long.status, 413)
  await command(['--remove-password'])
  assert.deepEqual((await client.ok('getLoginWays')).body, { has_password: false })
  assert.equal((await client.call('getSession')).status, 401)
  assert.equal((await client.call('createSession', { body: { password: PASSWORD } })).status, 401)
})

test('too many wrong passwords must wait', async (t) => {
  const running = await startConsole(t, await temporaryFolder(t))
  const client = new Client(running.base, '')
  const attempt = async () => client.call('createSession', { body: { password: 'wrong' } })
  for (let count = 0; count < 5; count++) assert.equal((await attempt()).status, 401)
  let limited = await attempt()
  // On a slow machine, the second of the first wait may be over.
  for (let count = 0; count < 5 && limited.status === 401; count++) limited = await attempt()
  assert.deepEqual([limited.status, limited.body['code']], [429, 'TOO_MANY_LOGINS'])
  assert.match(String(limited.headers['retry-after']), /^\d+$/)
  assert.equal((await send(running.link)).status, 200)
})
