import assert from 'node:assert/strict'
import { test } from 'node:test'
import { API_PREFIX } from '../../src/console/api/operations.ts'
import type { Api } from '../../src/console/api/schemas.generated.ts'
import { until } from '../support/wait.ts'
import { consoleWorkspace, logIn, startConsole, type Client } from './support/console-process.ts'
import { readEvents } from './support/event-reader.ts'

const params = { name: 'eu' }

async function endedRun(client: Client): Promise<Api<'Run'>> {
  const found = await until(
    async () => {
      const { body } = await client.ok<Api<'RunList'>>('listRuns')
      const [run] = body.runs
      return run && run.outcome !== 'running' ? run : undefined
    },
    { what: 'the run to end' },
  )
  const run = await client.ok<Api<'Run'>>('getRun', { params: { ...params, run_id: found.run_id } })
  return run.body
}

test('a run is started, watched live, and shown with its streams, its log and the tables', async (t) => {
  const { folder, connect, sandbox } = await consoleWorkspace(t)
  await connect('eu')
  const client = await logIn(await startConsole(t, folder))
  const headers = { cookie: client.cookie }
  const workspace = await readEvents(`${client.base}${API_PREFIX}/events`, headers)
  await workspace.waitFor(({ type }) => type === 'reset')
  const started = await client.ok<Api<'CurrentRun'>>('startRun', { params, body: {} })
  assert.deepEqual([started.body.trigger, started.body.connection], ['manual', 'eu'])
  const { event } = await workspace.waitFor(({ type }) => type === 'run_started')
  const runId = event.type === 'run_started' ? (event.current_run.run_id ?? '') : ''
  const ended = await workspace.waitFor(({ type }) => type === 'run_ended')
  assert.equal(ended.event.type === 'run_ended' && ended.event.run?.outcome, 'succeeded')
  const { run, streams, requests } = await endedRun(client)
  assert.equal(run.run_id, runId)
  assert.equal(
    run.rows_loaded,
    sandbox.world.newsletters.length + run.rows_read - sandbox.world.newsletters.length,
  )
  assert.deepEqual(
    streams.map(({ stream }) => stream),
    ['newsletters', 'campaigns', 'campaign_actions'],
  )
  assert.ok(
    streams.every((stream) => stream.bookmark_before === null && stream.bookmark_after !== null),
  )
  assert.ok(requests > 0)
  const logged = async (query: Record<string, string | number>) =>
    (await client.ok<Api<'RunLog'>>('getRunLog', { params: { ...params, run_id: runId }, query }))
      .body
  const log = await logged({})
  assert.deepEqual(
    log.lines.map(({ line }) => line),
    log.lines.map((_line, at) => at + 1),
  )
  assert.match(log.lines.at(-1)?.message ?? '', /^The run succeeded\./)
  assert.deepEqual((await logged({ level: 'error' })).lines, [])
  assert.deepEqual(
    (await logged({ search: 'LOAD FINISHED' })).lines.map(({ program }) => program),
    ['target-warehouse'],
  )
  const second = await logged({ after: 1, limit: 1 })
  assert.deepEqual([second.lines.map(({ line }) => line), second.next], [[2], 2])
  const download = await client.ok('downloadRunLog', { params: { ...params, run_id: runId } })
  assert.match(String(download.headers['content-disposition']), /^attachment; filename="eu-/)
  const series = await client.ok<Api<'RunSeries'>>('getRunSeries', { params })
  assert.deepEqual([series.body.run_id, series.body.outcome], [[runId], ['succeeded']])
  const tables = await client.ok<Api<'TableList'>>('listTables', { params })
  assert.equal(tables.body.tables[0]?.live_rows, sandbox.world.newsletters.length)
  assert.equal(tables.body.tables[0]?.newest_update, streams[0]?.bookmark_after)
  const preview = await client.ok<Api<'TablePreview'>>('previewTable', {
    params: { ...params, stream: 'newsletters' },
    query: { rows: 3 },
  })
  assert.equal(preview.body.rows.length, 3)
  assert.ok(preview.body.columns.includes('name'))
  const unknown = await client.call('previewTable', { params: { ...params, stream: 'nope' } })
  assert.equal(unknown.status, 404)
  const { body: connection } = await client.ok<Api<'ConnectionDetail'>>('getConnection', { params })
  assert.equal(connection.connection.status, 'succeeded')
  assert.equal(connection.connection.fresh_until, run.started_at)
  assert.equal(connection.connection.streams[0]?.live_rows, sandbox.world.newsletters.length)
  const over = await readEvents(
    `${client.base}${API_PREFIX}/connections/eu/runs/${runId}/events`,
    headers,
  )
  assert.equal(over.status, 204)
  workspace.close()
  await workspace.ended
  // One stream for a window that watches a run: from where another one ended, with the run's log.
  const url = `${client.base}${API_PREFIX}/events?last_event_id=${workspace.events[0]?.id}`
  const window = await readEvents(`${url}&log_of=${runId}`, headers)
  await window.waitFor(({ type }) => type === 'run_ended')
  window.close()
  await window.ended
  const types = new Set(window.events.map((one) => one.event.type))
  assert.deepEqual([types.has('reset'), types.has('run_queued')], [false, true])
  assert.deepEqual(
    window.events.flatMap((one) => (one.event.type === 'run_log' ? [one.event.line] : [])),
    log.lines,
  )
  const without = await readEvents(`${url}&log_of=another`, headers)
  await without.waitFor(({ type }) => type === 'run_ended')
  without.close()
  await without.ended
  assert.ok(without.events.every((one) => one.event.type !== 'run_log'))
})

test('a run is cancelled, and the stream of its events ends', async (t) => {
  const { folder, connect } = await consoleWorkspace(t, { latency: { fixedMs: 3000 } })
  await connect('eu')
  const client = await logIn(await startConsole(t, folder))
  const none = await client.call('cancelRun', { params })
  assert.deepEqual([none.status, none.body['code']], [404, 'NO_RUN'])
  await client.ok('startRun', { params, body: {} })
  const again = await client.call('startRun', { params, body: {} })
  assert.deepEqual([again.status, again.body['code']], [409, 'RUN_IN_PROGRESS'])
  const current = await until(
    async () => {
      const { body } = await client.ok<Api<'CurrentRun'>>('getCurrentRun', { params })
      return (body.progress?.requests ?? 0) > 0 ? body : undefined
    },
    { what: 'progress' },
  )
  assert.equal(current.state, 'running')
  const running = await client.call('deleteConnection', {
    params,
    headers: { 'if-match': String((await client.ok('getConnection', { params })).headers['etag']) },
  })
  assert.deepEqual([running.status, running.body['code']], [409, 'IN_USE'])
  const url = `${client.base}${API_PREFIX}/connections/eu/runs/${current.run_id}/events`
  const events = await readEvents(url, { cookie: client.cookie })
  const cancelled = await client.ok<Api<'CurrentRun'>>('cancelRun', { params })
  assert.equal(cancelled.body.state, 'stopping')
  await events.ended
  const { body: log } = await client.ok<Api<'RunLog'>>('getRunLog', {
    params: { ...params, run_id: current.run_id ?? '' },
  })
  for (const { event } of events.events)
    if (event.type === 'run_log')
      assert.equal(event.line.message, log.lines[event.line.line - 1]?.message)
  const last = events.events.at(-1)?.event
  assert.equal(last?.type === 'run_ended' && last.run?.outcome, 'stopped')
  assert.equal((await endedRun(client)).run.outcome, 'stopped')
})

test('runs that conflict wait, and a waiting run can be cancelled', async (t) => {
  const { folder, connect } = await consoleWorkspace(t, { latency: { fixedMs: 1000 } })
  await connect('eu')
  await connect('us', { destination: { table_prefix: 'us_' } })
  const client = await logIn(await startConsole(t, folder))
  await client.ok('startRun', { params, body: {} })
  const us = { name: 'us' }
  const queued = await client.ok<Api<'CurrentRun'>>('startRun', { params: us, body: {} })
  assert.equal(queued.body.state, 'queued')
  const list = await client.ok<Api<'ConnectionList'>>('listConnections')
  assert.deepEqual(
    list.body.connections.map(({ name, status }) => [name, status]),
    [
      ['eu', 'running'],
      ['us', 'queued'],
    ],
  )
  await client.ok('cancelRun', { params: us })
  await until(async () => (await client.call('getCurrentRun', { params: us })).status === 404, {
    what: 'the queue to be empty',
  })
  await client.ok('cancelRun', { params })
  assert.equal((await endedRun(client)).run.connection, 'eu')
})

test('a stream is resynced, and a wrong request is refused', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu')
  const client = await logIn(await startConsole(t, folder))
  const refused = await client.call('startRun', { params, body: { resync: true } })
  assert.equal(refused.status, 400)
  const unknown = await client.call('startRun', { params, body: { streams: ['nope'] } })
  assert.deepEqual([unknown.status, unknown.body['code']], [400, 'USAGE'])
  await client.ok('startRun', { params, body: { streams: ['campaigns'], resync: true } })
  const { run, streams, is_whole: isWhole } = await endedRun(client)
  assert.deepEqual([run.trigger, run.outcome, isWhole], ['resync', 'succeeded', false])
  assert.deepEqual(
    streams.map(({ stream, mode }) => [stream, mode]),
    [['campaigns', 'full_refresh']],
  )
})

