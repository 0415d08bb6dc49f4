import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { API_PREFIX } from '../../src/console/api/operations.ts'
import { run, temporaryFolder } from '../support/programs.ts'
import { until } from '../support/wait.ts'
import { cookieOf, send, startConsole } from './support/console-process.ts'

const PASSWORD = 'correct horse battery staple'

test('behind a proxy with TLS, browsers use its address, and the cookie is for https', async (t) => {
  const args = ['--public-url', 'https://sync.example.com']
  const folder = await temporaryFolder(t)
  await assert.rejects(startConsole(t, folder, { args }), {
    message:
      /--public-url https:\/\/sync\.example\.com lets other machines connect, but no password/,
  })
  const command = { args: ['console', '--set-password'], cwd: folder, stdin: `${PASSWORD}\n` }
  assert.equal((await run('customerio-sync', command)).code, 0)
  const running = await startConsole(t, folder, { args })
  assert.equal(running.base, 'https://sync.example.com')
  const inside = `http://${await running.saw(/^It listens on (\S+)$/m)}`
  const headers = { host: 'sync.example.com', 'x-forwarded-for': '10.0.0.9' }
  const login = await send(`${inside}${API_PREFIX}/session`, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ password: PASSWORD }),
  })
  assert.match(String(login.headers['set-cookie']), /; SameSite=Strict; Max-Age=\d+; Secure$/)
  assert.match(String(login.headers['strict-transport-security']), /^max-age=\d+$/)
  await running.saw(/Somebody logged in from 10\.0\.0\.9\./)
  const cookie = cookieOf(login)
  const url = `${inside}${API_PREFIX}/session`
  assert.equal((await send(url, { headers: { ...headers, cookie } })).status, 200)
  assert.equal((await send(url, { headers: { host: 'other.example.com', cookie } })).status, 403)
})

test('--open starts the browser with a file, so that no process shows the link', async (t) => {
  const folder = await temporaryFolder(t)
  const programs = await temporaryFolder(t)
  const opened = join(programs, 'opened')
  const opener = join(programs, 'xdg-open')
  await writeFile(opener, `#!/bin/sh\ncp "$1" ${opened}.html\nprintf '%s' "$*" > ${opened}\n`)
  await chmod(opener, 0o755)
  const env = { PATH: `${programs}:${process.env['PATH'] ?? ''}` }
  const running = await startConsole(t, folder, { args: ['--open'], env })
  await until(() => existsSync(opened), { what: 'the browser' })
  const file = join(folder, '.customerio-sync/console/open.html')
  await until(async () => (await readFile(opened, 'utf8')) === file, { what: 'its arguments' })
  const link = /url=([^"]+)"/.exec(await readFile(`${opened}.html`, 'utf8'))?.[1] ?? ''
  assert.notEqual(link, running.link)
  assert.equal((await send(link)).status, 200)
  assert.equal((await running.stop()).code, 143)
  assert.equal(existsSync(file), false)
})

test('a console without a browser says so, and serves', async (t) => {
  const folder = await temporaryFolder(t)
  const running = await startConsole(t, folder, { args: ['--open'], env: { PATH: folder } })
  await running.saw(/Warning: No browser could be opened\. Open the link manually\./)
  assert.equal((await send(running.link)).status, 200)
})

test('a port that is taken, and a wrong one, are named', async (t) => {
  const running = await startConsole(t, await temporaryFolder(t))
  const { port } = new URL(running.base)
  await assert.rejects(startConsole(t, await temporaryFolder(t), { args: ['--port', port] }), {
    message: /The console cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\)\./,
  })
  await assert.rejects(startConsole(t, await temporaryFolder(t), { args: ['--port', '70000'] }), {
    message: /--port must be an integer from 0 to 65535, not 70000\./,
  })
})
