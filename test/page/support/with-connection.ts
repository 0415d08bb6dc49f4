/** A console with one connection, open in a browser: where most tests of the page begin. */

import type { TestContext } from 'node:test'
import type { JsonObject } from '../../../src/singer/json.ts'
import {
  consoleWorkspace,
  startConsole,
  type ConsoleWorkspace,
  type RunningConsole,
} from '../../console/support/console-process.ts'
import { openConsole, startBrowser, type OpenPage } from './browser.ts'

export interface WithConnection extends ConsoleWorkspace, OpenPage {
  running: RunningConsole
}

/**
 * Opens a console without schedules, whose only connection is `production`.
 * @param members of its document
 */
export async function openWithConnection(
  t: TestContext,
  members?: JsonObject,
): Promise<WithConnection> {
  const workspace = await consoleWorkspace(t)
  await workspace.connect('production', members)
  const running = await startConsole(t, workspace.folder, { args: ['--no-schedules'] })
  const opened = await openConsole(t, { browser: await startBrowser(t), running })
  return { ...workspace, ...opened, running }
}
