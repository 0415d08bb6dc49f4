import assert from 'node:assert/strict'
import { test } from 'node:test'
import { killRuns } from '../support/runner-kills.ts'

test('a killed runner, tap or target leaves no process, and the next run is complete', async (t) => {
  if (process.platform !== 'linux') {
    t.skip('needs /proc')
    return
  }
  const { failures, hits, missed } = await killRuns({ rounds: 12, seed: 11 })
  assert.deepEqual(failures, [])
  assert.equal(
    Object.values(hits).reduce((sum, count) => sum + count, missed),
    12,
  )
})
