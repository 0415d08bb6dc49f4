import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  ScheduleKeeper,
  schedulesState,
  type Schedules,
} from '../../../src/console/runs/schedule-keeper.ts'
import { MovedClock } from '../../support/moved-clock.ts'
import { temporaryFolder } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'

test('it is said which schedules run here', () => {
  assert.deepEqual(schedulesState([], 2), { state: 'running', message: null })
  assert.deepEqual(schedulesState([], 0), { state: 'running', message: null })
  const some = schedulesState(['a', 'b'], 1)
  assert.equal(some.state, 'running')
  assert.match(some.message ?? '', /^Another process runs the schedules of a, b\./)
  assert.equal(schedulesState(['a'], 0).state, 'elsewhere')
})

test('a lock that cannot be written blocks the schedules, and does not end the console', async (t) => {
  const folder = await temporaryFolder(t)
  const file = join(folder, 'file')
  await writeFile(file, 'no folder')
  const states: Schedules[] = []
  const ending = new AbortController()
  const clock = new MovedClock('2026-11-24T09:59:00Z')
  const keeper = new ScheduleKeeper({
    connections: async () => [],
    lockPath: join(file, 'schedules.lock'),
    createService: () => {
      throw new Error('no service without the lock')
    },
    clock,
    signal: ending.signal,
    onChange: (schedules) => states.push(schedules),
  })
  const followed = keeper.follow()
  await until(() => states.length > 0, { what: 'the state' })
  assert.equal(states[0]?.state, 'blocked')
  assert.match(states[0]?.message ?? '', /ENOTDIR/)
  ending.abort(new Error('stop'))
  await followed
})