test('a failed run says what to do, and its log is searched', async (t) => {
  const { folder, connect, sandbox } = await consoleWorkspace(t)
  await connect('eu')
  sandbox.keys.clear()
  const client = await logIn(await startConsole(t, folder))
  await client.ok('startRun', { params, body: {} })
  const { run } = await endedRun(client)
  assert.deepEqual(
    [run.outcome, run.error?.code, run.error?.action],
    ['failed', 'UNAUTHORIZED', 'edit_source'],
  )
  assert.match(run.error?.remedy ?? '', /App API key/)
  const { body } = await client.ok<Api<'ConnectionList'>>('listConnections')
  assert.equal(body.connections[0]?.last_run?.error?.code, 'UNAUTHORIZED')
  assert.ok(client.texts.every((text) => !text.includes(sandbox.apiKey)))
})

test('runs are listed page by page, and filtered', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu')
  const client = await logIn(await startConsole(t, folder))
  for (const streams of [['newsletters'], ['campaigns'], ['newsletters']]) {
    await client.ok('startRun', { params, body: { streams } })
    await until(async () => (await client.call('getCurrentRun', { params })).status === 404, {
      what: 'the run to end',
    })
  }
  const ids: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const query: Record<string, string | number> = { limit: 2, ...(cursor !== '' && { cursor }) }
    const { body } = await client.ok<Api<'RunList'>>('listRuns', { query })
    ids.push(...body.runs.map(({ run_id: id }) => id))
    cursor = body.next
  }
  assert.equal(new Set(ids).size, 3)
  const { body } = await client.ok<Api<'RunList'>>('listRuns', { query: { outcome: 'failed' } })
  assert.deepEqual(body, { runs: [], next: null })
  for (const query of [{ cursor: 'x' }, { limit: 0 }, { limit: 'many' }, { unknown: 1 }])
    assert.equal((await client.call('listRuns', { query })).status, 400)
  const unknown = await client.call('listRuns', { query: { connection: 'nope' } })
  assert.ok([400, 404].includes(unknown.status))
})

