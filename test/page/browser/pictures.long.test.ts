import assert from 'node:assert/strict'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { JsonObject } from '../../../src/singer/json.ts'
import { consoleWorkspace, startConsole } from '../../console/support/console-process.ts'
import { ROOT, writeJson } from '../../support/programs.ts'
import { openConsole, picture, settled, skip, startBrowser } from '../support/browser.ts'
import { writeShowcase } from '../support/showcase.ts'

/** UPDATE_DOCS=1 writes the pictures that the docs show. */
const UPDATES = process.env['UPDATE_DOCS'] === '1'

const SCREENS: readonly (readonly [name: string, hash: string, title: string])[] = [
  ['connections', '#/', 'Connections'],
  ['connection', '#/connections/production-eu', 'production-eu'],
  ['run', '#/connections/staging/runs/staging-11', 'Run of staging'],
  ['schedule', '#/connections/production/edit/schedule', 'Edit production'],
]

test('the docs show each main screen as it is', { skip }, async (t) => {
  const text = await readFile(join(ROOT, 'docs', 'console.md'), 'utf8')
  const shown = [...text.matchAll(/\]\(console\/(\w+)\.jpg\)/g)].map(([, name]) => name)
  assert.deepEqual(
    shown,
    SCREENS.map(([name]) => name),
  )
  const workspace = await consoleWorkspace(t)
  const folder = join(workspace.folder, 'marketing')
  await mkdir(join(folder, 'connections'), { recursive: true })
  const connect = async (name: string, members?: JsonObject) => {
    await writeJson(join(folder, 'connections'), `${name}.json`, workspace.document(members))
  }
  await writeShowcase({ folder, connect })
  await rm(join(folder, 'connections', 'broken.json'))
  const running = await startConsole(t, folder)
  const { page, open } = await openConsole(t, { browser: await startBrowser(t), running })
  for (const [name, hash, title] of SCREENS) {
    await open(hash)
    await page.reload()
    await page.getByRole('heading', { name: title, level: 1 }).waitFor()
    await settled(page)
    // It names a folder that only the test has.
    await page.evaluate("document.querySelector('footer').remove()")
    await picture(page, `docs-${name}`)
    const path = join(ROOT, 'docs', 'console', `${name}.jpg`)
    if (UPDATES) await page.screenshot({ path, type: 'jpeg', quality: 60 })
    else assert.ok((await readFile(path)).length > 10_000)
  }
})
