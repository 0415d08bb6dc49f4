import assert from 'node:assert/strict'
import { chmod, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { errorStatus } from '../../src/sandbox/api/answers.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { smallDisk } from '../support/small-disk.ts'
import { setUp } from './support/runner.ts'

interface Document {
  findings: { check: string; status: string; message: string; code: string | null }[]
  next_times: string[]
}

function parse(stdout: string): Document {
  return JSON.parse(stdout) as Document
}

test('check passes, shows the next times in both zones, and names the next command', async (t) => {
  const cron = { type: 'cron', expression: '30 2 * * *', timezone: 'Europe/Berlin' }
  const { path, sync } = await setUp(t, { connection: { schedule: cron } })
  await chmod(path, 0o600)
  const { code, stdout } = await sync(['check'])
  assert.equal(code, 0, stdout)
  for (const line of [
    /^ok +file +\S+connection\.json is a valid connection file\.$/m,
    /^ok +key +The key works /m,
    /^ok +newsletters +newsletters can be read\.$/m,
    /^ok +campaign_actions +campaign_actions can be read\.$/m,
    /^ok +clock +/m,
    /^ok +warehouse +/m,
    /^ok +tables +Will be created: cio_newsletters, /m,
    /^ok +schedule +cron 30 2 \* \* \* in Europe\/Berlin$/m,
    /^Next: customerio-sync run$/m,
  ])
    assert.match(stdout, line)
  const times = stdout.match(/^ +\d{4}-\d\d-\d\dT0[01]:30Z {2}= .*02:30:00/gm)
  assert.equal(times?.length, 5)
})

test('check ends with 3 for a refused key, says how to fix it, and still checks the warehouse', async (t) => {
  const { sync } = await setUp(t, { source: { app_api_key: 'wrong-key' } })
  const { code, stdout } = await sync(['check', '--json'])
  assert.equal(code, 3)
  const { findings } = parse(stdout)
  const key = findings.find(({ check }) => check === 'key')
  assert.deepEqual([key?.status, key?.code], ['failed', 'UNAUTHORIZED'])
  assert.match(key?.message ?? '', /App API key \(not a Track API key\)/)
  assert.ok(!stdout.includes('wrong-key'))
  assert.equal(findings.find(({ check }) => check === 'warehouse')?.status, 'ok')
  const file = findings.find(({ check }) => check === 'file')
  assert.match(
    file?.message ?? '',
    /^Other users can read \S+, which holds the key\. Run: chmod 600 /,
  )
})

test('check ends with 4 for a missing scope, and checks only the streams of the connection', async (t) => {
  const { sandbox, sync } = await setUp(t)
  sandbox.faults.add({ match: /\/campaigns/, respond: errorStatus(403) })
  const { code, stdout } = await sync(['check', '--json'])
  assert.equal(code, 4, stdout)
  const statuses = parse(stdout).findings.map(({ check, status }) => `${check} ${status}`)
  for (const expected of [
    'key ok',
    'newsletters ok',
    'campaigns failed',
    'campaign_actions failed',
  ])
    assert.ok(statuses.includes(expected), stdout)

  const one = await setUp(t, { connection: { resources: { newsletters: 'incremental' } } })
  one.sandbox.faults.add({ match: /\/campaigns/, respond: errorStatus(403) })
  assert.equal((await one.sync(['check'])).code, 0)
})

test('check reports a warehouse that is not writable and an invalid schedule', async (t) => {
  const destination: JsonObject = { warehouse_url: 'duckdb:nowhere/warehouse.duckdb' }
  const { sync } = await setUp(t, { connection: { destination } })
  const { code, stdout } = await sync(['check', '--json'])
  assert.equal(code, 2)
  const warehouse = parse(stdout).findings.find(({ check }) => check === 'warehouse')
  assert.match(warehouse?.message ?? '', /nowhere.* does not exist\. Create it, or correct/)

  for (const [url, text] of [
    ['duckdb::memory:', /database in memory/],
    ['duckdb:md:w', /MotherDuck is not supported yet/],
  ] as const) {
    const away = await setUp(t, { connection: { destination: { warehouse_url: url } } })
    const found = await away.sync(['check', '--json'])
    assert.equal(found.code, 2, url)
    assert.match(found.stdout, text)
  }

  const often = { type: 'cron', expression: '* * * * *' }
  const other = await setUp(t, { connection: { schedule: often } })
  const refused = await other.sync(['check'])
  assert.equal(refused.code, 2)
  assert.match(refused.stderr, /`\* \* \* \* \*` has ticks only 1 minute apart/)
})

test('status and history show the last runs, the next run and the rows', async (t) => {
  const schedule = { type: 'basic', every: '24h', start_at: '00:00' }
  const { sandbox, sync, record } = await setUp(t, { connection: { schedule } })
  assert.equal((await sync(['history'])).stdout, 'No runs yet.\n')
  await record()
  sandbox.faults.add({ respond: errorStatus(401) })
  await record()
  const { stdout } = await sync(['status'])
  assert.match(stdout, /^last run +failed, started .*Customer\.io returned 401/m)
  assert.match(stdout, /^fresh +as of 20/m)
  assert.match(stdout, /^next run +none: nothing runs the schedule \(every 24h from 00:00 UTC\)$/m)
  assert.match(
    stdout,
    new RegExp(`^cio_newsletters +${sandbox.world.newsletters.length} +0 +20`, 'm'),
  )
  const history = await sync(['history'])
  assert.match(
    history.stdout,
    /manual +failed [^]*manual +succeeded[^]*^Errors:\n20\S+ \S+ {2}.*401/m,
  )
  assert.match(history.stdout, /^rows +█▁ {2}max \d+$/m)
  const runs = JSON.parse((await sync(['history', '--last', '1', '--json'])).stdout) as JsonObject[]
  assert.deepEqual(
    runs.map(({ outcome, exit_status: status }) => [outcome, status]),
    [['failed', 3]],
  )
})

test('check reports each unreachable stream exactly once after a reachable one', async (t) => {
  const { sandbox, sync } = await setUp(t)
  sandbox.faults.add({ match: /\/campaigns/, respond: { deliver: { until: 0, ending: 'reset' } } })
  const { code, stdout } = await sync(['check', '--json'])
  assert.equal(code, 5, stdout)
  const statuses = parse(stdout).findings.map(({ check, status }) => `${check} ${status}`)
  assert.deepEqual(statuses.slice(1, 5), [
    'key ok',
    'newsletters ok',
    'campaigns failed',
    'campaign_actions failed',
  ])
})

test('check and run report a full disk of the data folder, not a configuration error', async (t) => {
  const disk = await smallDisk(t, 1)
  if (!disk) return t.skip('may not mount')
  const { sync } = await setUp(t, { connection: { data_folder: disk.folder } })
  await assert.rejects(writeFile(join(disk.folder, 'filler'), Buffer.alloc(2_000_000)), /ENOSPC/)
  const { stdout } = await sync(['check', '--json'])
  const history = parse(stdout).findings.find(({ check }) => check === 'history')
  assert.deepEqual([history?.status, history?.code], ['failed', 'OUTPUT_FAILED'])
  assert.match(
    history?.message ?? '',
    /is not writable \(ENOSPC\)\. Check that its disk has free space/,
  )
  const { code, stderr } = await sync(['run'])
  assert.equal(code, 1)
  assert.match(stderr, /is not writable \(ENOSPC\)/)
  const left = (await readdir(disk.folder)).filter((name) => name.includes('.'))
  assert.deepEqual(left, [])
})
