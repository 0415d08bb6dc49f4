import assert from 'node:assert/strict'
import { test } from 'node:test'
import { consoleWorkspace, startConsole } from '../../console/support/console-process.ts'
import { run } from '../../support/programs.ts'
import {
  assertAccessibleInBoth,
  assertFits,
  newPage,
  settled,
  skip,
  startBrowser,
} from '../support/browser.ts'

const PASSWORD = 'correct horse battery staple'

test('without a password, the login page says where the link is', { skip }, async (t) => {
  const { folder } = await consoleWorkspace(t)
  const { base } = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page } = await newPage(t, { browser: await startBrowser(t), base }, { width: 375 })
  await page.goto(base)
  await page.getByText('Open the link').waitFor()
  assert.equal(await page.getByRole('button').count(), 0)
  await assertAccessibleInBoth(page, 'the login page without a password')
  await assertFits(page, 'the login page')
})

test('a password opens the console, a wrong one says so', { skip }, async (t) => {
  const { folder } = await consoleWorkspace(t)
  const args = ['console', '--set-password']
  const set = await run('customerio-sync', { args, cwd: folder, stdin: `${PASSWORD}\n` })
  assert.equal(set.code, 0, set.stderr)
  const { base } = await startConsole(t, folder, { args: ['--no-schedules'] })
  const { page } = await newPage(t, { browser: await startBrowser(t), base })
  await page.goto(base)
  await assertAccessibleInBoth(page, 'the login page')
  await page.keyboard.type('a wrong password')
  await page.keyboard.press('Enter')
  await page.getByRole('alert').waitFor()
  await assertAccessibleInBoth(page, 'the login page after a wrong password')
  await page.getByLabel('Password').fill(PASSWORD)
  await page.getByRole('button', { name: 'Log in' }).click()
  await page.waitForURL(`${base}/`)
  await settled(page)
})
