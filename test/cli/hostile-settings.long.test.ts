import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { test } from 'node:test'
import { parseConnection } from '../../src/runner/connection/connection.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { run, temporaryFolder, writeJson, type Finished } from '../support/programs.ts'

const SECRET = 'TopSecretCanary99'
const HOSTILE = {
  NUL: '\u0000',
  'NUL, encoded': '%00',
  escape: '\u001b[2J',
  'a line end': 'x\ny',
  delete: '\u007f',
  'a C1 control': '\u009b',
  'half of a surrogate pair': '\ud800',
  'the other half': '\udc00',
}
const SOURCE = { app_api_key: 'an-app-key-99', api_url: 'http://127.0.0.1:9/v1' }
const DESTINATION = { warehouse_url: 'duckdb:w.duckdb' }

/** Settings of each section, with the hostile string in the middle of a value. */
function settingsWith(text: string): [path: string, value: string][] {
  return [
    ['source.app_api_key', `${SECRET}${text}x`],
    ['source.api_url', `http://u:${SECRET}${text}@127.0.0.1:9/v1`],
    ['source.user_agent', `agent ${text}x`],
    ['source.start_date', `2026-01-01${text}T00:00:00Z`],
    ['destination.warehouse_url', `postgres://u:${SECRET}${text}@127.0.0.1:9/d`],
    ['destination.default_target_schema', `schema${text}x`],
    ['destination.table_prefix', `cio_${text}x`],
    ['notify.url', `https://u:${SECRET}${text}@127.0.0.1/hook`],
    ['notify.secret', `${SECRET}${SECRET}${text}x`],
    ['name', `name${text}x`],
    ['id', `id${text}x`],
  ]
}

function documentWith(path: string, value: string): JsonObject {
  const [section = '', name] = path.split('.')
  const document: Record<string, JsonObject> = { source: SOURCE, destination: DESTINATION }
  if (name === undefined) return { ...document, [section]: value }
  const url = section === 'notify' ? { url: 'https://127.0.0.1/hook' } : {}
  return { ...document, [section]: { ...url, ...document[section], [name]: value } }
}

function assertRefused({ code, stdout, stderr }: Finished, name: string, what: string): void {
  const said = stdout + stderr
  assert.equal(code, 2, `${what}: ${said}`)
  assert.ok(said.includes(`\`${name}\``), `${what} is not named: ${said}`)
  assert.ok(!said.includes(SECRET), `${what}: ${said}`)
  assert.doesNotMatch(said, /Unexpected/, what)
  // oxlint-disable-next-line no-control-regex -- control characters must not reach the terminal
  assert.doesNotMatch(said, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/, what)
}

/** Percent-encoded characters matter only in URLs. */
function isHostile(path: string, text: string): boolean {
  return text !== '%00' || path.endsWith('url')
}

test('rejects connection settings with control characters or lone surrogates, by name', () => {
  for (const [what, text] of Object.entries(HOSTILE)) {
    for (const [path, value] of settingsWith(text).filter(([name]) => isHostile(name, text))) {
      assert.throws(
        () => parseConnection(documentWith(path, value), '/etc/connection.json', {}),
        (error: Error) => {
          assert.ok(error.message.includes(`\`${path}\``), `${path} with ${what}: ${error.message}`)
          assert.ok(!error.message.includes(SECRET), `${path} with ${what}`)
          return true
        },
      )
    }
  }
})

test('run, check and dry run of such a connection show no secret and write nothing', async (t) => {
  const folder = await temporaryFolder(t)
  const secrets = settingsWith('\u0000').filter(([, value]) => value.includes(SECRET))
  for (const [path, value] of secrets) {
    const file = await writeJson(folder, 'connection.json', documentWith(path, value))
    assertRefused(await run('customerio-sync', { args: ['run'], cwd: folder }), path, path)
    if (path !== 'destination.warehouse_url') continue
    for (const args of [
      ['check'],
      ['run', '--dry-run'],
      ['start', '--connection', file],
      ['history'],
    ])
      assertRefused(await run('customerio-sync', { args, cwd: folder }), path, args.join(' '))
  }
  assert.deepEqual(await readdir(folder), ['connection.json'])
})

test('tap and target reject such settings from files, by name', async (t) => {
  const folder = await temporaryFolder(t)
  for (const [what, text] of Object.entries(HOSTILE)) {
    for (const [path, value] of settingsWith(text)) {
      const [section = '', name = ''] = path.split('.')
      if (
        !['source.app_api_key', 'destination.warehouse_url', 'destination.table_prefix'].includes(
          path,
        )
      )
        continue
      if (!isHostile(path, text)) continue
      const program = section === 'source' ? 'tap-customerio' : 'target-warehouse'
      const base = section === 'source' ? SOURCE : DESTINATION
      const config = await writeJson(folder, 'config.json', { ...base, [name]: value })
      const ended = await run(program, { args: ['--config', config], cwd: folder })
      assertRefused(ended, name, `${path} with ${what}`)
    }
  }
})

test('rejects such settings from environment variables, by name', async (t) => {
  const folder = await temporaryFolder(t)
  const file = await writeJson(folder, 'connection.json', {
    source: { ...SOURCE, app_api_key: '${THE_KEY}' },
    destination: { warehouse_url: 'postgres://u:${THE_PASSWORD}@127.0.0.1:9/d' },
  })
  const env = { THE_KEY: `${SECRET}\u001bx`, THE_PASSWORD: `${SECRET}\u0007` }
  const ended = await run('customerio-sync', {
    args: ['check', '--connection', file],
    cwd: folder,
    env,
  })
  assertRefused(ended, 'source.app_api_key', 'a key by a variable')
  assertRefused(ended, 'destination.warehouse_url', 'a password by a variable')
  const target = await run('target-warehouse', {
    args: ['--config', 'ENV'],
    env: { TARGET_WAREHOUSE_WAREHOUSE_URL: `postgres://u:${SECRET}\u0001@127.0.0.1:9/d` },
  })
  assertRefused(target, 'warehouse_url', 'a URL from the environment')
})
