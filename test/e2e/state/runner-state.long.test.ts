import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { deleteCampaign, insertNewsletter } from '../../../src/sandbox/edits.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { execute, query } from '../support/connection.ts'
import { setUp } from '../support/runner.ts'

function bookmarksIn(stdout: string): JsonObject {
  return (JSON.parse(stdout) as { bookmarks: JsonObject }).bookmarks
}

test('shows, resets and sets the state of one stream without changing the others', async (t) => {
  const { folder, sync, record } = await setUp(t)
  await record()
  const whole = bookmarksIn((await sync(['state', 'get'])).stdout)
  const one = (await sync(['state', 'get', 'campaigns'])).stdout
  assert.deepEqual(JSON.parse(one), whole['campaigns'])
  assert.equal((await sync(['state', 'reset', 'campaigns'])).code, 0)
  const { campaigns: _removed, ...others } = whole
  assert.deepEqual(bookmarksIn((await sync(['state', 'get'])).stdout), others)
  const file = join(folder, 'bookmark.json')
  await writeFile(file, one)
  assert.equal((await sync(['state', 'set', 'campaigns', '--file', file])).code, 0)
  assert.deepEqual(bookmarksIn((await sync(['state', 'get'])).stdout), whole)
  await writeFile(file, '{"replication_key_value": "yesterday"}')
  const refused = await sync(['state', 'set', 'campaigns', '--file', file])
  assert.equal(refused.code, 2)
  assert.match(
    refused.stderr,
    /^Error: The state of campaigns has a time that is not an RFC 3339 string/,
  )
})

test('resync reads one stream in full, soft deletes its deleted rows, and does not touch other streams', async (t) => {
  const { sandbox, database, sync, record } = await setUp(t)
  await record()
  const before = bookmarksIn((await sync(['state', 'get'])).stdout)
  const deletedId = Number(sandbox.world.campaigns[0]?.['id'])
  deleteCampaign(sandbox.world, deletedId)
  const { code, stdout } = await sync(['resync', 'campaigns', '--json'])
  assert.equal(code, 0)
  const run = JSON.parse(stdout) as { trigger: string; streams: JsonObject[] }
  assert.equal(run.trigger, 'resync')
  assert.deepEqual(
    run.streams.map(({ stream, mode, rows_read: rows }) => [stream, mode, rows]),
    [['campaigns', 'full_refresh', sandbox.world.campaigns.length]],
  )
  assert.equal(run.streams[0]?.['rows_deleted'], 1)
  const sql = 'select id from marketing.cio_campaigns where _sdc_deleted_at is not null'
  assert.deepEqual(await query(database, sql), [{ id: deletedId }])
  const after = bookmarksIn((await sync(['state', 'get'])).stdout)
  for (const stream of ['newsletters', 'campaign_actions'])
    assert.deepEqual(after[stream], before[stream])
})

test('reads a table that was dropped or emptied manually from its start', async (t) => {
  const { sandbox, database, record, sync } = await setUp(t)
  await record()
  await execute(
    database,
    'drop table marketing.cio_campaigns; delete from marketing.cio_newsletters',
  )
  const { code, stderr } = await sync(['run'])
  assert.equal(code, 0, stderr)
  assert.match(stderr, /cio_campaigns no longer exists, so campaigns is read from its start\./)
  assert.match(stderr, /cio_newsletters has no rows any more, so newsletters is read from its/)
  const counts = await query(
    database,
    'select (select count(*) from marketing.cio_campaigns) as campaigns, (select count(*) from marketing.cio_newsletters) as newsletters',
  )
  const { campaigns, newsletters } = sandbox.world
  assert.deepEqual(counts, [{ campaigns: campaigns.length, newsletters: newsletters.length }])
})

test('a stream without rows keeps its bookmark, so that a later cutoff skips nothing', async (t) => {
  const world = { examples: false, newsletters: 0, campaigns: 1 }
  const { sandbox, database, sync } = await setUp(t, {
    sandbox: { world },
    source: { cutoff_days: 3 },
  })
  let now = Date.now()
  sandbox.world.now = () => now
  assert.equal((await sync(['run'])).code, 0)
  now += 3_600_000
  insertNewsletter(sandbox.world, { name: 'the first one' })
  now += 10 * 86_400_000
  const { code, stderr } = await sync(['run'])
  assert.equal(code, 0, stderr)
  assert.doesNotMatch(stderr, /has no rows any more/)
  assert.deepEqual(await query(database, 'select name from marketing.cio_newsletters'), [
    { name: 'the first one' },
  ])
})

test('refuses tables of another connection or program until they are taken over', async (t) => {
  const { database, path, record } = await setUp(t)
  await execute(database, 'create schema marketing; create table marketing.cio_campaigns (id int)')
  const foreign = await record()
  assert.equal(foreign.code, 2)
  assert.equal(foreign.record.error?.code, 'TABLES_TAKEN')
  assert.match(foreign.record.error?.message ?? '', /another program made: cio_campaigns\./)
  await execute(database, 'drop table marketing.cio_campaigns')
  assert.equal((await record()).code, 0)
  const file = JSON.parse(await readFile(path, 'utf8')) as JsonObject
  await writeFile(path, JSON.stringify({ ...file, name: 'other' }))
  const other = await record()
  assert.equal(other.code, 2)
  assert.match(
    other.record.error?.message ?? '',
    /^The tables with the prefix "cio_" belong to the connection "connection", not to "other"\./,
  )
  assert.equal((await record(['--take-over'])).code, 0)
  assert.equal((await record()).code, 0)
})

test('a dry run previews what a run would read and create, and changes nothing', async (t) => {
  const { sandbox, database, sync } = await setUp(t, {
    connection: { resources: { campaigns: 'full_refresh' } },
  })
  const { code, stdout } = await sync(['run', '--dry-run', '--json'])
  assert.equal(code, 0)
  const { streams } = JSON.parse(stdout) as { streams: JsonObject[] }
  assert.deepEqual(
    streams.map(({ stream, mode, since, table, rows }) => ({ stream, mode, since, table, rows })),
    [
      {
        stream: 'campaigns',
        mode: 'full_refresh',
        since: null,
        table: 'cio_campaigns',
        rows: null,
      },
    ],
  )
  assert.equal(sandbox.requests.length, 0)
  await assert.rejects(query(database, 'select 1'))
})
