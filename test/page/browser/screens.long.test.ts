import { test, type TestContext } from 'node:test'
import {
  consoleWorkspace,
  logIn,
  startConsole,
  type Client,
} from '../../console/support/console-process.ts'
import type { Api } from '../../../src/console/api/schemas.generated.ts'
import { until } from '../../support/wait.ts'
import {
  assertAccessible,
  assertFits,
  openConsole,
  picture,
  skip,
  startBrowser,
  WIDTHS,
  type OpenPage,
} from '../support/browser.ts'
import { writeShowcase } from '../support/showcase.ts'

async function runOnce(client: Client, name: string): Promise<string> {
  await client.ok('startRun', { params: { name }, body: {} })
  const run = await until(
    async () => {
      const { body } = await client.ok<Api<'RunList'>>('listRuns', {
        query: { connection: name, limit: 1 },
      })
      return body.runs[0]?.outcome === 'succeeded' ? body.runs[0] : undefined
    },
    { what: 'the run to succeed', idleMs: 20_000 },
  )
  return run.run_id
}

/** A console with a connection in each state, one of which has just loaded rows. */
async function showcase(t: TestContext) {
  const workspace = await consoleWorkspace(t)
  await writeShowcase(workspace)
  const running = await startConsole(t, workspace.folder, { args: ['--no-schedules'] })
  const client = await logIn(running)
  const runId = await runOnce(client, 'production')
  const { body } = await client.ok<Api<'LoginLink'>>('createLoginLink')
  await client.ok('putDraft', {
    params: { name: 'second-brand' },
    body: { document: { name: 'second-brand' } },
  })
  return { running, client, runId, link: body.url, workspace }
}

/** Fragments of all screens that need no typing. */
function screensOf(runId: string): [string, string][] {
  return [
    ['connections', '#/'],
    ['connection', '#/connections/production'],
    ['connection-failed', '#/connections/staging'],
    ['connection-taken', '#/connections/agency'],
    ['connection-new', '#/connections/fresh'],
    ['connection-invalid', '#/connections/broken'],
    ['runs', '#/runs'],
    ['runs-filtered', '#/runs?connection=staging&outcome=failed'],
    ['run', `#/connections/production/runs/${runId}`],
    ['run-failed', '#/connections/staging/runs/staging-11'],
    ['data', '#/connections/production/data'],
    ['data-table', '#/connections/production/data/campaigns'],
    ['edit-source', '#/connections/production/edit/source'],
    ['edit-destination', '#/connections/staging/edit/destination'],
    ['edit-resources', '#/connections/production/edit/resources'],
    ['edit-schedule', '#/connections/production/edit/schedule'],
    ['edit-review', '#/connections/production/edit/review'],
    ['new-name', '#/new/name'],
    ['new-destination', '#/new/destination'],
    ['destinations', '#/destinations'],
    ['destination', '#/destinations/analytics/edit'],
    ['unknown', '#/nowhere'],
  ]
}

async function lookAt(
  { page, open }: OpenPage,
  screens: [string, string][],
  suffix: string,
): Promise<void> {
  for (const [name, hash] of screens) {
    await open(hash)
    await assertFits(page, name)
    await assertAccessible(page, `${name} ${suffix}`)
    await picture(page, `${name}-${suffix}`)
  }
}

async function lookAtDialogs({ page, open }: OpenPage, suffix: string): Promise<void> {
  await open('#/connections/production')
  const more = page.getByRole('button', { name: 'More: production' })
  for (const [item, name] of [
    ['Resync a stream', 'resync'],
    ['Delete', 'delete'],
  ] as const) {
    await more.click()
    await picture(page, `menu-${suffix}`)
    await page.getByRole('button', { name: item, exact: true }).click()
    await page.getByRole('dialog').waitFor()
    await assertAccessible(page, `${name} ${suffix}`)
    await picture(page, `dialog-${name}-${suffix}`)
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  }
}

/** The session ends while the page is open. */
async function lookAtLogin({ page, open, context }: OpenPage, suffix: string): Promise<void> {
  await open('#/connections/production')
  await context.clearCookies()
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Runs' }).click()
  await page.getByRole('dialog', { name: 'Log in' }).waitFor()
  await assertAccessible(page, `login ${suffix}`)
  await picture(page, `login-${suffix}`)
}

for (const theme of ['light', 'dark'] as const) {
  for (const width of WIDTHS) {
    test(`every screen is accessible and fits: ${theme}, ${width} pixels`, { skip }, async (t) => {
      const { running, link, runId } = await showcase(t)
      const browser = await startBrowser(t)
      const opened = await openConsole(t, { browser, running, link }, { theme, width })
      await lookAt(opened, screensOf(runId), `${theme}-${width}`)
      await lookAtDialogs(opened, `${theme}-${width}`)
      await lookAtLogin(opened, `${theme}-${width}`)
    })
  }
}
