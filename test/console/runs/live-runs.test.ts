import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { ApiError } from '../../../src/console/api/problems.ts'
import type { ConsoleEvent } from '../../../src/console/events/event-log.ts'
import { LiveRuns, type WantedRun } from '../../../src/console/runs/live-runs.ts'
import { AppError } from '../../../src/errors.ts'
import { conflictKeysOf } from '../../../src/runner/connection/conflicts.ts'
import { loadConnection, type Connection } from '../../../src/runner/connection/connection.ts'
import { History } from '../../../src/runner/history/history.ts'
import { notStartedRecord } from '../../../src/runner/history/record.ts'
import type { RunOptions } from '../../../src/runner/run/run-options.ts'
import { RunQueue } from '../../../src/runner/scheduler/run-queue.ts'
import { held } from '../../support/held.ts'
import { temporaryFolder, writeJson } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'

const MANUAL: WantedRun = { trigger: 'manual' }
const want = () => MANUAL

/** Runs over real files, where `end` says how each run ends. */
async function setUp(t: TestContext) {
  const workspace = await temporaryFolder(t)
  await mkdir(join(workspace, 'connections'))
  const connect = async (name: string, { key = 'key-123456', prefix = `${name}_` } = {}) => {
    const path = await writeJson(join(workspace, 'connections'), `${name}.json`, {
      source: { app_api_key: key },
      destination: { warehouse_url: `duckdb:${name}.duckdb`, table_prefix: prefix },
    })
    return loadConnection(path, {})
  }
  const events: ConsoleEvent[] = []
  const started: Connection[] = []
  const bugs: unknown[] = []
  const stopping = new AbortController()
  const queue = new RunQueue()
  const ending = { end: async (): Promise<void> => {}, open: async () => {} }
  const runs = new LiveRuns({
    events: { append: (event) => events.push(event) },
    queue,
    env: {},
    signal: stopping.signal,
    open: async (path) => {
      await ending.open()
      return loadConnection(path, {})
    },
    clean: (text) => text.replaceAll('secret', '***'),
    onManualEnd: () => undefined,
    onEnd: () => undefined,
    onBug: (error) => bugs.push(error),
    runOnce: async (connection: Connection, { trigger }: RunOptions) => {
      started.push(connection)
      await ending.end()
      return notStartedRecord(connection, { trigger, error: undefined, nowMs: Date.now() })
    },
  })
  /** Holds the keys of a connection, as a run of another one does. */
  const hold = async (connection: Connection) => {
    const { promise, release } = held()
    const turn = queue.run(conflictKeysOf(connection), stopping.signal, async () => promise)
    return async () => {
      release()
      await turn
    }
  }
  const ends = () => events.flatMap((event) => (event.type === 'run_ended' ? [event] : []))
  return { connect, events, started, bugs, runs, stopping, ending, hold, ends }
}

function typesOf(events: readonly ConsoleEvent[]): string[] {
  return events.map(({ type }) => type)
}

test('a run that waited has the settings of its turn, not those of the click', async (t) => {
  const { connect, started, runs, hold } = await setUp(t)
  const release = await hold(await connect('eu'))
  runs.start(await connect('eu'), want)
  await connect('eu', { prefix: 'new_' })
  await release()
  await runs.ended()
  assert.deepEqual(
    started.map(({ destination }) => destination.table_prefix),
    ['new_'],
  )
})

test('a run whose key changed while it waited waits for the new key, too', async (t) => {
  const { connect, started, runs, hold } = await setUp(t)
  const release = await hold(await connect('eu'))
  const other = { key: 'key-987654' }
  const releaseOther = await hold(await connect('us', other))
  runs.start(await connect('eu'), want)
  await connect('eu', other)
  await release()
  assert.equal(started.length, 0)
  await releaseOther()
  await runs.ended()
  assert.deepEqual(
    started.map(({ source }) => source.app_api_key),
    ['key-987654'],
  )
})

test('a run that cannot start says why, without secrets', async (t) => {
  const { connect, runs, ending, ends, bugs } = await setUp(t)
  ending.end = async () => {
    throw new AppError('RUN_IN_PROGRESS', 'A secret process runs it.', { hint: 'Wait.' })
  }
  runs.start(await connect('eu'), want)
  await runs.ended()
  const error = {
    code: 'RUN_IN_PROGRESS',
    message: 'A *** process runs it.',
    hint: 'Wait.',
    problems: [],
  }
  assert.deepEqual(ends(), [{ type: 'run_ended', connection: 'eu', run: null, error }])
  assert.deepEqual(bugs, [])
  assert.equal(runs.current((await connect('eu')).path), undefined)
})

