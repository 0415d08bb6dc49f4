import assert from 'node:assert/strict'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { AppError } from '../../../src/errors.ts'
import { loadConnection, type Connection } from '../../../src/runner/connection/connection.ts'
import type { RunRecord } from '../../../src/runner/history/record.ts'
import { History } from '../../../src/runner/history/history.ts'
import type { ReportedEvent } from '../../../src/runner/scheduler/event-text.ts'
import {
  ScheduleService,
  type ScheduleServiceOptions,
} from '../../../src/runner/scheduler/schedule-service.ts'
import { listConnections } from '../../../src/runner/workspace/documents.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import type { RunnerSetup } from '../../e2e/support/runner.ts'
import { lastRanYesterday, TICK_FAR_AWAY } from '../../e2e/support/started.ts'
import { MovedClock } from '../../support/moved-clock.ts'
import { endBeforeFolders, temporaryFolder, writeJson } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'

interface SetUpOptions extends Pick<ScheduleServiceOptions, 'runOnce'> {
  /** Whether it leaves connections to other processes. @default true */
  yields?: boolean
}

/** A service over real files, whose clock moves only while a test waits for an event. */
async function setUp(t: TestContext, { yields = true, ...options }: SetUpOptions = {}) {
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
  const others = { found: new Set<string>(), left: [] as string[] }
  const service = new ScheduleService({
    ...(yields && {
      others: {
        find: async () => others.found,
        onLook: (left) => (others.left = [...left]),
      },
    }),
    list: async () => (await listConnections(workspace)).map(({ path }) => path),
    open: async (path) => loadConnection(path, {}),
    env: {},
    clock,
    signal: controller.signal,
    report: (event) => events.push(event),
    openDispatcher: async () => Promise.reject(new Error('no webhook in this test')),
    ...options,
  })
  const begin = async () => {
    await service.begin()
    const followed = service.follow()
    const stop = async () => {
      controller.abort(new Error('stop'))
      await followed
      await service.close()
    }
    endBeforeFolders(t, stop)
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
  return { workspace, connect, service, events, others, begin, saw }
}

/** As another process leaves it while it runs the schedule. */
async function noteOfAnother(workspace: string, base: string, members: JsonObject = {}) {
  const folder = join(workspace, '.customerio-sync', base)
  await mkdir(folder, { recursive: true })
  const process = { pid: 1, host: 'another machine', started: '1' }
  const note = JSON.stringify({ process, backoff: null, ...members })
  await writeFile(join(folder, 'scheduler.json'), note)
}

/** A run that succeeds, during which another process begins to run the schedule. */
async function runBesideAnother({ folder, dataFolder }: Connection): Promise<RunRecord> {
  await noteOfAnother(folder, 'connection')
  const [last] = await new History(dataFolder).newest(1)
  assert.equal(last?.run.outcome, 'succeeded')
  return last.run
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

const runsElsewhere = async () =>
  Promise.reject(new AppError('RUN_IN_PROGRESS', 'It runs elsewhere.'))

/** A paused connection that has missed the tick of 12 hours ago. Its runs only begin. */
async function setUpPaused(t: TestContext) {
  const setup = await setUp(t, { runOnce: runsElsewhere })
  await lastRanYesterday({ folder: setup.workspace } as RunnerSetup)
  await setup.connect('connection.json', { schedule: { ...TICK_FAR_AWAY, paused: true } })
  return setup
}

test('a connection that is resumed catches up what it missed during the pause', async (t) => {
  const { connect, service, begin, saw } = await setUpPaused(t)
  const stop = await begin()
  const names = [service.scheduled().map(({ file }) => file.known), service.paused()].map((list) =>
    list.map(({ name }) => name),
  )
  assert.deepEqual(names, [[], ['connection']])
  await connect('connection.json')
  const event = await saw('the run', ({ type }) => type === 'started')
  assert.equal(event.type === 'started' && event.isMissed, true)
  assert.deepEqual(service.paused(), [])
  await stop()
})

test('a connection that is resumed with another schedule has missed no tick', async (t) => {
  const { connect, events, begin, saw } = await setUpPaused(t)
  const stop = await begin()
  await connect('connection.json', { schedule: { ...TICK_FAR_AWAY, every: '12h' } })
  await saw('the next run', ({ type }) => type === 'waiting')
  await stop()
  assert.ok(events.every(({ type }) => type !== 'started'))
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
  const { workspace, connect, begin, saw } = await setUp(t, { yields: false })
  await connect('connection.json')
  await noteOfAnother(workspace, 'connection')
  await begin()
  const event = await saw('the warning', ({ type }) => type === 'told')
  assert.match(
    event.type === 'told' ? event.message : '',
    /^Another process seems to run the schedule of connection too\./,
  )
})

test('warns of no process that yields, nor when the connection will be left to it', async (t) => {
  for (const yields of [false, true]) {
    const { workspace, connect, events, begin, saw } = await setUp(t, { yields })
    await connect('connection.json')
    await noteOfAnother(workspace, 'connection', { yields: !yields })
    await begin()
    await saw('the next run', ({ type }) => type === 'waiting')
    assert.ok(
      events.every(({ type }) => type !== 'told'),
      JSON.stringify({ yields }),
    )
  }
})

test('the note of another process that begins during a run stays', async (t) => {
  const { workspace, connect, begin, saw } = await setUp(t, { runOnce: runBesideAnother })
  await connect('connection.json')
  await lastRanYesterday({ folder: workspace } as RunnerSetup)
  const stop = await begin()
  await saw('the end of the run', ({ type }) => type === 'ended')
  await stop()
  const path = join(workspace, '.customerio-sync/connection/scheduler.json')
  assert.match(await readFile(path, 'utf8'), /another machine/)
})

test('a copy of a connection that is left to another process never takes its place', async (t) => {
  const { connect, service, others, begin, saw } = await setUp(t)
  const id = 'a6e1c6d7'
  const path = await connect('connections/eu.json', { id })
  others.found.add(path)
  await begin()
  await connect('connections/a-copy.json', { id })
  const event = await saw('the conflict', ({ type }) => type === 'told')
  assert.match(event.type === 'told' ? event.message : '', /^Two connections have the id /)
  others.found.clear()
  await saw('the schedule', ({ type, job }) => type === 'scheduled' && job.name === 'eu')
  assert.deepEqual(
    service.scheduled().map(({ file }) => file.known.name),
    ['eu'],
  )
})

test('leaves a connection to another process, and catches up when that has ended', async (t) => {
  const { workspace, connect, service, events, others, begin, saw } = await setUp(t)
  const path = await connect('connections/eu.json')
  await connect('connections/us.json')
  await lastRanYesterday({ folder: workspace } as RunnerSetup, 'eu')
  others.found.add(path)
  await begin()
  const names = () => service.scheduled().map(({ file }) => file.known.name)
  assert.deepEqual([names(), others.left], [['us'], [path]])
  others.found.clear()
  const event = await saw('the run', ({ type, job }) => type === 'started' && job.name === 'eu')
  assert.equal(event.type === 'started' && event.isMissed, true)
  assert.deepEqual(others.left, [])
  others.found.add(path)
  await saw('the warning', ({ type, job }) => type === 'told' && job.name === 'eu')
  assert.deepEqual([names(), others.left], [['us'], [path]])
  assert.ok(events.every(({ type }) => type !== 'unscheduled'))
})

test('a person who pauses a connection sees that in the metrics', async (t) => {
  const { connect, service, begin, saw } = await setUp(t)
  await connect('connection.json')
  await begin()
  await saw('the next run', ({ type }) => type === 'waiting')
  const paused = () =>
    /paused\{connection="connection",reason="person"\} (\d)/.exec(
      service.published.metrics.text(),
    )?.[1]
  assert.equal(paused(), undefined)
  await connect('connection.json', { schedule: { ...TICK_FAR_AWAY, paused: true } })
  await saw('the pause', ({ type }) => type === 'unscheduled')
  await until(() => paused() === '1', { what: 'the metric' })
  await connect('connection.json')
  await saw('the schedule', ({ type }) => type === 'scheduled')
  await until(() => paused() === undefined, { what: 'the metric to go' })
})
