import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api } from '../../../src/console/api/schemas.generated.ts'
import {
  isOutdated,
  notStarted,
  outdatedPaths,
  withCurrentRun,
  withProgress,
} from '../../../src/page/view/live.ts'
import { connectionOf, runOf } from '../support/samples.ts'

const RUN: Api<'CurrentRun'> = {
  connection: 'production',
  state: 'running',
  run_id: 'r1',
  trigger: 'manual',
  started_at: '2026-11-27T12:00:00Z',
  progress: {
    seconds: 4,
    requests: 9,
    retries: 1,
    rate_limited: 0,
    streams: [
      { stream: 'campaigns', rows_read: 50, rows_loaded: 40, rows_deleted: 2, rows_rejected: 1 },
    ],
  },
}

test('a run in progress changes the status of its connection only', () => {
  const before = connectionOf({ name: 'production', status: 'succeeded' })
  assert.equal(withCurrentRun(before, RUN).status, 'running')
  assert.equal(withCurrentRun(before, { ...RUN, state: 'queued' }).status, 'queued')
  assert.equal(withCurrentRun(connectionOf({ name: 'other', status: 'new' }), RUN).status, 'new')
})

test('progress changes the numbers of its run only', () => {
  const before = runOf({ run_id: 'r1', outcome: 'running' })
  const after = withProgress(before, RUN)
  assert.deepEqual(
    [after.run.rows_read, after.run.rows_loaded, after.run.rows_deleted, after.run.rows_rejected],
    [50, 40, 2, 1],
  )
  assert.deepEqual([after.requests, after.retries, after.run.seconds], [9, 1, 4])
  assert.equal(after.streams[0]?.rows_loaded, 40)
  assert.equal(withProgress(runOf({ run_id: 'r2', outcome: 'running' }), RUN).requests, 0)
})

test('a gap makes everything out of date, progress nothing', () => {
  assert.deepEqual(outdatedPaths({ type: 'reset', now: '2026-11-27T12:00:00Z' }), [''])
  assert.deepEqual(
    outdatedPaths({ type: 'run_progress', connection: 'production', current_run: RUN }),
    [],
  )
})

test('the end of a run makes its connection out of date, and no other', () => {
  const outdated = outdatedPaths({ type: 'run_ended', connection: 'a b', run: null, error: null })
  const paths = [
    '/connections',
    '/runs?limit=50',
    '/connections/a%20b',
    '/connections/a%20b/runs/r1',
    '/workspace',
  ]
  assert.deepEqual(
    paths.filter((path) => !isOutdated(path, outdated)),
    [],
  )
  assert.deepEqual(
    ['/connections/other', '/forms', '/drafts'].filter((path) => isOutdated(path, outdated)),
    [],
  )
})

test('a changed connection makes its runs out of date, but counts no rows again', () => {
  const outdated = outdatedPaths({ type: 'connection_changed', connection: 'a b' })
  const paths = [
    '/connections',
    '/workspace',
    '/runs?limit=50',
    '/connections/a%20b',
    '/connections/a%20b/runs/r1',
    '/connections/a%20b/series?limit=90',
  ]
  assert.deepEqual(
    paths.filter((path) => !isOutdated(path, outdated)),
    [],
  )
  const tables = [
    '/connections/a%20b/tables',
    '/connections/a%20b/tables/campaigns/preview?rows=20',
  ]
  assert.deepEqual(
    tables.filter((path) => isOutdated(path, outdated)),
    [],
  )
  const end = outdatedPaths({ type: 'run_ended', connection: 'a b', run: null, error: null })
  assert.ok(tables.every((path) => isOutdated(path, end)))
})

test('a run that could not start is said with its connection, one that was cancelled is not', () => {
  const error = { code: 'RUN_IN_PROGRESS', message: 'It runs.', hint: 'Wait.', problems: [] }
  const end = { type: 'run_ended', connection: 'production', run: null } as const
  const said = notStarted({ ...end, error })
  assert.deepEqual(said, { ...error, message: 'The run of production did not start. It runs.' })
  assert.equal(notStarted({ ...end, error: null }), undefined)
  assert.equal(notStarted({ type: 'connection_changed', connection: 'production' }), undefined)
})
