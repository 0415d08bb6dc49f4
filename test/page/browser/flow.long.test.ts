import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { parseJson, type JsonObject } from '../../../src/singer/json.ts'
import { consoleWorkspace, startConsole } from '../../console/support/console-process.ts'
import {
  assertAccessible,
  openConsole,
  picture,
  settled,
  skip,
  startBrowser,
} from '../support/browser.ts'

async function goOn(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: 'Continue' }).click()
  await page.getByRole('heading', { name: title, level: 2 }).waitFor()
  await settled(page)
}

async function enterSource(page: Page, { key, url }: { key: string; url: string }): Promise<void> {
  await page.getByText('More settings of the source').click()
  await page.getByLabel('API URL').fill(url)
  await page.getByLabel('App API key').fill(key)
}

test('from an empty workspace to loaded tables, in the browser only', { skip }, async (t) => {
  const { folder, sandbox } = await consoleWorkspace(t)
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page } = await openConsole(t, { browser: await startBrowser(t), running })
  const look = async (name: string) => {
    await assertAccessible(page, name)
    await picture(page, `flow-${name}`)
  }
  await look('empty')
  await page.getByRole('link', { name: 'Create the first connection' }).click()
  await page.getByLabel('Name').fill('production')
  await goOn(page, 'API key')
  await enterSource(page, { key: sandbox.apiKey, url: sandbox.url })
  await page.locator('.findings .state.good').first().waitFor()
  await look('key')
  await goOn(page, 'Destination')
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await page.locator('.findings .state.good').first().waitFor()
  await look('destination')
  await goOn(page, 'Streams')
  await page.getByLabel('Table prefix').fill('cio_')
  await page.getByText(/^A full run makes/).waitFor()
  await look('streams')
  await goOn(page, 'Schedule')
  await page.getByLabel('Basic').check()
  await page.locator('.ticks li').nth(4).waitFor()
  await look('schedule')
  await goOn(page, 'Review')
  const file = (await page.locator('.file').textContent()) ?? ''
  assert.doesNotMatch(file, new RegExp(sandbox.apiKey))
  assert.match(file, /"app_api_key": "\*\*\*"/)
  await look('review')
  await page.getByRole('button', { name: 'Create and sync now' }).click()
  await page.locator('.head .state', { hasText: 'Succeeded' }).waitFor()
  await settled(page)
  await look('loaded')
  const stored = parseJson(
    await readFile(join(folder, 'connections', 'production.json'), 'utf8'),
  ) as JsonObject
  assert.equal((stored['source'] as JsonObject)['app_api_key'], sandbox.apiKey)
  await page.getByRole('link', { name: 'Data' }).click()
  const row = page.getByRole('row', { name: /cio_newsletters/ })
  await row.waitFor()
  assert.match(
    (await row.textContent()) ?? '',
    new RegExp(`Newsletters${sandbox.world.newsletters.length}`),
  )
  await page.getByRole('link', { name: 'cio_campaigns', exact: true }).click()
  await page.getByRole('heading', { name: 'Newest rows' }).waitFor()
  await settled(page)
  await look('preview')
})

test(
  'a key that does not work is said at once, and what was entered stays',
  { skip },
  async (t) => {
    const { folder, sandbox } = await consoleWorkspace(t)
    const running = await startConsole(t, folder, { args: ['--no-schedules'] })
    const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
    await open('#/new/name')
    await page.getByLabel('Name').fill('production')
    await goOn(page, 'API key')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('App API key is missing.').waitFor()
    assert.equal(await page.evaluate("document.activeElement.getAttribute('aria-invalid')"), 'true')
    await enterSource(page, { key: 'wrong', url: sandbox.url })
    await page.locator('.findings .state.bad').first().waitFor()
    await picture(page, 'flow-wrong-key')
    await page.getByLabel('Cutoff in days').fill('three')
    await page.getByText(/Cutoff in days must be an integer/).waitFor()
    await page.reload()
    await settled(page)
    assert.equal(await page.getByLabel('Cutoff in days').inputValue(), 'three')
    assert.equal(await page.getByLabel('App API key').inputValue(), '')
    const kept = await page.evaluate<string>(
      'JSON.stringify([{ ...sessionStorage }, { ...localStorage }])',
    )
    assert.doesNotMatch(kept, /wrong/)
  },
)

test(
  'a draft is finished in another tab, with the key that the console keeps',
  { skip },
  async (t) => {
    const { folder, sandbox } = await consoleWorkspace(t)
    const running = await startConsole(t, folder, { args: ['--no-schedules'] })
    const { page, open, context } = await openConsole(t, {
      browser: await startBrowser(t),
      running,
    })
    await open('#/new/name')
    await page.getByLabel('Name').fill('production')
    await goOn(page, 'API key')
    await enterSource(page, { key: sandbox.apiKey, url: sandbox.url })
    await goOn(page, 'Destination')
    const other = await context.newPage()
    await other.goto(`${running.base}/`)
    await other.getByRole('button', { name: 'Finish: production' }).click()
    await settled(other)
    assert.equal(await other.getByLabel('Name').inputValue(), 'production')
    await goOn(other, 'API key')
    assert.match(
      (await other.getByLabel('App API key').getAttribute('placeholder')) ?? '',
      /^Stored/,
    )
    await other.locator('.findings .state.good').first().waitFor()
  },
)

test('a warehouse that is down is reported by the test of the destination', { skip }, async (t) => {
  const { folder } = await consoleWorkspace(t)
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
  await open('#/new/destination')
  await page.getByLabel('PostgreSQL').check()
  await page.getByLabel('Host').fill('127.0.0.1')
  await page.getByLabel('Port').fill('1')
  await page.getByLabel('Database').fill('analytics')
  await page.getByLabel('User', { exact: true }).fill('loader')
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await page.locator('.findings .state.bad').first().waitFor()
  await assertAccessible(page, 'a warehouse that is down')
  await picture(page, 'flow-down')
  await page.getByLabel('Port').fill('2')
  await page.getByText('The settings have changed since the last test.').waitFor()
  assert.equal(await page.getByLabel('Host').inputValue(), '127.0.0.1')
})
