import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConnectionFile } from '../../../src/runner/connection/connection-file.ts'
import { loadConnection } from '../../../src/runner/connection/connection.ts'
import { createSchedule } from '../../../src/runner/schedule/schedule.ts'
import { jobOf } from '../../../src/runner/scheduler/scheduled-job.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { temporaryFolder, writeJson } from '../../support/programs.ts'

const HOURLY = { type: 'basic', every: '1h' } as const

const now = () => Date.parse('2026-11-24T09:30:00Z')
const run = async () => Promise.reject(new Error('no run in this test'))

test('a run is wanted as long as the file has a schedule', async (t) => {
  const folder = join(await temporaryFolder(t), 'connections')
  await mkdir(folder)
  const connect = async (schedule: JsonObject) =>
    writeJson(folder, 'eu.json', {
      source: { app_api_key: 'key-123456' },
      destination: { table_prefix: 'eu_' },
      schedule,
    })
  const path = await connect(HOURLY)
  const open = async () => loadConnection(path, {})
  const file = new ConnectionFile(await open(), open)
  const schedule = createSchedule(HOURLY, now())
  const job = await jobOf({ file, schedule }, { run, enqueue: undefined, now })
  assert.equal(await job.isWanted(), true)
  await connect({ ...HOURLY, paused: true })
  assert.equal(await job.isWanted(), false, 'paused')
  await connect({ type: 'manual' })
  assert.equal(await job.isWanted(), false, 'manual')
  await writeFile(path, '{')
  assert.equal(await job.isWanted(), true, 'not valid: its run fails and says why')
  await rm(path)
  assert.equal(await job.isWanted(), false, 'deleted')
  await rm(folder, { recursive: true })
  assert.equal(await job.isWanted(), true, 'its folder is away for a moment')
})
