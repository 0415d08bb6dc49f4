import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { consoleWorkspace, startConsole } from '../../console/support/console-process.ts'
import type { Api } from '../../../src/console/api/schemas.generated.ts'
import {
  assertAccessible,
  assertFits,
  openConsole,
  picture,
  settled,
  skip,
  startBrowser,
  type OpenOptions,
} from '../support/browser.ts'
import { writePast, writeShowcase } from '../support/showcase.ts'

async function openShowcase(t: TestContext, options: OpenOptions = {}) {
  const workspace = await consoleWorkspace(t)
  await writeShowcase(workspace)
  const running = await startConsole(t, workspace.folder, { args: ['--no-schedules'] })
  const opened = await openConsole(t, { browser: await startBrowser(t), running }, options)
  return { ...opened, running, workspace }
}

function logOf(count: number): Api<'LogLine'>[] {
  return Array.from({ length: count }, (_, at) => ({
    line: at + 1,
    at: '2026-11-27T12:00:00Z',
    level: 'info',
    program: 'tap-customerio',
    message: `Message ${at + 1}.`,
  }))
}

function eventText(event: Api<'Event'>, id: number): string {
  return `id: test-${id}\nevent: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
}

/** A run in progress whose events break off once, while its log grows by lines without an event. */
async function fakeLongRun(page: Page, path: string): Promise<void> {
  const lines = logOf(1260)
  let written = 1200
  let connections = 0
  const eventsOf = (first: number, last: number) =>
    lines
      .slice(first - 1, last)
      .map((line) =>
        eventText({ type: 'run_log', connection: 'production', run_id: 'r', line }, line.line),
      )
      .join('')
  const sendEvents = async (route: Route) => {
    connections++
    if (connections > 2) return
    const [first, last] = connections === 1 ? [1201, 1203] : [1251, 1260]
    written = last
    const reset = eventText({ type: 'reset', now: new Date().toISOString() }, first - 1)
    const body = `retry: 50\n\n${reset}${eventsOf(first, last)}`
    await route.fulfill({ contentType: 'text/event-stream', body })
  }
  await page.route(`**${path}`, async (route) => {
    const response = await route.fetch()
    const run = (await response.json()) as Api<'Run'>
    const shown = { ...run, has_log: true, run: { ...run.run, outcome: 'running' } }
    await route.fulfill({ json: shown })
  })
  await page.route(/\/events\?.*log_of=/, sendEvents)
  await page.route(`**${path}/log?*`, async (route) => {
    const query = new URL(route.request().url()).searchParams
    const after = Number(query.get('after') ?? 0)
    const last = Math.min(written, after + 500)
    const found = lines.slice(after, last)
    await route.fulfill({ json: { lines: found, next: last < written ? last : null } })
  })
}

test(
  'the log of a long run in progress has no gap, and its newest line is in view',
  { skip },
  async (t) => {
    const { page, open } = await openShowcase(t)
    await fakeLongRun(page, '/api/v1/connections/production/runs/production-89')
    await open('#/connections/production/runs/production-89')
    const newest = page.locator('.log li').last()
    await newest.filter({ hasText: 'Message 1260.' }).waitFor()
    const texts = await page.locator('.log li .breaks').allTextContents()
    assert.deepEqual(
      texts,
      logOf(1260).map(({ message }) => message),
    )
    assert.equal(await page.getByRole('button', { name: 'Show more lines' }).count(), 0)
    const distance = await page.evaluate<number>(
      "(({ scrollHeight, scrollTop, clientHeight }) => scrollHeight - scrollTop - clientHeight)(document.querySelector('.log'))",
    )
    assert.ok(distance <= 1, `${distance} pixels from the end`)
    await page.evaluate("document.querySelector('.log').scrollTop = 0")
    await page.getByRole('checkbox', { name: 'Follow new lines', checked: false }).waitFor()
    await assertAccessible(page, 'a long run in progress')
    await picture(page, 'live-long')
  },
)

test('an error in one screen leaves the others usable', { skip }, async (t) => {
  const { page, running, open, context } = await openShowcase(t)
  await page.route('**/api/v1/connections', async (route) => {
    await route.fulfill({ json: { connections: [{ name: 'odd' }] } })
  })
  const errors: string[] = []
  page.removeAllListeners('console')
  page.on('console', (message) => errors.push(message.text()))
  await page.goto(`${running.base}/?again`)
  await page.getByRole('heading', { name: 'This screen cannot be shown' }).waitFor()
  await assertAccessible(page, 'an error')
  await picture(page, 'guard')
  await page.getByRole('link', { name: 'Destinations' }).click()
  await page.getByRole('heading', { name: 'Destinations' }).waitFor()
  assert.ok(errors.length > 0)
  await context.clearCookies()
  await open('#/runs')
})

test('the page shows its header before its script has arrived', { skip }, async (t) => {
  const { page, running } = await openShowcase(t)
  await page.route('**/*.js', async (route) => route.abort())
  await page.goto(`${running.base}/?again`)
  await page.getByRole('link', { name: 'Destinations' }).waitFor()
  await page.locator('main .skeleton').waitFor()
  await picture(page, 'before-script')
})

test('the list keeps its filter for Back, and a new visit shows all', { skip }, async (t) => {
  const { page, open } = await openShowcase(t)
  await open('#/')
  await page.getByRole('button', { name: /^With problems/ }).click()
  await page.getByRole('searchbox').fill('stag')
  await page.getByRole('link', { name: 'staging', exact: true }).click()
  await page.getByRole('heading', { name: 'staging' }).waitFor()
  await page.goBack()
  await page.getByRole('heading', { name: 'Connections' }).waitFor()
  assert.equal(await page.getByRole('searchbox').inputValue(), 'stag')
  assert.equal(await page.getByRole('row').count(), 2)
  await page.getByRole('link', { name: 'Runs' }).click()
  await page.getByRole('link', { name: 'Connections' }).click()
  assert.equal(await page.getByRole('searchbox').inputValue(), '')
})

test('a filter of the runs keeps the focus when it is changed', { skip }, async (t) => {
  const { page, open } = await openShowcase(t)
  await open('#/runs')
  const filter = page.getByRole('combobox', { name: 'Connection' })
  await filter.focus()
  await filter.selectOption('staging')
  await page.waitForURL(/connection=staging/)
  await page.getByRole('navigation', { name: 'Connection staging' }).waitFor()
  const focused = await page.evaluate('document.activeElement.closest("label")?.textContent')
  assert.match(String(focused), /^Connection/)
})

test('a connection is checked as a whole', { skip }, async (t) => {
  const { page, open } = await openShowcase(t)
  await open('#/connections/production')
  await page.getByRole('button', { name: 'Check the connection' }).click()
  await page.locator('.findings li', { hasText: 'The key works' }).waitFor()
  await page.locator('.findings li', { hasText: 'Tables can be created' }).waitFor()
  await assertAccessible(page, 'a checked connection')
  await picture(page, 'check')
})

test('refused deletes lead to a resync that allows them', { skip }, async (t) => {
  const { page, open, workspace } = await openShowcase(t)
  const error = {
    program: 'tap-customerio',
    code: 'DELETIONS_REFUSED',
    message: 'campaigns: the read has 2 of 40 rows.',
  } as const
  await writePast(workspace.folder, 'fresh', { count: 2, error })
  await open('#/connections/fresh')
  await page.getByRole('button', { name: 'Resync with all deletes allowed' }).click()
  const dialog = page.getByRole('dialog', { name: 'Resync fresh' })
  assert.equal(await dialog.getByLabel(/^Allow any number/).isChecked(), true)
  await dialog.getByLabel('Campaigns').check()
  await assertAccessible(page, 'a resync after refused deletes')
  await picture(page, 'deletes-refused')
  const request = page.waitForRequest(/\/connections\/fresh\/runs$/)
  await dialog.getByRole('button', { name: 'Resync', exact: true }).click()
  assert.deepEqual((await request).postDataJSON(), {
    streams: ['campaigns'],
    resync: true,
    allow_deletes: true,
  })
})

test('charts draw deleted rows, lead to runs, and have a table on demand', { skip }, async (t) => {
  const { page, open } = await openShowcase(t)
  await open('#/connections/production-eu')
  await page.getByRole('img', { name: /^Rows deleted/ }).waitFor()
  const chart = page.locator('figure', { hasText: 'Rows loaded' })
  assert.equal(await chart.locator('details tbody tr').count(), 0)
  await chart.locator('summary').click()
  await chart.locator('details tbody tr').nth(39).waitFor()
  await chart.locator('.u-over').click({ position: { x: 60, y: 60 } })
  await page.getByRole('heading', { name: 'Run of production-eu' }).waitFor()
  await page.goBack()
  await page.getByText('marks a run that failed').getByRole('link').first().click()
  await page.getByRole('heading', { name: 'Run of production-eu' }).waitFor()
  await settled(page)
  await page.locator('.head .state', { hasText: 'Failed' }).waitFor()
})

test('a chart that cannot be loaded says so', { skip }, async (t) => {
  const { page, open } = await openShowcase(t)
  await page.route('**/uPlot*.js', async (route) => route.fulfill({ status: 404, body: '' }))
  await open('#/connections/production')
  await page.getByText('The chart cannot be drawn.').first().waitFor()
  await page.getByText('Rows loaded as a table').click()
  await page.locator('figure details tbody tr').first().waitFor()
  await picture(page, 'no-chart')
})

test(
  'on a narrow screen, exact times fit and the preview of a table stays one',
  { skip },
  async (t) => {
    const { page, open } = await openShowcase(t, { width: 375 })
    await open('#/connections/production')
    const times = page.locator('time[tabindex]')
    assert.ok((await times.count()) > 0)
    for (const time of await times.all()) {
      await time.focus()
      await assertFits(page, 'a time with the focus')
    }
    await open('#/')
    assert.equal(await page.locator('summary [tabindex], a [tabindex]').count(), 0)
    await page.getByRole('button', { name: 'Sync now: production', exact: true }).click()
    await page.locator('tr', { hasText: 'production' }).first().getByText('Succeeded').waitFor()
    await open('#/connections/production/data/campaigns')
    const table = page.getByRole('table', { name: /^Newest rows/ })
    await table.getByRole('columnheader', { name: 'id', exact: true }).waitFor()
    assert.ok(((await table.boundingBox())?.height ?? 0) < 1000)
    await assertFits(page, 'the preview')
  },
)
