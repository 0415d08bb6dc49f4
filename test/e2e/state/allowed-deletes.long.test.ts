import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deleteNewsletter } from '../../../src/sandbox/edits.ts'
import { query } from '../support/connection.ts'
import { setUp } from '../support/runner.ts'

const LIVE =
  'select count(*)::integer as live from marketing.cio_newsletters where _sdc_deleted_at is null'

test('only a resync with --allow-deletes deletes most rows of a stream, and only in that run', async (t) => {
  const world = { examples: false, newsletters: 10, campaigns: 1 }
  const { sandbox, database, sync, record } = await setUp(t, {
    sandbox: { world },
    connection: { resources: { newsletters: 'full_refresh', campaigns: 'incremental' } },
  })
  assert.equal((await record()).code, 0)
  const remove = (count: number) => {
    for (const { id } of sandbox.world.newsletters.slice(0, count))
      deleteNewsletter(sandbox.world, Number(id))
  }
  remove(8)
  for (const args of [['run'], ['resync', 'newsletters'], ['run']]) {
    const { code, stderr } = await sync(args)
    assert.equal(code, 5, stderr)
    assert.match(
      stderr,
      /newsletters had 10 rows .* but `max_deleted_percent` allows 50, so none was retired\./,
    )
    assert.match(stderr, /customerio-sync resync newsletters --allow-deletes/)
    assert.deepEqual(await query(database, LIVE), [{ live: 10 }])
  }
  const allowed = await sync(['resync', 'newsletters', '--allow-deletes'])
  assert.equal(allowed.code, 0, allowed.stderr)
  assert.deepEqual(await query(database, LIVE), [{ live: 2 }])
  assert.equal((await record()).code, 0)
  remove(2)
  assert.equal((await record()).code, 5)
  assert.deepEqual(await query(database, LIVE), [{ live: 2 }])
})
