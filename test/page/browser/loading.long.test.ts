import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Page, Route } from 'playwright-core'
import { startConsole } from '../../console/support/console-process.ts'
import { temporaryFolder } from '../../support/programs.ts'
import {
  ANSWERS,
  assertAccessible,
  openConsole,
  settled,
  skip,
  startBrowser,
} from '../support/browser.ts'
import { openWithConnection } from '../support/with-connection.ts'

/** Holds every answer of the API until the returned function is called. */
async function hold(page: Page): Promise<() => Promise<void>> {
  const held: Route[] = []
  let isHeld = true
  await page.route(ANSWERS, async (route) => {
    if (isHeld) held.push(route)
    else await route.continue()
  })
  return async () => {
    isHeld = false
    for (const route of held) await route.continue()
    await page.unroute(ANSWERS)
  }
}

test('a screen that waits for the console shows its title and grey lines', { skip }, async (t) => {
  const { page, running } = await openWithConnection(t)
  for (const [hash, title] of [
    ['#/', 'Connections'],
    ['#/connections/production', 'production'],
    ['#/connections/production/data', 'Data'],
    ['#/connections/production/edit/source', 'Edit production'],
    ['#/runs', 'Runs'],
    ['#/destinations', 'Destinations'],
    ['#/new/name', 'New connection'],
  ] as const) {
    const letGo = await hold(page)
    // Another address loads the page again, so nothing is known from before.
    await page.goto(`${running.base}/?screen=${encodeURIComponent(hash)}${hash}`)
    await page.getByRole('heading', { name: title, level: 1, exact: true }).waitFor()
    await page.locator('.skeleton').first().waitFor()
    if (hash === '#/') await assertAccessible(page, 'grey lines')
    await letGo()
    await settled(page)
    assert.equal(await page.locator('.skeleton').count(), 0, hash)
  }
})

test('a screen without content says the next step', { skip }, async (t) => {
  const running = await startConsole(t, await temporaryFolder(t))
  const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
  for (const [hash, next] of [
    ['#/', /New connection|Create the first connection/],
    ['#/runs', /Connections|connection/],
    ['#/runs?outcome=failed', /Show all runs/],
    ['#/destinations', /New destination/],
    ['#/nowhere', /Show the connections/],
  ] as const) {
    await open(hash)
    await page.locator('.empty').first().waitFor()
    await page.locator('main').getByRole('link', { name: next }).first().waitFor()
  }
})

test('a connection that has not run says the next step on each screen', { skip }, async (t) => {
  const { page, open } = await openWithConnection(t)
  for (const hash of ['', '/data']) {
    await open(`#/connections/production${hash}`)
    const empty = page.locator('.empty').first()
    await empty.waitFor()
    assert.match((await empty.textContent()) ?? '', /Choose Sync now/)
  }
  await open('#/')
  await page.getByLabel('Find a connection').fill('no such name')
  assert.match((await page.locator('.empty').textContent()) ?? '', /Show all connections/)
})
