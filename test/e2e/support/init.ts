/** The questions of `init`, answered on a terminal. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { startSandbox } from '../../../src/sandbox/api/server.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { temporaryFolder } from '../../support/programs.ts'
import { onTerminal } from './terminal.ts'

/** What is typed when the screen shows the prompt, in order. */
export type Replies = readonly (readonly [prompt: string, reply: string])[]

/** The end of a question whose answer is not shown. */
export const HIDDEN = 'input is hidden): '
export const DEFAULT_STREAMS: Replies = [
  ['Read newsletters', ''],
  ['Read campaigns', ''],
  ['Read campaign_actions', ''],
  ['Add these streams?', ''],
]

/** A sandbox, and `init` on a terminal in an empty folder. Ends with the test. */
export async function setUp(t: TestContext) {
  const sandbox = await startSandbox({ rate: { perSecond: Number.POSITIVE_INFINITY } })
  t.after(() => sandbox.close())
  const folder = await temporaryFolder(t)
  const init = async (replies: Replies, args: readonly string[] = [], env = {}) =>
    onTerminal(['init', ...args], { cwd: folder, replies, env: { TZ: 'UTC', ...env } })
  const read = async (name = 'connection.json') =>
    JSON.parse(await readFile(join(folder, name), 'utf8')) as Record<string, JsonObject>
  return { sandbox, folder, init, read }
}
