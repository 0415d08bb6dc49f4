import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/singer/json.ts'
import { testServer } from '../../support/postgres-server.ts'
import { run } from '../../support/programs.ts'
import { execute } from '../support/connection.ts'
import { setUp, type RunnerSetup } from '../support/runner.ts'

interface Finding {
  check: string
  status: string
  message: string
  code: string | null
}

/** What `check` found wrong, with its exit status. */
async function failedChecks({ sync }: RunnerSetup) {
  const { code, stdout } = await sync(['check', '--json'])
  const { findings } = JSON.parse(stdout) as { findings: Finding[] }
  return { code, failed: findings.filter(({ status }) => status === 'failed') }
}

/** `check` and `run` end with the same status, for the same reason. */
async function assertBothRefuse(setup: RunnerSetup, reason: RegExp): Promise<void> {
  const { code, failed } = await failedChecks(setup)
  const ran = await setup.record()
  const error = ran.record.error
  assert.ok(error)
  assert.deepEqual(
    failed.map((finding) => [finding.code, finding.message]),
    [[error.code, error.message]],
  )
  assert.match(error.message, reason)
  assert.deepEqual([code, ran.record.outcome], [ran.code, 'failed'])
  assert.notEqual(code, 0)
}

test('check refuses a prefix that run refuses, and nothing is created', async (t) => {
  const server = await testServer()
  t.after(() => server.stop())
  for (const [url, prefix, reason] of [
    [server.url, 'p'.repeat(52), /^`table_prefix` has 52 bytes; names have at most 63, /],
    ['duckdb:warehouse.duckdb', '\ufeffp_', /^`table_prefix` contains a character that names/],
  ] as const) {
    const destination: JsonObject = { warehouse_url: url, table_prefix: prefix }
    await assertBothRefuse(await setUp(t, { connection: { destination } }), reason)
  }
})

test('check refuses a table whose key cannot take the ids of the stream, as run does', async (t) => {
  const setup = await setUp(t, {
    sandbox: { world: { examples: false, newsletters: 3, campaigns: 2, actionsPerCampaign: 2 } },
  })
  assert.equal((await setup.record()).code, 0)
  assert.deepEqual(await failedChecks(setup), { code: 0, failed: [] })
  await execute(setup.database, 'alter table marketing.cio_campaign_actions alter id type double')
  await assertBothRefuse(setup, /cio_campaign_actions.* one value can be written in several ways/)
})

test('check ignores a damaged table of a stream that the connection does not read', async (t) => {
  const setup = await setUp(t, {
    sandbox: { world: { examples: false, newsletters: 3, campaigns: 2, actionsPerCampaign: 2 } },
    connection: { resources: { newsletters: 'incremental' } },
  })
  assert.equal((await setup.record()).code, 0)
  await execute(
    setup.database,
    'create table marketing.cio_campaign_actions as select 1::bigint as id',
  )
  assert.deepEqual(await failedChecks(setup), { code: 0, failed: [] })
  assert.equal((await setup.record()).code, 0)
})

test('check refuses a state in the warehouse that run cannot resume from', async (t) => {
  const setup = await setUp(t)
  assert.equal((await setup.record()).code, 0)
  for (const state of [
    '{"bookmarks": []}',
    '{"bookmarks": {"campaigns": {"replication_key_value": "yesterday"}}}',
  ]) {
    const update = `update marketing.cio__sdc_loads set state = '${state}' where state is not null`
    await execute(setup.database, update)
    await assertBothRefuse(setup, /state|STATE/)
  }
})

test('check warns about a dropped table, which run reads again', async (t) => {
  const setup = await setUp(t)
  assert.equal((await setup.record()).code, 0)
  await execute(setup.database, 'drop table marketing.cio_campaigns')
  const { code, stdout } = await setup.sync(['check'])
  assert.equal(code, 0, stdout)
  assert.match(
    stdout,
    /^warning +tables +Existing: .* Will be created: cio_campaigns\. The table cio_campaigns no longer exists, so campaigns is read from its start\.$/m,
  )
})

test('target-warehouse --test refuses a prefix that a load refuses', async (t) => {
  const setup = await setUp(t)
  const env = {
    TARGET_WAREHOUSE_WAREHOUSE_URL: `duckdb:${setup.database}`,
    TARGET_WAREHOUSE_TABLE_PREFIX: '\ufeffp_',
  }
  const { code, stderr } = await run('target-warehouse', {
    args: ['--config', 'ENV', '--test'],
    env,
  })
  assert.equal(code, 2, stderr)
  assert.match(stderr, /`table_prefix` contains a character/)
})
