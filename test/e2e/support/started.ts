/** Runs `customerio-sync start` as a process, with a missed tick. */

import assert from 'node:assert/strict'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { History } from '../../../src/runner/history/history.ts'
import type { RunRecord } from '../../../src/runner/history/record.ts'
import { DAY_MS } from '../../../src/time.ts'
import { collect, endBeforeFolders, killed, start } from '../../support/programs.ts'
import type { RunnerSetup } from './runner.ts'
import { until } from '../../support/wait.ts'

/** The history of a connection that last ran a day ago, so that `start` catches up at once. */
export async function lastRanYesterday(
  { folder }: RunnerSetup,
  base = 'connection',
): Promise<History> {
  const dataFolder = join(folder, '.customerio-sync', base)
  await mkdir(dataFolder, { recursive: true })
  const history = new History(dataFolder)
  const time = new Date(Date.now() - DAY_MS).toISOString()
  const run = { run_id: 'yesterday', connection: base, trigger: 'schedule', exit_status: 0 }
  const end = new Date(Date.parse(time) + 1000).toISOString()
  const times = { started_at: time, ended_at: end, seconds: 1, outcome: 'succeeded', error: null }
  const counts = { requests: 1, retries: 0, rate_limited: 0, streams: [] }
  const record = { ...run, ...times, ...counts } as RunRecord
  await history.start(record)
  await history.end(record)
  return history
}

/** One tick a day, 12 hours from now: none comes during a test. */
export const TICK_FAR_AWAY = {
  type: 'basic',
  every: '24h',
  start_at: new Date(Date.now() + DAY_MS / 2)
    .toISOString()
    .slice('YYYY-MM-DDT'.length, 'YYYY-MM-DDTHH:MM'.length),
}

/** Starts `start`; kills it when the test ends. */
export function startIn(
  t: TestContext,
  { folder }: RunnerSetup,
  { args = [], env = {} }: { args?: readonly string[]; env?: Record<string, string> } = {},
) {
  const child = start('customerio-sync', { args: ['start', ...args], cwd: folder, env })
  const finished = collect(child)
  let seen = ''
  child.stdout.on('data', (chunk: string) => (seen += chunk))
  child.stderr.on('data', (chunk: string) => (seen += chunk))
  endBeforeFolders(t, async () => killed(child))
  t.after(() => finished)
  const saw = async (pattern: RegExp) => {
    const what = `${String(pattern)} in the output`
    await until(() => pattern.test(seen) || child.exitCode !== null, { what, idleMs: 7500 })
    assert.match(seen, pattern)
    return pattern.exec(seen)?.[1] ?? ''
  }
  const stop = async () => {
    child.kill('SIGTERM')
    return finished
  }
  return { child, finished, saw, stop }
}
