import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { recordFailure } from '../../../src/runner/run/failed-run.ts'
import { recordOf, notifiedConnection } from '../../support/network/webhook-receiver.ts'

test('records a run that threw once, and not at all when another run is in progress', async (t) => {
  const { connection, history } = await notifiedConnection(t)
  const record = async (error: unknown, startedMs: number) =>
    recordFailure(connection, { trigger: 'schedule', error, startedMs })
  assert.equal(
    await record(new AppError('RUN_IN_PROGRESS', 'Another run is in progress.'), 0),
    undefined,
  )
  assert.deepEqual(await history.newest(9), [])

  const full = await record(new AppError('OUTPUT_FAILED', 'The disk is full.'), Date.now())
  assert.deepEqual(full?.error, {
    program: 'customerio-sync',
    code: 'OUTPUT_FAILED',
    message: 'The disk is full.',
  })
  assert.deepEqual(
    (await history.newest(9)).map(({ run }) => run),
    [full],
  )
  const own = recordOf('failed', Date.now())
  await history.end(own)
  assert.deepEqual(await record(new Error('a bug'), Date.parse(own.started_at)), own)
  assert.equal((await history.newest(9)).length, 2)
})
