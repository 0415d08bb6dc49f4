import assert from 'node:assert/strict'
import { test } from 'node:test'
import { errorStatus } from '../../../src/sandbox/api/answers.ts'
import { query } from '../support/connection.ts'
import { setUp } from '../support/runner.ts'

test('`load_method` overwrite loads every row after an interrupted run', async (t) => {
  const { sandbox, database, record } = await setUp(t, {
    sandbox: { world: { examples: false, campaigns: 8, actionsPerCampaign: 3 } },
    source: { retry_budget_seconds: 0 },
    connection: {
      destination: { load_method: 'overwrite' },
      resources: { campaign_actions: 'full_refresh' },
    },
  })
  const rows = async () => query(database, 'select count(*)::int as n from campaign_actions')
  assert.equal((await record()).code, 0)
  assert.deepEqual(await rows(), [{ n: 24 }])
  const [id] = sandbox.world.campaigns.map((campaign) => Number(campaign['id'])).slice(4)
  const match = new RegExp(`campaigns/${id}/actions`)
  sandbox.faults.add({ match, respond: errorStatus(500) })
  assert.equal((await record()).code, 5)
  assert.deepEqual(await rows(), [{ n: 12 }])
  sandbox.faults.clear()
  assert.equal((await record()).code, 0)
  assert.deepEqual(await rows(), [{ n: 24 }])
})
