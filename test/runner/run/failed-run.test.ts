import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { recordFailure } from '../../../src/runner/run/failed-run.ts'
import { recordOf, toldConnection } from '../../support/webhook-receiver.ts'

test('a run that threw has one record: its own, or that it could not begin; none where another is under way', async (t) => {
  const { connection, history } = await toldConnection(t)
  const record = async (error: unknown, beganMs: number) =>
    recordFailure(connection, { trigger: 'schedule', error, beganMs })
  assert.equal(await record(new AppError('RUN_UNDER_WAY', 'One is under way.'), 0), undefined)
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
