import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startConsole } from '../../console/support/console-process.ts'
import { run, temporaryFolder } from '../../support/programs.ts'
import { bounded } from '../../support/wait.ts'
import { settled, skip, startBrowser } from '../support/browser.ts'

const PASSWORD = 'correct horse battery staple'

test('the form of the login page logs in with the password', { skip }, async (t) => {
  const folder = await temporaryFolder(t)
  const set = await run('customerio-sync', {
    args: ['console', '--set-password'],
    cwd: folder,
    stdin: `${PASSWORD}\n`,
  })
  assert.equal(set.code, 0, set.stderr)
  const { base } = await startConsole(t, folder, { args: ['--no-schedules'] })
  const browser = await startBrowser(t)
  const page = await browser.newPage()
  page.setDefaultTimeout(bounded(5000))
  await page.goto(base)
  assert.equal(page.url(), `${base}/login`)
  await page.getByLabel('Password').fill(`${PASSWORD}?`)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.getByRole('alert').getByText('The password is wrong').waitFor()
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(`${base}/`)
  await settled(page)
  assert.match(await page.locator('h1').first().innerText(), /Connections/)
})
