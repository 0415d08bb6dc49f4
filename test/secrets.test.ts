import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ROOT, temporaryFolder, writeJson } from './support/programs.ts'
import { assertNoSecrets, formsOf, secretsGiven, watchSecrets } from './support/secrets.ts'

const KEY = 'canary+key/with=signs'
const QUIET = { stdout: '', stderr: '' }

test('finds a secret raw, URL-encoded, in hex, in JSON and at any place in base64', () => {
  const told = [
    `the key ${KEY}.`,
    Buffer.from(`Bearer ${KEY}`).toString('base64'),
    Buffer.from(`user:${KEY}!`).toString('base64'),
    Buffer.from(KEY).toString('base64url'),
    `?key=${encodeURIComponent(KEY)}&`,
    Buffer.from(KEY).toString('hex'),
  ]
  for (const text of told) {
    assert.throws(() => assertNoSecrets([KEY], [['a place', text]]), /a place contains a secret/)
  }
  assertNoSecrets([KEY], [['a place', 'nothing of it, canary or key']])
  assert.ok(formsOf('a"secret').includes('a\\"secret'))
})

test('collects secrets from settings files and the environment', async (t) => {
  const cwd = await temporaryFolder(t)
  await writeJson(cwd, 'tap.json', { app_api_key: ` ${KEY}\n` })
  await writeJson(cwd, 'connection.json', {
    source: { app_api_key: 'another-key' },
    destination: { warehouse_url: 'postgres://u:se%20cret-word@h/db' },
  })
  const env = { TAP_CUSTOMERIO_APP_API_KEY: 'third-key-here', HTTPS_PROXY: 'http://u:proxy-word@h' }
  const args = ['--config', 'tap.json', '--connection=connection.json', '-c', 'none.json']
  const secrets = secretsGiven({ args, cwd, env })
  for (const one of [KEY, 'another-key', 'se cret-word', 'third-key-here', 'proxy-word']) {
    assert.ok(secrets.includes(one), one)
  }
})

test('finds the password of a URL that no parser accepts', () => {
  const parts = {
    'postgres://u:secret-one\u0000more@h/d': 'secret-one',
    'x://u:secret@two/3@h': 'secret@two/3',
  }
  for (const [url, secret] of Object.entries(parts)) {
    const env = { TARGET_WAREHOUSE_WAREHOUSE_URL: url }
    assert.ok(secretsGiven({ args: [], cwd: ROOT, env }).includes(secret), url)
  }
})

test('finds secrets in files that a program wrote and in arguments', async (t) => {
  const cwd = await temporaryFolder(t)
  const args = ['--config', await writeJson(cwd, 'tap.json', { app_api_key: KEY })]
  const started = { args, cwd, env: {}, root: ROOT }
  const quiet = watchSecrets(undefined, started)
  await writeFile(join(cwd, 'state.json'), '{"bookmarks":{}}')
  quiet.finish(QUIET)
  const telling = watchSecrets(undefined, started)
  await writeFile(join(cwd, 'history.json'), KEY)
  assert.throws(() => telling.finish(QUIET), /history\.json/)
  if (process.platform !== 'linux') return
  const own = process.argv[1] ?? ''
  const shown = watchSecrets(process.pid, { ...started, args: [], env: { THE_API_KEY: own } })
  assert.throws(() => shown.finish(QUIET), /an argument contains a secret/)
})