test('a run whose file became invalid while it waited is a failed run in the history', async (t) => {
  const { connect, runs, ending, ends } = await setUp(t)
  const connection = await connect('eu')
  ending.open = async () => {
    throw new AppError('CONFIG_INVALID', 'It is not valid.')
  }
  runs.start(connection, want)
  await runs.ended()
  const [end] = ends()
  assert.deepEqual([end?.run?.error?.code, end?.error], ['CONFIG_INVALID', null])
  const [newest] = await new History(connection.dataFolder).newest(1)
  assert.equal(newest?.run.run_id, end?.run?.run_id)
})

test('a connection that was deleted while its run waited gets no run', async (t) => {
  const { connect, runs, ending, ends, bugs } = await setUp(t)
  const connection = await connect('eu')
  ending.open = async () => {
    throw new ApiError('UNKNOWN_NAME', 'The workspace has no connection with this name.')
  }
  runs.start(connection, want)
  await runs.ended()
  assert.deepEqual([ends()[0]?.run, ends()[0]?.error?.code, bugs], [null, 'UNKNOWN_NAME', []])
  assert.deepEqual(await new History(connection.dataFolder).newest(1), [])
})

test('a scheduled run that waits is shown as queued, and can be cancelled', async (t) => {
  const { connect, events, runs } = await setUp(t)
  const connection = await connect('eu')
  const queued = runs.enqueue(connection, 'schedule')
  const current = runs.current(connection.path)
  assert.deepEqual([current?.state, current?.trigger], ['queued', 'schedule'])
  runs.cancel(connection.path)
  assert.equal(queued?.signal.aborted, true)
  queued?.leave()
  assert.equal(runs.current(connection.path), undefined)
  assert.deepEqual(typesOf(events), ['run_queued', 'run_ended'])
})

test('a scheduled run that waits behind a manual one is shown, and takes its place', async (t) => {
  const { connect, events, runs, ending } = await setUp(t)
  const connection = await connect('eu')
  const { path } = connection
  const { promise, release } = held()
  ending.end = async () => promise
  runs.start(connection, want)
  await until(() => runs.current(path)?.state === 'running', { what: 'the manual run' })
  const queued = runs.enqueue(connection, 'schedule')
  assert.equal(runs.enqueue(connection, 'schedule'), undefined)
  const shown = [runs.current(path)?.trigger, runs.queued(path)?.trigger, runs.queued(path)?.state]
  assert.deepEqual(shown, ['manual', 'schedule', 'queued'])
  release()
  await runs.ended()
  assert.deepEqual([runs.current(path)?.trigger, runs.queued(path)], ['schedule', undefined])
  const { signal } = new AbortController()
  await runs.run(connection, { trigger: 'schedule', env: {}, signal })
  queued?.leave()
  assert.deepEqual(typesOf(events), [
    'run_queued',
    'connection_changed',
    'run_ended',
    'run_queued',
    'run_ended',
  ])
})

test('a scheduled run that leaves the queue behind a manual one is not shown any more', async (t) => {
  const { connect, runs, ending } = await setUp(t)
  const connection = await connect('eu')
  const { promise, release } = held()
  ending.end = async () => promise
  runs.start(connection, want)
  runs.enqueue(connection, 'schedule')?.leave()
  assert.equal(runs.queued(connection.path), undefined)
  release()
  await runs.ended()
  assert.equal(runs.current(connection.path), undefined)
})

test('a scheduled run is one run from the queue to its end', async (t) => {
  const { connect, events, started, runs } = await setUp(t)
  const connection = await connect('eu')
  const queued = runs.enqueue(connection, 'catch_up')
  const { signal } = new AbortController()
  await runs.run(connection, { trigger: 'catch_up', env: {}, signal })
  queued?.leave()
  assert.deepEqual(typesOf(events), ['run_queued', 'run_ended'])
  assert.equal(started.length, 1)
})

test('the console waits for a scheduled run at its end', async (t) => {
  const { connect, runs, ending } = await setUp(t)
  const { promise, release } = held()
  ending.end = async () => promise
  const { signal } = new AbortController()
  const connection = await connect('eu')
  const running = runs.run(connection, { trigger: 'schedule', env: {}, signal })
  let hasEnded = false
  const ended = runs.ended().then(() => (hasEnded = true))
  await until(() => runs.current(connection.path)?.state === 'running', { what: 'the run' })
  assert.equal(hasEnded, false)
  release()
  await running
  await ended
})
