/** The state that Meltano keeps: set, cleared, merged, and after failed and stopped runs. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editAction } from '../../src/sandbox/action-edits.ts'
import { errorStatus } from '../../src/sandbox/api/answers.ts'
import { editNewsletter } from '../../src/sandbox/edits.ts'
import { actionsOf, idText } from '../../src/sandbox/world.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { assertTruth, meltanoProject, RUN, STATE_ID, WORLD } from './workspace.ts'

test('--full-refresh reads everything; state set and state clear change where a run starts', async (t) => {
  const project = await meltanoProject(t, { sandbox: { world: WORLD } })
  await project.meltano(RUN)
  const all = await project.loadedSince(0)
  let commits = await project.commits()
  await project.meltano(['run', '--full-refresh', 'tap-customerio', 'target-warehouse'])
  assert.deepEqual(await project.loadedSince(commits), all)

  const state = await project.storedState()
  const bookmarks = state['bookmarks'] as JsonObject
  const early = { replication_key: 'updated', replication_key_value: '2000-01-01T00:00:00Z' }
  const singer_state = { ...state, bookmarks: { ...bookmarks, campaigns: early } }
  const text = JSON.stringify({ singer_state })
  await project.meltano(['state', 'set', '--force', STATE_ID, text])
  commits = await project.commits()
  await project.meltano(RUN)
  assert.equal((await project.loadedSince(commits))['campaigns'], all['campaigns'])

  await project.meltano(['state', 'clear', '--force', STATE_ID])
  commits = await project.commits()
  await project.meltano(RUN)
  assert.deepEqual(await project.loadedSince(commits), all)
  await assertTruth(project)
})

test('reads later edits even if Meltano merges states, as in a full refresh', async (t) => {
  const env = { TARGET_WAREHOUSE_BATCH_SIZE_ROWS: '2' }
  const project = await meltanoProject(t, { sandbox: { world: WORLD }, env })
  const { world } = project.sandbox
  const campaigns = world.campaigns
    .map(({ id }) => Number(id))
    .filter((id) => actionsOf(world, id)[0])
  const campaignId = Math.min(...campaigns)
  const actionId = idText(actionsOf(world, campaignId)[0]?.['id'])
  for (const [at, args] of [
    [],
    ['--full-refresh'],
    [],
    ['--state-strategy', 'merge'],
    [],
  ].entries()) {
    await project.meltano(['run', ...args, 'tap-customerio', 'target-warehouse'])
    await assertTruth(project)
    editAction(world, { campaignId, actionId }, { name: `edited after run ${at}` })
  }
})

test('a failing tap fails the run and keeps committed rows; the next run is complete', async (t) => {
  const project = await meltanoProject(t, {
    sandbox: { world: WORLD },
    env: { TAP_CUSTOMERIO_RETRY_BUDGET_SECONDS: '1' },
  })
  project.sandbox.faults.add({ match: /\/campaigns\/\d+\/actions/, respond: errorStatus(500) })
  const { stdout, stderr } = await project.meltano(RUN, { fails: true })
  assert.match(stdout + stderr, /campaign_actions/)
  await assertTruth(project, ['newsletters', 'campaigns'])
  assert.deepEqual(await project.storedState(), await project.committedState())
  project.sandbox.faults.clear()
  await project.meltano(RUN)
  await assertTruth(project)
})

test('a failing target fails the run and leaves the stored state unchanged', async (t) => {
  const project = await meltanoProject(t, { sandbox: { world: WORLD } })
  await project.meltano(RUN)
  const before = await project.storedState()
  const { world } = project.sandbox
  editNewsletter(world, Number(world.newsletters[5]?.['id']), { name: 'renamed' })
  const env = { TARGET_WAREHOUSE_WAREHOUSE_URL: `duckdb:${project.folder}/missing/w.duckdb` }
  const { stdout, stderr } = await project.meltano(RUN, { env, fails: true })
  assert.match(stdout + stderr, /folder of the DuckDB file .* does not exist/)
  assert.deepEqual(await project.storedState(), before)
  await project.meltano(RUN)
  await assertTruth(project)
})

test('SIGTERM during a run ends both programs; the next run is complete', async (t) => {
  const project = await meltanoProject(t, {
    sandbox: { world: { ...WORLD, campaigns: 60 }, latency: { fixedMs: 100 } },
    env: { TAP_CUSTOMERIO_REQUESTS_PER_SECOND: '20' },
  })
  let isSent = false
  await project.meltano(RUN, {
    fails: true,
    onOutput: (output, kill) => {
      if (isSent || !output.includes('Read campaigns.')) return
      isSent = true
      kill('SIGTERM')
    },
  })
  assert.ok(isSent)
  project.sandbox.latency.fixedMs = 0
  await project.meltano(RUN, { env: { TAP_CUSTOMERIO_REQUESTS_PER_SECOND: '500' } })
  await assertTruth(project)
  assert.deepEqual(await project.storedState(), await project.committedState())
})
