import assert from 'node:assert/strict'
import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { consoleWorkspace, startConsole } from '../../console/support/console-process.ts'
import { writeJson } from '../../support/programs.ts'
import { openConsole, skip, startBrowser } from '../support/browser.ts'
import { enterSource, found, goOn, stepShown } from '../support/new-connection.ts'

test(
  'a connection with an existing destination, chosen streams and modes, and a cron schedule',
  { skip },
  async (t) => {
    const { folder, sandbox } = await consoleWorkspace(t)
    await mkdir(join(folder, 'destinations'))
    for (const name of ['archive', 'warehouse'])
      await writeJson(join(folder, 'destinations'), `${name}.json`, {
        warehouse_url: `duckdb:${name}.duckdb`,
      })
    const running = await startConsole(t, folder, { args: ['--no-schedules'] })
    const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
    await open('#/new/name')
    await page.getByLabel('Name').fill('production')
    await goOn(page, 'source')
    await enterSource(page, sandbox)
    await found(page, 'good')
    await goOn(page, 'destination')
    await page.getByRole('button', { name: 'An existing one' }).click()
    await page.getByRole('radio', { name: /^warehouse/ }).check()
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await found(page, 'good')
    await goOn(page, 'streams')
    await page.getByLabel('Table prefix').fill('cio_')
    await page.getByRole('checkbox', { name: 'Newsletters' }).uncheck()
    const campaigns = page.getByRole('group', { name: 'Campaigns', exact: true })
    await campaigns.getByRole('radio', { name: /^Full refresh/ }).check()
    await campaigns
      .getByText(/request/)
      .first()
      .waitFor()
    await page.getByText('Workspace: 0 of 16 streams').click()
    await page.getByRole('checkbox', { name: 'Sender identities' }).check()
    const senders = page.getByRole('group', { name: 'Sender identities', exact: true })
    await senders.getByText('Full refresh. Reads everything in every run').waitFor()
    assert.equal(await senders.getByRole('radio').count(), 0)
    await page.getByRole('checkbox', { name: 'Segments' }).check()
    await page.getByText('Workspace: 2 of 16 streams').waitFor()
    await goOn(page, 'schedule')
    await page.getByRole('radio', { name: /^Cron/ }).check()
    await page.getByRole('textbox', { name: 'Expression' }).fill('30 2 * * *')
    await page.getByRole('textbox', { name: /zone/i }).fill('Europe/Berlin')
    await page
      .locator('.notice.warning', { hasText: 'The clocks in Europe/Berlin' })
      .first()
      .waitFor()
    assert.equal(await page.locator('.ticks li').count(), 5)
    await goOn(page, 'review')
    await page.getByRole('button', { name: 'Create', exact: true }).click()
    await page.getByRole('heading', { name: 'production', level: 1 }).waitFor()
    const text = await readFile(join(folder, 'connections', 'production.json'), 'utf8')
    const { destination, resources, schedule } = JSON.parse(text) as Record<string, unknown>
    assert.deepEqual(destination, { use: 'warehouse', table_prefix: 'cio_' })
    assert.deepEqual(resources, {
      campaigns: 'full_refresh',
      campaign_actions: 'incremental',
      sender_identities: 'full_refresh',
      segments: 'incremental',
    })
    assert.deepEqual(schedule, {
      type: 'cron',
      expression: '30 2 * * *',
      timezone: 'Europe/Berlin',
    })
  },
)

test('a cron expression that is not one is said while it is typed', { skip }, async (t) => {
  const { folder } = await consoleWorkspace(t)
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
  await open('#/new/schedule')
  await stepShown(page, 'schedule')
  await page.getByRole('radio', { name: /^Cron/ }).check()
  await page.locator('.ticks li').nth(4).waitFor()
  await page.getByRole('textbox', { name: 'Expression' }).fill('61 2 * * *')
  await page.locator('.field.invalid').waitFor()
  assert.equal(
    await page.getByRole('textbox', { name: 'Expression' }).getAttribute('aria-invalid'),
    'true',
  )
  await page.locator('.ticks').waitFor({ state: 'detached' })
})

test('a destination in use says which connections keep it', { skip }, async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await mkdir(join(folder, 'destinations'))
  for (const name of ['archive', 'warehouse'])
    await writeJson(join(folder, 'destinations'), `${name}.json`, {
      warehouse_url: `duckdb:${name}.duckdb`,
    })
  await connect('brand', { destination: { use: 'warehouse', table_prefix: 'brand_' } })
  await connect('shop', { destination: { use: 'warehouse', table_prefix: 'shop_' } })
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
  await open('#/destinations')
  await page.getByText('In use by 2 connections').waitFor()
  const used = page.getByRole('button', { name: 'Delete: warehouse' })
  assert.equal(await used.isDisabled(), true)
  await used.focus()
  const description = await page.evaluate<string>(
    "document.activeElement.getAttribute('aria-describedby').split(' ').map((id) => document.getElementById(id).textContent).join(': ')",
  )
  assert.equal(description, 'In use by 2 connections: brand, shop')
  await page.keyboard.press('Enter')
  assert.equal(await page.getByRole('dialog').count(), 0)
  await page.getByRole('button', { name: 'Delete: archive' }).click()
  await page.getByRole('button', { name: 'Delete the destination' }).click()
  await page.getByText('The destination archive is deleted. Its tables remain.').waitFor()
})
