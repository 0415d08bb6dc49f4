import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonObject } from '../../src/singer/json.ts'
import { startRegions } from '../support/network/regions.ts'
import { run, temporaryFolder } from '../support/programs.ts'
import { DEFAULT_STREAMS, HIDDEN, setUp, type Replies } from './support/init.ts'
import { screenOf } from './support/terminal.ts'

const REPLIES = (key: string): Replies => [
  ['Name of the connection', ''],
  [HIDDEN, key],
  ['Days of history', ''],
  ['Warehouse [duckdb]', ''],
  ['DuckDB file', ''],
  ['Schema', ''],
  ['Prefix', ''],
  ...DEFAULT_STREAMS,
  ['Schedule', ''],
  ['Check the connection now?', 'no'],
]

test('init finds the region of the key that is typed, and the file names it', async (t) => {
  const { us, eu, env } = await startRegions(t)
  const european = await setUp(t)
  const found = await european.init(REPLIES(eu.apiKey), [], env)
  assert.equal(found.code, 0, found.stdout)
  assert.match(screenOf(found.stdout), /^The key works in region eu\.$/m)
  assert.equal((await european.read())['source']?.['region'], 'eu')
  assert.ok(eu.requests.length > 0)

  const american = await setUp(t)
  const usual = await american.init(REPLIES(us.apiKey), [], env)
  assert.match(screenOf(usual.stdout), /^The key works in region us\.$/m)
  assert.equal((await american.read())['source']?.['region'], 'us')
})

test('init with flags finds the region of the key in the environment', async (t) => {
  const { eu, env } = await startRegions(t)
  const cwd = await temporaryFolder(t)
  const init = async (args: readonly string[]) =>
    run('customerio-sync', {
      args: ['init', '--warehouse-url', 'duckdb:cio.duckdb', ...args],
      cwd,
      env: { ...env, CUSTOMERIO_APP_API_KEY: eu.apiKey },
    })
  const { code, stderr } = await init(['--prefix', 'cio_'])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /^The key works in region eu\.$/m)
  const text = await readFile(join(cwd, 'connection.json'), 'utf8')
  const { source } = JSON.parse(text) as { source: JsonObject }
  assert.deepEqual([source['region'], source['app_api_key']], ['eu', '${CUSTOMERIO_APP_API_KEY}'])
})
