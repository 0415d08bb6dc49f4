import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { loadConnection } from '../../../src/runner/connection/connection.ts'
import type { ReportedEvent } from '../../../src/runner/scheduler/event-text.ts'
import { ScheduleService } from '../../../src/runner/scheduler/schedule-service.ts'
import { listConnections } from '../../../src/runner/workspace/documents.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import type { RunnerSetup } from '../../e2e/support/runner.ts'
import { lastRanYesterday, TICK_FAR_AWAY } from '../../e2e/support/started.ts'
import { MovedClock } from '../../support/moved-clock.ts'
import { temporaryFolder, writeJson } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'

/** A service over real files, whose clock moves only while a test waits for an event. */
async function setUp(t: TestContext) {
  const workspace = await temporaryFolder(t)
  await mkdir(join(workspace, 'connections'))
  const connect = async (file: string, members: JsonObject = {}) =>
    writeJson(workspace, file, {
      source: { app_api_key: 'key-123456' },
      destination: { table_prefix: `${file.replaceAll(/\W/g, '_')}_` },
      schedule: TICK_FAR_AWAY,
      ...members,
    })
  const clock = new MovedClock(Date.now())
  const controller = new AbortController()
  const events: ReportedEvent[] = []
  const service = new ScheduleService({
    list: async () => (await listConnections(workspace)).map(({ path }) => path),
    open: async (path) => loadConnection(path, {}),
    env: {},
    clock,
    signal: controller.signal,
    report: (event) => events.push(event),
    openDispatcher: async () => Promise.reject(new Error('no webhook in this test')),
  })
  const begin = async () => {
    await service.begin()
    const followed = service.follow()
    const stop = async () => {
      controller.abort(new Error('stop'))
      await followed
      await service.close()
    }
    t.after(stop)
    return stop
  }
  const saw = async (what: string, isWanted: (event: ReportedEvent) => boolean) =>
    until(
      async () => {
        await clock.advance(5000)
        return events.find(isWanted)
      },
      { what },
    )
  return { workspace, connect, service, events, begin, saw }
}

test('a connection that gets a schedule while the service runs has missed no tick', async (t) => {
  const { workspace, connect, events, begin, saw } = await setUp(t)
  await connect('connections/manual.json', { schedule: { type: 'manual' } })
  await lastRanYesterday({ folder: workspace } as RunnerSetup, 'manual')
  const stop = await begin()
  await connect('connections/manual.json')
  await saw('the next run', ({ type, job }) => type === 'waiting' && job.name === 'manual')
  await stop()
  assert.deepEqual(
    events.filter(({ type }) => type === 'started'),
    [],
  )
})

test('a renamed connection keeps its series of the next run', async (t) => {
  const { connect, service, begin, saw } = await setUp(t)
  await connect('connection.json')
  await begin()
  await saw('the next run', ({ type }) => type === 'waiting')
  await connect('connection.json', { name: 'prod' })
  await saw('the changed name', ({ type, job }) => type === 'scheduled' && job.name === 'prod')
  const series = await until(
    () => /next_run\S+\{connection="[^"]*"\}/.exec(service.published.metrics.text())?.[0],
    { what: 'the series' },
  )
  assert.match(series, /"prod"/)
})

test('warns when another process runs the schedule of a connection too', async (t) => {
  const { workspace, connect, begin, saw } = await setUp(t)
  await connect('connection.json')
  const folder = join(workspace, '.customerio-sync/connection')
  await mkdir(folder, { recursive: true })
  const process = { pid: 1, host: 'another machine', started: '1' }
  await writeFile(join(folder, 'scheduler.json'), JSON.stringify({ process, backoff: null }))
  await begin()
  const event = await saw('the warning', ({ type }) => type === 'told')
  assert.match(
    event.type === 'told' ? event.message : '',
    /^Another process seems to run the schedule of connection too\./,
  )
})
