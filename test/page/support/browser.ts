/** Headless Chromium, and what every test of the page checks in it. */

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { TestContext } from 'node:test'
import axe, { type AxeResults } from 'axe-core'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import type { RunningConsole } from '../../console/support/console-process.ts'
import { bounded } from '../../support/wait.ts'

/** Chromium of the machine. Debian's package is `chromium`. */
const CHROMIUM = process.env['TEST_CHROMIUM'] ?? '/usr/bin/chromium'

/** Why tests with a browser cannot run here; false when they can. In CI they must run. */
export const skip = existsSync(CHROMIUM) ? false : `no Chromium at ${CHROMIUM}`
if (skip !== false && process.env['CI'] !== undefined)
  throw new Error(`There is ${skip}. Install it, or set TEST_CHROMIUM.`)

/** Where to write pictures of every screen. They are not written without it. */
const PICTURES = process.env['TEST_PICTURES']

/** Answers of the API, except the events, which never end. */
export const ANSWERS = /\/api\/v1\/(?!events)/

type Theme = 'light' | 'dark'

export const WIDTHS = [1280, 375] as const

export async function startBrowser(t: Pick<TestContext, 'after'>): Promise<Browser> {
  // The sandbox of Chromium needs a user other than root. The pages are our own.
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox'] })
  t.after(() => browser.close())
  return browser
}

export interface OpenOptions {
  theme?: Theme
  width?: number
  height?: number
  /** @default UTC */
  timezone?: string
}

/** Messages of the browser that a test does not expect, such as a refused inline script. */
function watchErrors(page: Page): string[] {
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    const text = message.text()
    const isResponse = text.startsWith('Failed to load resource')
    if (message.type() === 'error' && !isResponse) errors.push(text)
  })
  return errors
}

/** What the page may ask for: itself, its login, its own files and the API. */
const OWN_PATH = /^\/(login|icon\.svg|assets\/[^?]+|api\/v1\/[^?]+|)$/

/** Addresses of other hosts, and those that are not part of the page or of the API. */
function watchAddresses(context: BrowserContext, base: string): string[] {
  const foreign: string[] = []
  context.on('request', (request) => {
    const { origin, pathname } = new URL(request.url())
    if (origin !== base || !OWN_PATH.test(pathname)) foreign.push(request.url())
  })
  return foreign
}

export interface OpenPage {
  page: Page
  context: BrowserContext
  /** Opens a screen by its fragment, and waits until nothing is loading. */
  open: (hash: string) => Promise<void>
}

/** An empty page of a browser that has seen nothing yet. */
export async function newPage(
  t: Pick<TestContext, 'after'>,
  { browser, base }: { browser: Browser; base: string },
  { theme = 'light', width = 1280, height = 800, timezone = 'UTC' }: OpenOptions = {},
): Promise<{ page: Page; context: BrowserContext }> {
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    timezoneId: timezone,
    reducedMotion: 'reduce',
  })
  context.setDefaultTimeout(bounded(5000))
  const page = await context.newPage()
  const errors = watchErrors(page)
  const foreign = watchAddresses(context, base)
  t.after(async () => {
    await context.close()
    assert.deepEqual({ errors, foreign }, { errors: [], foreign: [] })
  })
  return { page, context }
}

/**
 * A browser that is logged in to the console. Fails when the page has an error, or asks for
 * anything but its own files and the API.
 */
export async function openConsole(
  t: Pick<TestContext, 'after'>,
  {
    browser,
    running,
    link = running.link,
  }: { browser: Browser; running: RunningConsole; link?: string },
  options: OpenOptions = {},
): Promise<OpenPage> {
  const { page, context } = await newPage(t, { browser, base: running.base }, options)
  await page.goto(link)
  await page.waitForURL(`${running.base}/`)
  await settled(page)
  const open = async (hash: string) => {
    await page.goto(`${running.base}/${hash}`)
    await settled(page)
  }
  return { page, context, open }
}

/** Waits until the screen is drawn and nothing is loading. */
export async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor()
  await page.locator('.skeleton, [aria-busy="true"]').first().waitFor({ state: 'detached' })
}

/** Fails when axe finds a violation on the page as it is. */
export async function assertAccessible(page: Page, what: string): Promise<void> {
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate<AxeResults>('axe.run()')
  const texts = violations.flatMap(({ id, help, nodes }) =>
    nodes
      .slice(0, 3)
      .map(
        ({ target, failureSummary }) =>
          `${id}: ${help}: ${JSON.stringify(target)} ${failureSummary ?? ''}`,
      ),
  )
  assert.deepEqual(texts, [], what)
}

/** As `assertAccessible`, in the dark theme and then in the light one. */
export async function assertAccessibleInBoth(page: Page, what: string): Promise<void> {
  for (const colorScheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme })
    await assertAccessible(page, `${what}, ${colorScheme}`)
  }
}

/** Fails when the page is wider than the window. */
export async function assertFits(page: Page, what: string): Promise<void> {
  const extra = await page.evaluate<number>(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  )
  assert.ok(extra <= 0, `${what} is ${extra} pixels wider than the window`)
}

/** Writes a picture of the whole screen to the folder TEST_PICTURES. */
export async function picture(page: Page, name: string): Promise<void> {
  if (PICTURES === undefined) return
  const path = `${PICTURES}/${name}.png`
  await mkdir(dirname(path), { recursive: true })
  await page.screenshot({ path, fullPage: true })
}
