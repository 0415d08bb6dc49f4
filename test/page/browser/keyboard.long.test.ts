import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { consoleWorkspace, startConsole } from '../../console/support/console-process.ts'
import { openConsole, skip, startBrowser } from '../support/browser.ts'
import {
  CREATE_AND_SYNC,
  FIRST_LINK,
  found,
  stateShown,
  stepShown,
} from '../support/new-connection.ts'
import { openWithConnection } from '../support/with-connection.ts'

/** More than any screen has places for the focus. */
const MOST_TABS = 120

interface Focusable {
  ownerDocument: { activeElement: unknown }
}

/** Presses Tab until the element has the focus, and fails when it never gets it. */
async function tabTo(page: Page, element: Locator): Promise<void> {
  await element.waitFor()
  for (let pressed = 0; pressed < MOST_TABS; pressed++) {
    await page.keyboard.press('Tab')
    const hasFocus = await element.evaluate(
      (one: Focusable) => one.ownerDocument.activeElement === one,
    )
    if (hasFocus) return
  }
  assert.fail(`Tab never reaches ${element.toString()}`)
}

async function typeInto(page: Page, label: string, text: string): Promise<void> {
  await tabTo(page, page.getByLabel(label))
  await page.keyboard.type(text)
}

async function press(page: Page, button: Locator): Promise<void> {
  await tabTo(page, button)
  await page.keyboard.press('Enter')
}

test('a connection is created and run with the keyboard alone', { skip }, async (t) => {
  const { folder, sandbox } = await consoleWorkspace(t)
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page } = await openConsole(t, { browser: await startBrowser(t), running })
  const goOn = async () => press(page, page.getByRole('button', { name: 'Continue' }))
  await press(page, page.getByRole('link', { name: FIRST_LINK }))
  await stepShown(page, 'name')
  await typeInto(page, 'Name', 'production')
  await page.keyboard.press('Enter')
  await stepShown(page, 'source')
  await press(page, page.getByText('More settings of the source'))
  await typeInto(page, 'API URL', sandbox.url)
  // The key is tested when its field is left.
  await typeInto(page, 'App API key', sandbox.apiKey)
  await page.keyboard.press('Tab')
  await found(page, 'good')
  await goOn()
  await stepShown(page, 'destination')
  await press(page, page.getByRole('button', { name: 'Test', exact: true }))
  await found(page, 'good')
  await goOn()
  await stepShown(page, 'streams')
  await typeInto(page, 'Table prefix', 'cio_')
  await tabTo(page, page.getByRole('checkbox', { name: 'Newsletters' }))
  await page.keyboard.press('Space')
  await goOn()
  await stepShown(page, 'schedule')
  await tabTo(page, page.getByRole('radio', { name: /^Manual/ }))
  await page.keyboard.press('ArrowDown')
  await page.locator('.ticks li').nth(4).waitFor()
  await goOn()
  await stepShown(page, 'review')
  const file = (await page.locator('.file').textContent()) ?? ''
  assert.match(file, /"type": "basic"/)
  assert.doesNotMatch(file, /newsletters/)
  await press(page, page.getByRole('button', { name: CREATE_AND_SYNC }))
  await stateShown(page, 'Succeeded')
})

test('the keyboard reaches the log of a run and its lines', { skip }, async (t) => {
  const { page } = await openWithConnection(t)
  await press(page, page.getByRole('button', { name: 'Sync now: production' }))
  await page.locator('td .state', { hasText: 'Succeeded' }).waitFor()
  await press(page, page.getByRole('link', { name: 'production', exact: true }))
  await page.getByRole('heading', { name: 'production', level: 1 }).waitFor()
  await press(page, page.getByRole('table', { name: /Newest runs/ }).getByRole('link'))
  await stateShown(page, 'Succeeded')
  await tabTo(page, page.getByLabel('Level'))
  await page.keyboard.type('Error')
  await page.getByText('No line matches').waitFor()
  await page.keyboard.press('Home')
  await tabTo(page, page.getByRole('region', { name: 'Lines of the log' }))
})
