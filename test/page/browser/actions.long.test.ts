import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { consoleWorkspace, startConsole } from '../../console/support/console-process.ts'
import { rowsIn } from '../../e2e/support/connection.ts'
import { assertTruth } from '../../e2e/support/truth.ts'
import { until } from '../../support/wait.ts'
import {
  assertAccessible,
  openConsole,
  picture,
  settled,
  skip,
  startBrowser,
} from '../support/browser.ts'
import { writePast } from '../support/showcase.ts'
import { openWithConnection } from '../support/with-connection.ts'

const BASIC = { schedule: { type: 'basic', every: '24h' } }

test('a connection is deleted, and its tables remain as the page has said', { skip }, async (t) => {
  const { folder, sandbox, page, running } = await openWithConnection(t)
  await page.getByRole('button', { name: 'Sync now: production' }).click()
  await page.locator('td .state', { hasText: 'Succeeded' }).waitFor()
  await page.getByRole('button', { name: 'More: production' }).click()
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  const dialog = page.getByRole('dialog', { name: 'Delete production?' })
  await dialog.waitFor()
  const tables = await dialog.locator('code').allTextContents()
  const streams = ['cio_newsletters', 'cio_campaigns', 'cio_campaign_actions']
  assert.deepEqual(tables, [...streams, 'cio__sdc_loads'])
  await dialog.getByRole('button', { name: 'Delete the connection' }).click()
  await page.getByText('There is no connection yet.').waitFor()
  await page.locator('.message', { hasText: 'cio_newsletters' }).waitFor()
  assert.equal(existsSync(join(folder, 'connections', 'production.json')), false)
  await running.stop()
  const rows = rowsIn(join(folder, 'warehouse.duckdb'), { schema: 'main', prefix: 'cio_' })
  await assertTruth({ sandbox, rows })
})

test('a schedule is paused and resumed', { skip }, async (t) => {
  const { folder, page } = await openWithConnection(t, BASIC)
  const path = join(folder, 'connections', 'production.json')
  const isPaused = async () => /"paused": true/.test(await readFile(path, 'utf8'))
  for (const [item, state] of [
    ['Pause the schedule', 'Paused'],
    ['Resume the schedule', 'New'],
  ] as const) {
    await page.getByRole('button', { name: 'More: production' }).click()
    await page.getByRole('button', { name: item }).click()
    await page.locator('td .state', { hasText: state }).waitFor()
    await until(async () => (await isPaused()) === (state === 'Paused'), { what: state })
  }
})

test('a stream is read from scratch', { skip }, async (t) => {
  const { page, open } = await openWithConnection(t)
  await open('#/connections/production')
  await page.getByRole('button', { name: 'Resync: Campaigns' }).click()
  const dialog = page.getByRole('dialog', { name: 'Resync production' })
  await dialog.getByRole('button', { name: 'Resync', exact: true }).click()
  await page.locator('.head .state', { hasText: 'Succeeded' }).waitFor()
  await page
    .getByRole('row', { name: /Resync/ })
    .first()
    .waitFor()
  await page.getByRole('cell', { name: 'Resync', exact: true }).waitFor()
})

test('the keyboard is enough', { skip }, async (t) => {
  const { page } = await openWithConnection(t, BASIC)
  const focused = async () => page.evaluate<string>('document.activeElement.textContent')
  const more = page.getByRole('button', { name: 'More: production' })
  await more.waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Skip to the content')
  await page.keyboard.press('Enter')
  assert.equal(await focused(), 'Connections')
  await more.focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Resync a stream' }).waitFor()
  await page.keyboard.press('Tab')
  assert.equal(await focused(), 'Resync a stream')
  await page.keyboard.press('Escape')
  assert.equal(await focused(), 'More')
  await page.keyboard.press('Enter')
  await page.keyboard.press('Tab')
  await page.keyboard.press('Enter')
  const dialog = page.getByRole('dialog', { name: 'Resync production' })
  await dialog.waitFor()
  await assertAccessible(page, 'the dialog')
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  assert.equal(await focused(), 'More')
})

test(
  'a relative time shows its instant on focus, in the zone of the viewer',
  { skip },
  async (t) => {
    const { folder, connect } = await consoleWorkspace(t)
    const cron = { type: 'cron', expression: '30 2 * * *', timezone: 'America/New_York' }
    await connect('production', { schedule: cron })
    const running = await startConsole(t, folder)
    const opened = { browser: await startBrowser(t), running }
    const { page } = await openConsole(t, opened, { timezone: 'Europe/Berlin' })
    await page.locator('td time').first().focus()
    const shown = await page.evaluate<string>(
      'getComputedStyle(document.activeElement, "::after").content',
    )
    assert.match(shown, /^"\d{4}-\d\d-\d\d \d\d:30:00 Europe\/Berlin"$/)
    const cell = (await page.locator('td[data-title="Next run"]').textContent()) ?? ''
    assert.match(cell, /\d\d:30 America\/New_York.*\d\d:30 your time/)
    await picture(page, 'exact-time')
  },
)

test('runs are shown in pages, and by their outcome', { skip }, async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('production')
  await writePast(folder, 'production', { count: 120 })
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
  await open('#/runs')
  const rows = page.locator('tbody tr')
  assert.equal(await rows.count(), 50)
  const newest = await rows.first().textContent()
  await page.getByRole('button', { name: 'Older' }).click()
  await page.getByText('Page 2').waitFor()
  await settled(page)
  assert.equal(await rows.count(), 50)
  await page.getByRole('button', { name: 'Older' }).click()
  await page.getByText('Page 3').waitFor()
  await settled(page)
  assert.equal(await rows.count(), 20)
  assert.equal(await page.getByRole('button', { name: 'Older' }).isDisabled(), true)
  await page.getByRole('button', { name: 'Newer' }).click()
  await page.getByRole('button', { name: 'Newer' }).click()
  await page.getByText('Page 1').waitFor()
  await settled(page)
  assert.equal(await rows.first().textContent(), newest)
  await page.getByLabel('Outcome').selectOption('failed')
  await page.waitForURL(/outcome=failed/)
  await settled(page)
  assert.deepEqual([...new Set(await rows.locator('.state').allTextContents())], ['Failed'])
})
