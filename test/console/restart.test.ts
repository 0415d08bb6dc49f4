import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { API_PREFIX } from '../../src/console/api/operations.ts'
import type { Api } from '../../src/console/api/schemas.generated.ts'
import { lastRanYesterday, startIn, TICK_FAR_AWAY } from '../e2e/support/started.ts'
import type { RunnerSetup } from '../e2e/support/runner.ts'
import { until } from '../support/wait.ts'
import {
  Client,
  consoleWorkspace,
  logIn,
  send,
  startConsole,
  type RunningConsole,
} from './support/console-process.ts'
import { readEvents } from './support/event-reader.ts'

async function schedulesOf(client: Client): Promise<string> {
  return (await client.ok<Api<'Workspace'>>('getWorkspace')).body.schedules.state
}

async function untilState(client: Client, state: string): Promise<void> {
  await until(async () => (await schedulesOf(client)) === state, { what: `schedules ${state}` })
}

function portOf({ base }: RunningConsole): string {
  return new URL(base).port
}

test('a page goes on after the console was killed and started again', async (t) => {
  const { folder, connect } = await consoleWorkspace(t, { latency: { fixedMs: 300 } })
  await connect('eu')
  const first = await startConsole(t, folder)
  const client = await logIn(first)
  const headers = { cookie: client.cookie }
  const url = `${client.base}${API_PREFIX}/events`
  const before = await readEvents(url, headers)
  await client.ok('startRun', { params: { name: 'eu' }, body: {} })
  const { id } = await before.waitFor(({ type }) => type === 'run_progress')
  before.close()
  await before.ended
  await first.stop('SIGKILL')
  await startConsole(t, folder, { args: ['--port', portOf(first)] })
  const after = await readEvents(url, { ...headers, 'last-event-id': id })
  const reset = await after.waitFor(() => true)
  assert.equal(reset.event.type, 'reset')
  after.close()
  await after.ended
  const { body } = await client.ok<Api<'RunList'>>('listRuns')
  assert.deepEqual(
    body.runs.map(({ outcome }) => outcome),
    ['crashed'],
  )
})

test('a reader that reconnects gets the events that it missed', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu', { schedule: TICK_FAR_AWAY })
  const client = await logIn(await startConsole(t, folder, { args: ['--no-schedules'] }))
  const headers = { cookie: client.cookie }
  const url = `${client.base}${API_PREFIX}/events`
  const first = await readEvents(url, headers)
  const { id } = await first.waitFor(({ type }) => type === 'reset')
  first.close()
  await first.ended
  await client.ok('pauseConnection', { params: { name: 'eu' } })
  const second = await readEvents(url, { ...headers, 'last-event-id': id })
  const missed = await second.waitFor(() => true)
  assert.deepEqual(missed.event, { type: 'connection_changed', connection: 'eu' })
  await client.ok('deleteSession')
  second.close()
  await second.ended
})

test('the console runs the schedules, and notices files that change', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu', { schedule: TICK_FAR_AWAY })
  await lastRanYesterday({ folder } as RunnerSetup, 'eu')
  const running = await startConsole(t, folder)
  const client = await logIn(running)
  await untilState(client, 'running')
  await running.saw(/eu started a catch-up run/)
  await running.saw(/eu succeeded in/)
  const events = await readEvents(`${client.base}${API_PREFIX}/events`, { cookie: client.cookie })
  await events.waitFor(({ type }) => type === 'reset')
  await connect('us', { destination: { table_prefix: 'us_' }, schedule: TICK_FAR_AWAY })
  await events.waitFor((event) => event.type === 'connection_changed' && event.connection === 'us')
  await running.saw(/us added: every 24h/)
  const { body } = await client.ok<Api<'ConnectionDetail'>>('getConnection', {
    params: { name: 'us' },
  })
  assert.equal(body.connection.schedule.is_run_by_a_process, true)
  assert.notEqual(body.connection.schedule.next_run, null)
  await rm(join(folder, 'connections/us.json'))
  await events.waitFor((event) => event.type === 'connection_removed' && event.connection === 'us')
  events.close()
  await events.ended
  assert.equal((await running.stop()).code, 143)
})

test('one process runs the schedules: a console waits for a start, and for another console', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu', { schedule: TICK_FAR_AWAY })
  const start = startIn(t, { folder } as RunnerSetup)
  await start.saw(/^eu +every 24h/m)
  const first = await startConsole(t, folder)
  const client = await logIn(first)
  await untilState(client, 'elsewhere')
  await start.stop()
  await untilState(client, 'running')
  const second = await startConsole(t, folder)
  const other = await logIn(second)
  await untilState(other, 'elsewhere')
  const off = await startConsole(t, folder, { args: ['--no-schedules'] })
  assert.equal(await schedulesOf(await logIn(off)), 'off')
  await first.stop()
  await untilState(other, 'running')
})

test('connections that conflict block the schedules, and say so', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu', { schedule: TICK_FAR_AWAY })
  await connect('us', { schedule: TICK_FAR_AWAY })
  const client = await logIn(await startConsole(t, folder))
  await until(
    async () => {
      const { body } = await client.ok<Api<'Workspace'>>('getWorkspace')
      return /would write the same tables/.test(body.schedules.message ?? '')
    },
    { what: 'the conflict' },
  )
})

test('a start of one connection leaves the others to the console, which has metrics', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('eu', { schedule: TICK_FAR_AWAY })
  await connect('us', { destination: { table_prefix: 'us_' }, schedule: TICK_FAR_AWAY })
  const args = ['--metrics-port', '0']
  const running = await startConsole(t, folder, { args })
  const client = await logIn(running)
  const url = await running.saw(/^Metrics are at (\S+)$/m)
  const scheduled = async () => {
    const { text } = await send(url)
    return [...text.matchAll(/^customerio_sync_next_run_\S+\{connection="(\w+)"\}/gm)].map(
      ([, name]) => name,
    )
  }
  await until(async () => (await scheduled()).length === 2, { what: 'both schedules' })
  const start = startIn(t, { folder } as RunnerSetup, { args: ['--connection', 'eu'] })
  await start.saw(/^eu +every 24h/m)
  const messageOf = async () =>
    (await client.ok<Api<'Workspace'>>('getWorkspace')).body.schedules.message ?? ''
  await until(async () => /the schedules of eu\./.test(await messageOf()), { what: 'the message' })
  assert.deepEqual([await schedulesOf(client), await scheduled()], ['running', ['us']])
  await start.stop()
  await until(async () => (await scheduled()).length === 2, { what: 'the schedule to return' })
  assert.equal(await messageOf(), '')
})
