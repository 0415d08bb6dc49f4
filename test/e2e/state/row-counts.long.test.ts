import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteNewsletter } from '../../../src/sandbox/edits.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { query } from '../support/connection.ts'
import { setUp, type RunnerOptions } from '../support/runner.ts'

const SANDBOX: RunnerOptions['sandbox'] = {
  world: { examples: false, newsletters: 6, campaigns: 2, actionsPerCampaign: 1 },
  paging: { newsletterMaxLimit: 2 },
}

test('status and check count live rows and deleted rows apart', async (t) => {
  const { sandbox, sync, record } = await setUp(t, {
    sandbox: SANDBOX,
    connection: { resources: { newsletters: 'full_refresh', campaigns: 'incremental' } },
  })
  assert.equal((await record()).code, 0)
  deleteNewsletter(sandbox.world, Number(sandbox.world.newsletters[0]?.['id']))
  assert.equal((await record()).code, 0)
  const status = await sync(['status'])
  assert.match(status.stdout, /^table +rows +deleted +newest update$/m)
  assert.match(status.stdout, /^cio_newsletters +5 +1 +20\S+Z$/m)
  assert.match(status.stdout, /^cio_campaigns +2 +0 +20\S+Z$/m)
  const { tables } = JSON.parse((await sync(['status', '--json'])).stdout) as {
    tables: JsonObject[]
  }
  assert.deepEqual(
    tables.map(({ stream, rows, deleted_rows: deleted }) => [stream, rows, deleted]),
    [
      ['newsletters', 5, 1],
      ['campaigns', 2, 0],
    ],
  )
  assert.match(
    (await sync(['check'])).stdout,
    /^ok +tables +Existing: cio_newsletters \(5 rows, 1 deleted\), cio_campaigns \(2 rows\)\.$/m,
  )
})

test('a table whose rows are all deleted is not an emptied one', async (t) => {
  const { sandbox, sync, record } = await setUp(t, {
    sandbox: SANDBOX,
    connection: { resources: { newsletters: 'full_refresh' } },
    source: { max_deleted_percent: 100 },
  })
  assert.equal((await record()).code, 0)
  const ids = sandbox.world.newsletters.map(({ id }) => Number(id))
  for (const id of ids) deleteNewsletter(sandbox.world, id)
  assert.equal((await record()).code, 0)
  assert.match((await sync(['status'])).stdout, /^cio_newsletters +0 +6 /m)
  assert.doesNotMatch((await sync(['run'])).stderr, /has no rows any more/)
})

test('a list that is read twice in one run is reported, and appended, once', async (t) => {
  for (const mode of ['full_refresh', 'incremental']) {
    const { sandbox, database, sync, record } = await setUp(t, {
      sandbox: SANDBOX,
      connection: {
        resources: { newsletters: mode },
        destination: { load_method: 'append-only', table_prefix: 'cio_' },
      },
    })
    const first = await record()
    assert.equal(first.record.streams[0]?.rows_read, 6)
    deleteNewsletter(sandbox.world, Number(sandbox.world.newsletters[0]?.['id']))
    const requests = sandbox.requests.length
    const { code, record: run } = await record()
    assert.equal(code, 0)
    assert.equal(sandbox.requests.length - requests, 6, 'the list was not read twice')
    const [stream] = run.streams
    assert.deepEqual([stream?.rows_read, stream?.rows_loaded], [5, 5], mode)
    const [row] = await query(database, 'select count(*) as rows from cio_newsletters')
    assert.equal(row?.['rows'], 11)
    assert.match((await sync(['history'])).stdout, /max 6$/m)
  }
})
