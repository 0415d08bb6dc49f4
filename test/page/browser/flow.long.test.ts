import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { startSandbox } from '../../../src/sandbox/api/server.ts'
import { parseJson, type JsonObject } from '../../../src/singer/json.ts'
import { consoleWorkspace, startConsole } from '../../console/support/console-process.ts'
import { rowsIn } from '../../e2e/support/connection.ts'
import { assertTruth } from '../../e2e/support/truth.ts'
import { temporaryFolder } from '../../support/programs.ts'
import {
  assertAccessible,
  openConsole,
  picture,
  settled,
  skip,
  startBrowser,
} from '../support/browser.ts'
import {
  CREATE_AND_SYNC,
  enterSource,
  FIRST_LINK,
  found,
  goOn,
  stateShown,
} from '../support/new-connection.ts'

/** For a person. Not scaled: the programs need a small part of it, also on a slow machine. */
const FLOW_MS = 120_000

test(
  'from an empty folder to loaded tables in the browser alone, in under two minutes',
  { skip },
  async (t) => {
    // Another key than the usual one, which no program may write: this one has to.
    const apiKey = 'key-that-a-person-enters'
    const sandbox = await startSandbox({ apiKey, rate: { perSecond: Number.POSITIVE_INFINITY } })
    t.after(() => sandbox.close())
    const folder = await temporaryFolder(t)
    const browser = await startBrowser(t)
    const beganMs = performance.now()
    const running = await startConsole(t, folder)
    const { page } = await openConsole(t, { browser, running })
    await page.getByRole('link', { name: FIRST_LINK }).click()
    await page.getByLabel('Name').fill('production')
    await goOn(page, 'source')
    await enterSource(page, sandbox)
    await found(page, 'good')
    await goOn(page, 'destination')
    await page.getByRole('button', { name: 'Test', exact: true }).click()
    await found(page, 'good')
    await goOn(page, 'streams')
    await page.getByLabel('Table prefix').fill('cio_')
    await page.getByText(/^A full run makes/).waitFor()
    await goOn(page, 'schedule')
    await page.getByRole('radio', { name: /^Basic/ }).check()
    await page.locator('.ticks li').nth(4).waitFor()
    await goOn(page, 'review')
    const file = (await page.locator('.file').textContent()) ?? ''
    assert.doesNotMatch(file, new RegExp(apiKey))
    assert.match(file, /"app_api_key": "\*\*\*"/)
    await page.getByRole('button', { name: CREATE_AND_SYNC }).click()
    await stateShown(page, 'Succeeded')
    await page.getByRole('navigation', { name: 'Connection production' }).getByText('Data').click()
    const row = page.getByRole('row', { name: /cio_newsletters/ })
    await row.waitFor()
    assert.match(
      (await row.textContent()) ?? '',
      new RegExp(`Newsletters${sandbox.world.newsletters.length}`),
    )
    await page.getByRole('link', { name: 'cio_campaigns', exact: true }).click()
    await page.getByRole('heading', { name: 'Newest rows' }).waitFor()
    await settled(page)
    const tookMs = performance.now() - beganMs
    t.diagnostic(`${Math.round(tookMs)} ms`)
    assert.ok(tookMs < FLOW_MS, `it took ${tookMs} ms`)
    const stored = parseJson(
      await readFile(join(folder, 'connections', 'production.json'), 'utf8'),
    ) as JsonObject
    assert.equal((stored['source'] as JsonObject)['app_api_key'], apiKey)
    await running.stop()
    assert.ok(!running.output().includes(apiKey))
    const rows = rowsIn(join(folder, 'warehouse.duckdb'), { schema: 'main', prefix: 'cio_' })
    await assertTruth({ sandbox, rows })
  },
)

test(
  'a key that does not work is said at once, and what was entered stays',
  { skip },
  async (t) => {
    const { folder, sandbox } = await consoleWorkspace(t)
    const running = await startConsole(t, folder, { args: ['--no-schedules'] })
    const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
    await open('#/new/name')
    await page.getByLabel('Name').fill('production')
    await goOn(page, 'source')
    await page.getByRole('button', { name: 'Continue' }).click()
    await page.getByText('App API key is missing.').waitFor()
    assert.equal(await page.evaluate("document.activeElement.getAttribute('aria-invalid')"), 'true')
    await enterSource(page, { apiKey: 'wrong', url: sandbox.url })
    await found(page, 'bad')
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
    await goOn(page, 'source')
    await enterSource(page, sandbox)
    await goOn(page, 'destination')
    const other = await context.newPage()
    await other.goto(`${running.base}/`)
    await other.getByRole('button', { name: 'Finish: production' }).click()
    await settled(other)
    assert.equal(await other.getByLabel('Name').inputValue(), 'production')
    await goOn(other, 'source')
    assert.match(
      (await other.getByLabel('App API key').getAttribute('placeholder')) ?? '',
      /^Stored/,
    )
    await found(other, 'good')
  },
)

test(
  'half a key is never sent: what is typed is tested when its field is left',
  { skip },
  async (t) => {
    const { folder, sandbox } = await consoleWorkspace(t)
    const running = await startConsole(t, folder, { args: ['--no-schedules'] })
    const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
    const sent: unknown[] = []
    page.on('request', (request) => {
      if (!request.url().endsWith('/checks/key')) return
      const { source } = request.postDataJSON() as { source: JsonObject }
      sent.push([source['app_api_key'], source['api_url']])
    })
    await page.clock.install()
    await open('#/new/source')
    await page.getByText('More settings of the source').click()
    const type = async (label: string, text: string) => {
      const half = Math.ceil(text.length / 2)
      await page.getByLabel(label).pressSequentially(text.slice(0, half))
      await page.clock.runFor(60_000)
      await page.getByLabel(label).pressSequentially(text.slice(half))
      await page.clock.runFor(60_000)
    }
    await type('API URL', sandbox.url)
    await page.keyboard.press('Tab')
    await type('App API key', sandbox.apiKey)
    await page.getByText('The test begins when you leave the field.').waitFor()
    assert.deepEqual(sent, [])
    await page.keyboard.press('Tab')
    await found(page, 'good')
    assert.deepEqual(sent, [[sandbox.apiKey, sandbox.url]])
    // The address of half a host would get the key.
    await type('API URL', '/x')
    await page.getByText('The test begins when you leave the field.').waitFor()
    // Other settings of the source start no test, and hide no result.
    await page.getByLabel('API URL').fill(sandbox.url)
    await found(page, 'good')
    await page.getByLabel('Cutoff in days').pressSequentially('7')
    await page.clock.runFor(60_000)
    await found(page, 'good')
    assert.deepEqual(sent, [[sandbox.apiKey, sandbox.url]])
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
  await found(page, 'bad')
  await assertAccessible(page, 'a warehouse that is down')
  await picture(page, 'flow-down')
  await page.getByLabel('Port').fill('2')
  await page.getByText('The settings have changed since the last test.').waitFor()
  assert.equal(await page.getByLabel('Host').inputValue(), '127.0.0.1')
})
