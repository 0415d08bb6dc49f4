import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import {
  deleteNewsletter,
  editCampaign,
  editNewsletter,
  insertNewsletter,
} from '../../../src/sandbox/edits.ts'
import { DAY_MS } from '../../../src/time.ts'
import { query } from '../support/connection.ts'
import { setUp } from '../support/runner.ts'

const TABLES = ['newsletters', 'campaigns', 'campaign_actions']

/** A connection whose newest row is older than its cutoff, and a clock that tests set forward. */
async function oldConnection(t: TestContext) {
  const setup = await setUp(t, {
    sandbox: {
      world: { examples: false, newsletters: 6, campaigns: 3, actionsPerCampaign: 2 },
      paging: { newsletterMaxLimit: 2 },
    },
    source: { cutoff_days: 90 },
  })
  const { sandbox, database, record } = setup
  let now = Date.parse('2027-06-01T12:00:00Z')
  sandbox.world.now = () => now
  const rows = async () => {
    const counts = TABLES.map((name) => `(select count(*) from marketing.cio_${name}) as ${name}`)
    const [row] = await query(database, `select ${counts.join(', ')}`)
    return Object.values(row ?? {})
  }
  return {
    ...setup,
    rows,
    pass: (days: number) => (now += days * DAY_MS),
    /** Rows that a run has read, of each stream. */
    read: async (args: readonly string[] = []) => {
      const { code, record: run } = await record(args)
      assert.equal(code, 0)
      return run.streams.map(({ rows_read: read }) => read)
    },
  }
}

test('no sync loads a row that is older than the cutoff, unless the row changes', async (t) => {
  const { sandbox, rows, read, pass } = await oldConnection(t)
  for (let run = 0; run < 3; run++) {
    assert.deepEqual(await read(), [0, 0, 0], `run ${run + 1}`)
    assert.deepEqual(await rows(), [0, 0, 0])
    pass(1)
  }
  const [first, second] = sandbox.world.newsletters.map(({ id }) => Number(id))
  // The list is read again, because another row may have been hidden.
  deleteNewsletter(sandbox.world, first ?? 0)
  insertNewsletter(sandbox.world, { name: 'new' })
  assert.deepEqual(await read(), [1, 0, 0])
  pass(1)
  editNewsletter(sandbox.world, second ?? 0, { name: 'edited' })
  editCampaign(sandbox.world, 1002, { name: 'edited' })
  // The newest row is read at every sync.
  assert.deepEqual(await read(), [2, 1, 0])
  assert.deepEqual(await rows(), [2, 1, 0])
})

test('a paused connection loses nothing, and a resync loads what the cutoff left out', async (t) => {
  const { sandbox, rows, read, sync, pass } = await oldConnection(t)
  assert.deepEqual(await read(), [0, 0, 0])
  pass(1)
  insertNewsletter(sandbox.world, { name: 'written while the connection was paused' })
  pass(200)
  assert.deepEqual(await read(), [1, 0, 0])
  assert.equal((await sync(['resync', 'newsletters'])).code, 0)
  assert.deepEqual(await rows(), [7, 0, 0])
  pass(1)
  await read()
  assert.deepEqual(await rows(), [7, 0, 0])
})
