import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { consoleWorkspace, logIn, startConsole } from '../../console/support/console-process.ts'
import type { Api } from '../../../src/console/api/schemas.generated.ts'
import {
  assertAccessible,
  openConsole,
  picture,
  settled,
  skip,
  startBrowser,
} from '../support/browser.ts'
import { bounded, until } from '../../support/wait.ts'
import { writePast } from '../support/showcase.ts'

test('a run is watched live and cancelled', { skip }, async (t) => {
  const workspace = await consoleWorkspace(t, {
    latency: { fixedMs: 300 },
    world: { campaigns: 200 },
  })
  await workspace.connect('production')
  const running = await startConsole(t, workspace.folder, { args: ['--no-schedules'] })
  const { page } = await openConsole(t, { browser: await startBrowser(t), running })
  await page.getByRole('button', { name: 'Sync now: production' }).click()
  await page.locator('td .state', { hasText: 'Running' }).waitFor()
  await page.getByRole('link', { name: 'production', exact: true }).click()
  await page.getByRole('link', { name: 'Watch the run' }).click()
  await page
    .getByRole('row', { name: /Campaigns/ })
    .locator('td', { hasText: /[1-9]/ })
    .first()
    .waitFor()
  await assertAccessible(page, 'a run in progress')
  await picture(page, 'live-running')
  await page.getByRole('button', { name: 'Cancel: the run of production' }).click()
  await page.locator('.head .state', { hasText: 'Stopped' }).waitFor()
  await settled(page)
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

test('two people edit one connection, and both changes are kept', { skip }, async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('production')
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const client = await logIn(running)
  const { body } = await client.ok<Api<'LoginLink'>>('createLoginLink')
  const { page, open } = await openConsole(t, {
    browser: await startBrowser(t),
    running,
    link: body.url,
  })
  await open('#/connections/production/edit/source')
  await page.getByLabel('Cutoff in days').fill('7')
  const path = join(folder, 'connections', 'production.json')
  const stored = JSON.parse(await readFile(path, 'utf8')) as { source: object; destination: object }
  const theirs = {
    ...stored,
    source: { ...stored.source, cutoff_days: 30 },
    destination: { ...stored.destination, table_prefix: 'new_' },
  }
  await writeFile(path, JSON.stringify(theirs))
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('Somebody else changed this connection meanwhile.').waitFor()
  assert.equal(await page.getByLabel('Cutoff in days').inputValue(), '7')
  await assertAccessible(page, 'a conflict')
  await picture(page, 'conflict')
  await page.locator('.notice').getByRole('button', { name: 'Save' }).click()
  await page.getByText('production is saved.').waitFor()
  const saved = JSON.parse(await readFile(path, 'utf8')) as {
    source: { cutoff_days: number }
    destination: { table_prefix: string }
  }
  assert.deepEqual([saved.source.cutoff_days, saved.destination.table_prefix], [7, 'new_'])
})

test('the page survives a console that is killed and started again', { skip }, async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('production')
  const first = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page } = await openConsole(t, { browser: await startBrowser(t), running: first })
  await first.stop('SIGKILL')
  await page.getByText('The console does not respond.').first().waitFor()
  await picture(page, 'lost')
  await connect('second')
  const port = new URL(first.base).port
  await startConsole(t, folder, { args: ['--no-schedules', '--port', port] })
  await page.getByText('The console does not respond.').first().waitFor({ state: 'detached' })
  await page.getByRole('link', { name: 'second', exact: true }).waitFor()
})

test('a session that ends is renewed, and what was entered stays', { skip }, async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('production')
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const client = await logIn(running)
  const link = async () => (await client.ok<Api<'LoginLink'>>('createLoginLink')).body.url
  const { page, open, context } = await openConsole(t, {
    browser: await startBrowser(t),
    running,
    link: await link(),
  })
  await open('#/connections/production/edit/source')
  await context.clearCookies()
  await page.getByLabel('Cutoff in days').fill('seven')
  await page.getByRole('dialog', { name: 'Log in' }).waitFor()
  // Browsers close a dialog at the second Escape.
  await page.keyboard.press('Escape')
  await page.keyboard.press('Escape')
  await page.getByLabel('Token or link').fill(await link())
  await page.getByRole('button', { name: 'Log in', exact: true }).click()
  await page.getByRole('dialog').waitFor({ state: 'detached' })
  assert.equal(await page.getByLabel('Cutoff in days').inputValue(), 'seven')
  // The check that failed is repeated by itself.
  await page.getByText(/Cutoff in days must be an integer/).waitFor()
  await page.getByLabel('Cutoff in days').fill('7')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByText('production is saved.').waitFor()
})

test(
  'fifty connections with ten thousand runs are painted from one request for all of them',
  { skip },
  async (t) => {
    const { folder, connect } = await consoleWorkspace(t)
    for (let at = 0; at < 50; at++) {
      await connect(`brand-${at}`, { destination: { warehouse_url: `duckdb:brand-${at}.duckdb` } })
      await writePast(folder, `brand-${at}`, { count: 200 })
    }
    const running = await startConsole(t, folder, { args: ['--no-schedules'] })
    const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
    const paths: string[] = []
    page.on('request', (request) => paths.push(new URL(request.url()).pathname))
    await open('#/runs')
    paths.length = 0
    const startedMs = performance.now()
    await page.goto(`${running.base}/?again#/`)
    await page.getByRole('link', { name: 'brand-49', exact: true }).waitFor()
    const paintedMs = performance.now() - startedMs
    t.diagnostic(`painted after ${Math.round(paintedMs)} ms`)
    assert.ok(paintedMs <= bounded(1000))
    assert.deepEqual(
      paths.filter((path) => path.includes('/connections/')),
      [],
    )
    await picture(page, 'fifty')
  },
)
