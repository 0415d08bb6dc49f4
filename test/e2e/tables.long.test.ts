import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { InspectedTable } from '../../src/runner/warehouse/target-client.ts'
import { startSandbox } from '../../src/sandbox/api/server.ts'
import { deleteNewsletter } from '../../src/sandbox/edits.ts'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'

/** A workspace with two connections into one DuckDB file, and its sandbox. */
async function setUp(t: TestContext) {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY } })
  t.after(() => sandbox.close())
  const workspace = await temporaryFolder(t)
  await mkdir(join(workspace, 'connections'))
  for (const name of ['eu', 'us']) {
    await writeJson(join(workspace, 'connections'), `${name}.json`, {
      source: { app_api_key: sandbox.apiKey, api_url: sandbox.url, requests_per_second: 500 },
      destination: { warehouse_url: 'duckdb:warehouse.duckdb', table_prefix: `${name}_` },
      resources: { newsletters: 'full_refresh', campaigns: 'incremental' },
    })
  }
  const elsewhere = await temporaryFolder(t)
  const sync = async (...args: readonly string[]) =>
    run('customerio-sync', {
      args: [...args, '--workspace', workspace, '--connection', 'us'],
      cwd: elsewhere,
    })
  return { sandbox, workspace, sync }
}

test('tables shows live and deleted rows, newest updates, and what each column means', async (t) => {
  const { sandbox, workspace, sync } = await setUp(t)
  const before = await sync('tables')
  assert.deepEqual([before.code, before.stderr], [0, ''])
  assert.equal(
    before.stdout,
    `${[
      'table           live rows        deleted rows  newest update',
      '--------------  ---------------  ------------  -------------',
      'us_newsletters  not created yet',
      'us_campaigns    not created yet',
      '',
      `The first run creates the tables: customerio-sync run --workspace ${workspace} --connection us`,
    ].join('\n')}\n`,
  )
  assert.equal((await sync('run')).code, 0)
  deleteNewsletter(sandbox.world, 1)
  assert.equal((await sync('run')).code, 0)
  const { stdout } = await sync('tables')
  const all = sandbox.world.newsletters.length
  assert.match(
    stdout,
    new RegExp(
      String.raw`^us_newsletters +${all} +1 +\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\nus_campaigns +${sandbox.world.campaigns.length} +0 +\S+Z$`,
      'm',
    ),
  )
  const columns = await sync('tables', '--columns')
  assert.match(
    columns.stdout,
    /^us_newsletters: Newsletters \(one-time sends\) of the workspace\.$/m,
  )
  assert.match(columns.stdout, /^id +BIGINT +Newsletter ID\.$/m)
  const json = JSON.parse((await sync('tables', '--json')).stdout) as InspectedTable[]
  assert.deepEqual(
    json.map(({ stream, rows, deleted_rows: deleted, newest_update_column: column }) => [
      stream,
      rows,
      deleted,
      column,
    ]),
    [
      ['newsletters', all, 1, 'updated'],
      ['campaigns', sandbox.world.campaigns.length, 0, 'updated'],
    ],
  )
})

test('query takes the name of a connection of a workspace', async (t) => {
  const { sandbox, sync } = await setUp(t)
  assert.equal((await sync('run')).code, 0)
  const { code, stdout, stderr } = await sync(
    'query',
    'select count(*) as n from us_newsletters',
    '--csv',
  )
  assert.deepEqual([code, stderr], [0, ''])
  assert.equal(stdout, `n\n${sandbox.world.newsletters.length}\n`)
})
