/** How long it takes until a browser that knows nothing yet shows all connections. */

import { readdir, readFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { startConsole, type ConsoleWorkspace } from '../../console/support/console-process.ts'
import type { Scope } from '../../support/programs.ts'
import { newPage } from './browser.ts'
import { writePast } from './showcase.ts'

export interface ManyRuns {
  connections: number
  /** Of each connection. */
  runs: number
}

function nameOf(at: number): string {
  return `brand-${at}`
}

/** Writes connections with the same long history. */
export async function writeManyRuns(
  { folder, connect }: Pick<ConsoleWorkspace, 'folder' | 'connect'>,
  { connections, runs }: ManyRuns,
): Promise<void> {
  const historyOf = (name: string) => join(folder, '.customerio-sync', name, 'history')
  await writePast(folder, nameOf(0), { count: runs })
  for (const file of await readdir(historyOf(nameOf(0)))) {
    const text = await readFile(join(historyOf(nameOf(0)), file), 'utf8')
    for (let at = 1; at < connections; at++) {
      const history = historyOf(nameOf(at))
      await mkdir(history, { recursive: true, mode: 0o700 })
      const own = text.replaceAll(nameOf(0), nameOf(at))
      await writeFile(join(history, file), own, { mode: 0o600 })
    }
  }
  for (let at = 0; at < connections; at++) {
    const destination = { warehouse_url: `duckdb:${nameOf(at)}.duckdb` }
    await connect(nameOf(at), { destination })
  }
}

export interface Paint {
  /** From the address until every connection is on the screen. */
  ms: number
  /** What the page asked for. */
  paths: string[]
}

/** Opens a console that has just started in a browser without any file of it. */
export async function firstPaint(
  scope: Scope,
  { folder, browser, connections }: { folder: string; browser: Browser; connections: number },
): Promise<Paint> {
  const running = await startConsole(scope, folder, { args: ['--no-schedules'] })
  const { page, context } = await newPage(scope, { browser, base: running.base })
  // The cookie only: no file of the page is loaded.
  await context.request.get(running.link)
  const paths: string[] = []
  page.on('request', (request) => paths.push(new URL(request.url()).pathname))
  const beganMs = performance.now()
  await page.goto(running.base)
  // By its address: a search by role computes the name of each element, while the clock runs.
  await page.locator(`a.strong[href="#/connections/${nameOf(connections - 1)}"]`).waitFor()
  const ms = performance.now() - beganMs
  await context.close()
  await running.stop()
  return { ms, paths }
}
