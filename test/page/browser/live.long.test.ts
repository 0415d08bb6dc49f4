import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import type { Api } from '../../../src/console/api/schemas.generated.ts'
import { consoleWorkspace, logIn, startConsole } from '../../console/support/console-process.ts'
import { until } from '../../support/wait.ts'
import {
  ANSWERS,
  assertAccessibleInBoth,
  openConsole,
  picture,
  settled,
  skip,
  startBrowser,
} from '../support/browser.ts'
import { stateShown } from '../support/new-connection.ts'
import { openWithConnection } from '../support/with-connection.ts'

/** Of the run page: how many records of a stream were read, and how many lines the log has. */
async function shownProgress(page: Page): Promise<{ read: number; lines: number }> {
  const row = page.getByRole('row', { name: /^Campaign actions/ })
  const read = (await row.locator('[data-title="Read"]').textContent()) ?? ''
  const lines = await page.locator('.log li').count()
  return { read: Number(read.replaceAll(/\D/g, '')), lines }
}

/** Counts the event streams that the page has open. */
const COUNT_STREAMS = `
  const opened = new Set()
  window.openStreams = () => [...opened].filter(({ readyState }) => readyState < 2).length
  window.EventSource = class extends EventSource {
    constructor(url) {
      super(url)
      opened.add(this)
    }
  }`
const OPEN_STREAMS = 'window.openStreams()'

test('a run is watched live and cancelled', { skip }, async (t) => {
  const workspace = await consoleWorkspace(t, {
    latency: { fixedMs: 300 },
    world: { campaigns: 200 },
  })
  await workspace.connect('production')
  const running = await startConsole(t, workspace.folder, { args: ['--no-schedules'] })
  const { page } = await openConsole(t, { browser: await startBrowser(t), running })
  await page.addInitScript(COUNT_STREAMS)
  await page.reload()
  await page.getByRole('button', { name: 'Sync now: production' }).click()
  await page.locator('td .state', { hasText: 'Running' }).waitFor()
  await page.getByRole('link', { name: 'production', exact: true }).click()
  await page.getByRole('link', { name: 'Watch the run' }).click()
  await stateShown(page, 'Running')
  const streams = await page.evaluate<number>(OPEN_STREAMS)
  assert.equal(streams, 1, 'event streams of a window that watches a run')
  // From here on only the events can tell the page anything.
  await page.route(ANSWERS, async (route) => route.abort())
  const first = await shownProgress(page)
  const isLive = async () => {
    const { read, lines } = await shownProgress(page)
    return read > first.read && lines > first.lines
  }
  await until(isLive, { what: 'records and lines of events', idleMs: 30_000 })
  await page.unroute(ANSWERS)
  // Slow enough that it cannot end before it is cancelled.
  workspace.sandbox.latency.fixedMs = 10_000
  await assertAccessibleInBoth(page, 'a run in progress')
  await picture(page, 'live-running')
  await page.getByRole('button', { name: 'Cancel: the run of production' }).click()
  await stateShown(page, 'Stopped')
  await picture(page, 'live-stopped')
})

test('a change of a connection does not count its tables again', { skip }, async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('production', { schedule: { type: 'basic', every: '3h' } })
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const client = await logIn(running)
  const { body } = await client.ok<Api<'LoginLink'>>('createLoginLink')
  const { page, open } = await openConsole(t, {
    browser: await startBrowser(t),
    running,
    link: body.url,
  })
  const paths: string[] = []
  page.on('request', (request) => paths.push(new URL(request.url()).pathname))
  const countOf = (end: string) => paths.filter((path) => path.endsWith(end)).length
  await open('#/connections/production/data')
  await page.getByText('There is no table yet.').waitFor()
  const refreshed = async (id: 'pauseConnection' | 'resumeConnection') => {
    const before = countOf('/workspace')
    await client.ok(id, { params: { name: 'production' } })
    await until(() => countOf('/workspace') > before, { what: 'the page to follow the change' })
    await settled(page)
  }
  // The first one follows everything that the page reads when it begins.
  await refreshed('pauseConnection')
  const before = countOf('/tables')
  await refreshed('resumeConnection')
  await refreshed('pauseConnection')
  assert.equal(countOf('/tables'), before)
})

test('the page survives a console that is killed and started again', { skip }, async (t) => {
  const { folder, connect, page, running: first } = await openWithConnection(t)
  await first.stop('SIGKILL')
  await page.getByText('The console does not respond.').first().waitFor()
  await picture(page, 'lost')
  await connect('second')
  const port = new URL(first.base).port
  await startConsole(t, folder, { args: ['--no-schedules', '--port', port] })
  await page.getByText('The console does not respond.').first().waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'second', exact: true }).waitFor()
})

test('a scheduled run that waits behind the run in progress is shown', { skip }, async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('production', { schedule: { type: 'basic', every: '3h' } })
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page } = await openConsole(t, { browser: await startBrowser(t), running })
  const run = { connection: 'production', run_id: null, started_at: null, progress: null }
  const runs = {
    status: 'running',
    current_run: { ...run, state: 'running', trigger: 'manual' },
    queued_run: { ...run, state: 'queued', trigger: 'schedule' },
  }
  const withRuns = (one: Api<'Connection'>) => ({ ...one, ...runs })
  await page.route('**/api/v1/connections', async (route) => {
    const list = (await (await route.fetch()).json()) as Api<'ConnectionList'>
    await route.fulfill({ json: { connections: list.connections.map(withRuns) } })
  })
  await page.route('**/api/v1/connections/production', async (route) => {
    const detail = (await (await route.fetch()).json()) as Api<'ConnectionDetail'>
    await route.fulfill({ json: { ...detail, connection: withRuns(detail.connection) } })
  })
  await page.reload()
  const status = page.getByRole('row', { name: /production/ }).locator('[data-title="Status"]')
  await status.getByText('Schedule: Waiting for a conflicting run').waitFor()
  await picture(page, 'live-queued-list')
  await page.getByRole('link', { name: 'production', exact: true }).click()
  await page.getByText('Schedule: Waiting for a conflicting run.').waitFor()
  await assertAccessibleInBoth(page, 'a run that waits behind another one')
  await picture(page, 'live-queued')
})
