import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { API_PREFIX } from '../../src/console/api/operations.ts'
import type { Api } from '../../src/console/api/schemas.generated.ts'
import { collect, start } from '../support/programs.ts'
import { until } from '../support/wait.ts'
import { consoleWorkspace, logIn, startConsole, type Client } from './support/console-process.ts'
import { versionOf } from './support/documents.ts'
import { readEvents } from './support/event-reader.ts'

const params = { name: 'eu' }
const NO_SCHEDULES = { args: ['--no-schedules'] }

async function connectionOf(client: Client): Promise<Api<'Connection'>> {
  return (await client.ok<Api<'ConnectionDetail'>>('getConnection', { params })).body.connection
}

test('a run of another process is shown when it begins, and its rows when it ends', async (t) => {
  const { folder, connect, sandbox } = await consoleWorkspace(t, { latency: { fixedMs: 1000 } })
  await connect('eu')
  const running = await startConsole(t, folder, NO_SCHEDULES)
  const client = await logIn(running)
  const events = await readEvents(`${client.base}${API_PREFIX}/events`, { cookie: client.cookie })
  await events.waitFor(({ type }) => type === 'reset')
  const child = start('customerio-sync', { args: ['run', '--connection', 'eu'], cwd: folder })
  const finished = collect(child)
  await events.waitFor(({ type }) => type === 'connection_changed')
  const current = await connectionOf(client)
  assert.deepEqual([current.status, current.current_run?.state], ['running', 'elsewhere'])
  const refused = await client.call('deleteConnection', {
    params,
    headers: versionOf(await client.ok('getConnection', { params })),
  })
  assert.deepEqual([refused.status, refused.body['code']], [409, 'IN_USE'])
  assert.equal((await finished).code, 0)
  await until(() => events.events.length > 2, { what: 'the event of the end' })
  const counted = await until(
    async () => {
      const connection = await connectionOf(client)
      return connection.rows_read_at === null ? undefined : connection
    },
    { what: 'the rows' },
  )
  assert.equal(counted.status, 'succeeded')
  assert.equal(counted.streams[0]?.live_rows, sandbox.world.newsletters.length)
  events.close()
  await events.ended
  await running.stop()
  // A pause changes the file, and not the tables.
  await connect('eu', { schedule: { type: 'basic', every: '3h', paused: true } })
  const again = await logIn(await startConsole(t, folder, NO_SCHEDULES))
  const { rows_read_at: readAt, streams, status } = await connectionOf(again)
  assert.deepEqual([readAt, status], [counted.rows_read_at, 'paused'])
  assert.equal(streams[0]?.live_rows, sandbox.world.newsletters.length)
})

test('runs of a connection stay visible when its file is not valid any more', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu')
  const first = await startConsole(t, folder, NO_SCHEDULES)
  const client = await logIn(first)
  await client.ok('startRun', { params, body: {} })
  await until(async () => (await client.call('getCurrentRun', { params })).status === 404, {
    what: 'the run to end',
  })
  await writeFile(join(folder, 'connections/eu.json'), '{ "source": ')
  await first.stop()
  const after = await logIn(await startConsole(t, folder, NO_SCHEDULES))
  assert.equal((await connectionOf(after)).status, 'invalid')
  const { body } = await after.ok<Api<'RunList'>>('listRuns')
  const ids = { ...params, run_id: body.runs[0]?.run_id ?? '' }
  assert.equal(body.runs[0]?.outcome, 'succeeded')
  assert.equal((await after.ok<Api<'Run'>>('getRun', { params: ids })).body.run.connection, 'eu')
  assert.ok((await after.ok<Api<'RunLog'>>('getRunLog', { params: ids })).body.lines.length > 0)
  assert.equal((await after.ok<Api<'RunSeries'>>('getRunSeries', { params })).body.run_id.length, 1)
})
