import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import type { Page } from 'playwright-core'
import { errorStatus } from '../../../src/sandbox/api/answers.ts'
import { consoleWorkspace, startConsole } from '../../console/support/console-process.ts'
import { until } from '../../support/wait.ts'
import { openConsole, skip, startBrowser } from '../support/browser.ts'
import { stateShown } from '../support/new-connection.ts'
import { writePast } from '../support/showcase.ts'

interface Line {
  level: string
  text: string
}

const LINES = `[...document.querySelectorAll('.log li')].map((line) => ({
  level: line.querySelector('.level').textContent,
  text: line.querySelector('.breaks').textContent,
}))`

/** Lines of the log that the page shows. */
async function linesOf(page: Page): Promise<Line[]> {
  return page.evaluate<Line[]>(LINES)
}

test('the log of a run is searched, filtered by level and downloaded', { skip }, async (t) => {
  const { folder, sandbox, connect } = await consoleWorkspace(t)
  await connect('production')
  // A request that is repeated makes a warning.
  sandbox.faults.add({ match: /\/actions/, times: 1, respond: errorStatus(503) })
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
  await page.getByRole('button', { name: 'Sync now: production' }).click()
  await page.locator('td .state', { hasText: 'Succeeded' }).waitFor()
  await open('#/runs')
  await page.getByRole('table').getByRole('link').first().click()
  await stateShown(page, 'Succeeded')
  const all = await linesOf(page)
  const warnings = all.filter(({ level }) => level !== 'info')
  const hits = all.filter(({ text }) => text.toLowerCase().includes('newsletters'))
  assert.ok(warnings.length > 0 && warnings.length < all.length, JSON.stringify(all))
  assert.ok(hits.length > 0 && hits.length < all.length, JSON.stringify(all))
  const shows = async (expected: readonly Line[], what: string) =>
    until(async () => JSON.stringify(await linesOf(page)) === JSON.stringify(expected), { what })
  await page.getByLabel('Level').selectOption({ label: 'Warning and above' })
  await shows(warnings, 'the warnings')
  await page.getByLabel('Level').selectOption({ label: 'All' })
  await page.getByLabel('Search').fill('newsletters')
  await shows(hits, 'the lines with the text')
  await page.getByLabel('Search').fill('no line has this')
  await page.getByText('No line matches').waitFor()
  await page.getByLabel('Search').fill('')
  await shows(all, 'all lines again')
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download' }).click(),
  ])
  const text = await readFile(await download.path(), 'utf8')
  for (const line of all) assert.ok(text.includes(line.text), `${line.text} in ${text}`)
})

/** Pixels of each chart that have the colour of a failed run. */
const FAILURE_PIXELS = `[...document.querySelectorAll('.plot canvas')].map((canvas) => {
  const colour = getComputedStyle(document.querySelector('svg.bad-text')).color
  const [red, green, blue] = colour.match(/\\d+/g).map(Number)
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  let count = 0
  for (let at = 0; at < data.length; at += 4)
    if (data[at] === red && data[at + 1] === green && data[at + 2] === blue) count++
  return count
})`

test('charts mark runs that failed, and are tables too', { skip }, async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  await connect('production')
  await connect('calm')
  await writePast(folder, 'production', { count: 30, failsEvery: 6 })
  await writePast(folder, 'calm', { count: 4 })
  const running = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
  await open('#/connections/production')
  const charts = page.locator('.charts .plot canvas')
  await charts.nth(1).waitFor()
  assert.equal(await charts.count(), 3)
  const isMarked = async () =>
    (await page.evaluate<number[]>(FAILURE_PIXELS)).every((one) => one > 20)
  await until(isMarked, { what: 'the marks of failed runs in all charts' })
  await page.getByText('Rows loaded as a table').click()
  const rows = page.getByRole('table', { name: 'Rows loaded of each run' }).locator('tbody tr')
  assert.equal(await rows.count(), 30)
  // Those whose number is 5, 11, 17 and 23; the last run never fails.
  assert.equal(await rows.filter({ hasText: 'Failed' }).count(), 4)
  await open('#/connections/calm')
  await charts.nth(1).waitFor()
  assert.equal(await page.getByText('marks a run that failed').count(), 0)
})
