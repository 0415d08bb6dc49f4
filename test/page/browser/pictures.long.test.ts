/**
 * Takes the pictures of docs/console.md, and compares what they show. To renew them:
 *
 * `npm run build && UPDATE_DOCS=1 node --test dist/test/page/browser/pictures.long.test.js`
 */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { Api } from '../../../src/console/api/schemas.generated.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { consoleWorkspace, logIn, startConsole } from '../../console/support/console-process.ts'
import { writeJson } from '../../support/programs.ts'
import { until } from '../../support/wait.ts'
import {
  assertAccessibleInBoth,
  newPage,
  openConsole,
  settled,
  skip,
  startBrowser,
  type OpenPage,
} from '../support/browser.ts'
import { assertGallery, show } from '../support/gallery.ts'
import {
  CREATE_AND_SYNC,
  enterSource,
  FIRST_LINK,
  found,
  goOn,
  stateShown,
  stepShown,
} from '../support/new-connection.ts'
import { writeShowcase } from '../support/showcase.ts'

const SIZE = { width: 1120, height: 720 }

/** A workspace whose folder has a name that the pictures may show. */
async function marketing(t: TestContext) {
  const workspace = await consoleWorkspace(t)
  const folder = join(workspace.folder, 'marketing')
  await mkdir(folder)
  return { ...workspace, folder }
}

test('pictures from an empty workspace to the rows of a table', { skip }, async (t) => {
  const { folder, sandbox } = await marketing(t)
  const running = await startConsole(t, folder)
  const browser = await startBrowser(t)
  const outside = await newPage(t, { browser, base: running.base }, { width: 720, height: 400 })
  await outside.page.goto(running.base)
  await show(outside.page, 'login')
  const { page } = await openConsole(t, { browser, running }, SIZE)
  const look = async (name: string) => {
    await assertAccessibleInBoth(page, name)
    await show(page, name)
  }
  await look('empty')
  await page.getByRole('link', { name: FIRST_LINK }).click()
  await stepShown(page, 'name')
  await page.getByLabel('Name').fill('production')
  // The name was empty before, and that finding goes when the console has checked the new one.
  await page.getByText(/^Name must be/).waitFor({ state: 'detached' })
  await show(page, 'name')
  await goOn(page, 'source')
  await enterSource(page, sandbox)
  await found(page, 'good')
  await page.getByText('More settings of the source').click()
  await look('key')
  await goOn(page, 'destination')
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await found(page, 'good')
  await page.getByRole('heading', { name: 'Destination test' }).scrollIntoViewIfNeeded()
  await look('destination')
  await goOn(page, 'streams')
  await page.getByLabel('Table prefix').fill('cio_')
  await page.getByText(/^A full run makes/).waitFor()
  await look('streams')
  await goOn(page, 'schedule')
  await page.getByRole('radio', { name: /^Basic/ }).check()
  await page.locator('.ticks li').nth(4).waitFor()
  await look('schedule')
  await goOn(page, 'review')
  await page.locator('.file').waitFor()
  await look('review')
  // Slow enough that the picture shows a run in progress.
  sandbox.latency.fixedMs = 2000
  await page.getByRole('button', { name: CREATE_AND_SYNC }).click()
  await page.getByRole('link', { name: 'Watch the run' }).click()
  await stateShown(page, 'Running')
  await page.locator('.log li').first().waitFor()
  await show(page, 'live', { omitted: ['.log'], isRunning: true })
  sandbox.latency.fixedMs = 0
  await stateShown(page, 'Succeeded')
  await page.getByRole('heading', { name: 'Log' }).scrollIntoViewIfNeeded()
  await show(page, 'log')
  await page.goto(`${running.base}/#/connections/production/data`)
  await page.getByRole('row', { name: /cio_newsletters/ }).waitFor()
  await settled(page)
  await show(page, 'data')
  await page.getByRole('link', { name: 'cio_campaigns', exact: true }).click()
  await page.getByRole('heading', { name: 'Newest rows' }).waitFor()
  await settled(page)
  await show(page, 'preview')
})

/** Screens that need no typing, with the title of each. */
const SCREENS: readonly (readonly [name: string, hash: string, title: string])[] = [
  ['connections', '#/', 'Connections'],
  ['connection', '#/connections/production-eu', 'production-eu'],
  ['failed', '#/connections/staging/runs/staging-11', 'Run of staging'],
  ['runs', '#/runs?connection=staging', 'Runs'],
  ['destinations', '#/destinations', 'Destinations'],
  ['warehouse', '#/destinations/analytics/edit', 'Edit analytics'],
]

async function showDialogs({ page, open }: OpenPage): Promise<void> {
  await open('#/connections/production-eu')
  for (const [item, name] of [
    ['Resync a stream', 'resync'],
    ['Delete', 'delete'],
  ] as const) {
    await page.getByRole('button', { name: 'More: production-eu' }).click()
    await page.getByRole('button', { name: item, exact: true }).click()
    await page.getByRole('dialog').waitFor()
    await show(page, name)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
}

async function showEdits({ page, open }: OpenPage, folder: string): Promise<void> {
  await open('#/connections/production/edit/schedule')
  await page.locator('.ticks li').nth(4).waitFor()
  // Which changes of the clock come next depends on the season.
  await show(page, 'edit', { omitted: ['.notice.warning'] })
  await open('#/connections/archive/edit/source')
  await page.getByLabel('Cutoff in days').fill('7')
  await page.getByRole('button', { name: 'Test', exact: true }).click()
  await found(page, 'good')
  const path = join(folder, 'connections', 'archive.json')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace('"source":{', '"source":{"cutoff_days":30,'))
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByRole('table', { name: 'Both changes' }).waitFor()
  await found(page, 'good')
  await settled(page)
  await show(page, 'conflict')
}

test('pictures of a workspace with many connections', { skip }, async (t) => {
  const { folder, document } = await marketing(t)
  await mkdir(join(folder, 'connections'))
  const connect = async (name: string, members?: JsonObject) => {
    await writeJson(join(folder, 'connections'), `${name}.json`, document(members))
  }
  await writeShowcase({ folder, connect, hasTables: true })
  await rm(join(folder, 'connections', 'broken.json'))
  const running = await startConsole(t, folder)
  const client = await logIn(running)
  const isCounted = async () => {
    const { body } = await client.ok<Api<'ConnectionList'>>('listConnections')
    return body.connections.every((one) => one.last_run === null || one.rows_read_at !== null)
  }
  await until(isCounted, { what: 'the first count of the rows of each connection' })
  const link = (await client.ok<Api<'LoginLink'>>('createLoginLink')).body.url
  const opened = await openConsole(t, { browser: await startBrowser(t), running, link }, SIZE)
  const { page, open } = opened
  for (const [name, hash, title] of SCREENS) {
    await open(hash)
    await page.getByRole('heading', { name: title, level: 1 }).waitFor()
    await settled(page)
    await show(page, name)
  }
  await showDialogs(opened)
  await showEdits(opened, folder)
})

test('the docs show each picture, and each picture has its text', assertGallery)
