import assert from 'node:assert/strict'
import { test } from 'node:test'
import { run, temporaryFolder, writeJson } from '../support/programs.ts'

test('status says that a person has paused the schedule', async (t) => {
  const folder = await temporaryFolder(t)
  await writeJson(folder, 'connection.json', {
    source: { app_api_key: 'key-of-a-paused-connection' },
    destination: { warehouse_url: 'duckdb:warehouse.duckdb' },
    schedule: { type: 'basic', every: '3h', paused: true },
  })
  const text = await run('customerio-sync', { args: ['status'], cwd: folder })
  assert.equal(text.code, 0, text.stderr)
  assert.match(text.stdout, /^next run {4}none: the schedule is paused \(every 3h, paused\)$/m)
  const json = await run('customerio-sync', { args: ['status', '--json'], cwd: folder })
  const { schedule, next_run, paused_until } = JSON.parse(json.stdout) as Record<string, unknown>
  assert.deepEqual([schedule, next_run, paused_until], ['every 3h, paused', null, null])
})
