import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editNewsletter } from '../../src/sandbox/edits.ts'
import { query } from './connection.ts'
import { setUp } from './runner.ts'

test('a run loads the workspace, and the next one goes on from the bookmarks in the warehouse', async (t) => {
  const { sandbox, database, record } = await setUp(t, { source: { lookback_seconds: 0 } })
  const first = await record()
  assert.equal(first.code, 0)
  assert.deepEqual(
    [first.record.outcome, first.record.exit_status, first.record.error, first.record.trigger],
    ['succeeded', 0, null, 'manual'],
  )
  const { newsletters, campaigns } = sandbox.world
  assert.deepEqual(
    first.record.streams.slice(0, 2).map(({ rows_read, rows_loaded }) => [rows_read, rows_loaded]),
    [newsletters, campaigns].map(({ length }) => [length, length]),
  )
  assert.equal(first.record.requests, sandbox.requests.length)
  const [counts] = await query(database, 'select count(*) as rows from marketing.cio_newsletters')
  assert.deepEqual(counts, { rows: newsletters.length })

  editNewsletter(sandbox.world, Number(newsletters[0]?.['id']), { name: 'Edited' })
  const second = await record()
  const [before, after] = [first.record.streams[0], second.record.streams[0]]
  assert.equal(after?.bookmark_before, before?.bookmark_after)
  assert.ok(String(after?.bookmark_after) > String(after?.bookmark_before))
  assert.ok((after?.rows_loaded ?? 0) < newsletters.length)
})

test('a refused key fails the run with 3, and the record names the program and its reason', async (t) => {
  const { record } = await setUp(t, { source: { app_api_key: 'wrong-key' } })
  const { code, record: failed } = await record()
  assert.equal(code, 3)
  assert.deepEqual([failed.outcome, failed.exit_status], ['failed', 3])
  assert.equal(failed.error?.program, 'tap-customerio')
  assert.equal(failed.error?.code, 'UNAUTHORIZED')
})