test('a copy of a connection, and one that conflicts, get no run', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu', { id: '7d1f2a7e-0d0a-4c53-9d3b-1c9f7c0f3a11' })
  await connect('copy', {
    id: '7d1f2a7e-0d0a-4c53-9d3b-1c9f7c0f3a11',
    destination: { warehouse_url: 'duckdb:other.duckdb', table_prefix: 'copy_' },
  })
  await connect('same', { id: '0b0a1f34-7b0f-4f0e-8f43-6d5d7a1f9b22' })
  await connect('alone', { destination: { table_prefix: 'alone_' } })
  const client = await logIn(await startConsole(t, folder, { args: ['--no-schedules'] }))
  const refusals = [
    ['copy', /Two connections have the id/],
    ['same', /Two connections would write the same tables/],
  ] as const
  for (const [name, text] of refusals) {
    const run = await client.call<Api<'Error'>>('startRun', { params: { name }, body: {} })
    assert.equal(run.status, 422)
    assert.match(run.body.message, text)
    const check = await client.call('checkConnection', { params: { name } })
    assert.deepEqual([check.status, check.body['code']], [422, 'CONFIG_INVALID'])
  }
  const alone = { name: 'alone' }
  await client.ok('startRun', { params: alone, body: {} })
  await until(async () => (await client.call('getCurrentRun', { params: alone })).status === 404, {
    what: 'the run to end',
  })
})
