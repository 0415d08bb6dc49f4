/**
 * `customerio-sync demo`: syncs a sandbox workspace into a DuckDB file. Later demos read only what
 * changed.
 */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { AppError } from '../../errors.ts'
import { runPair, type PairResult } from '../../runner/programs/pair.ts'
import { outputOf } from '../../runner/programs/program.ts'
import { RunStats } from '../../runner/programs/run-stats.ts'
import { bookmarkText, readAnyState } from '../../runner/warehouse/state-document.ts'
import { createDemoWorkspace } from '../../sandbox/demo-workspace.ts'
import { startSandbox, type Sandbox } from '../../sandbox/api/server.ts'
import { parseJson } from '../../singer/json.ts'
import { ProgressLine } from '../../terminal/progress.ts'
import { formatTable } from '../../terminal/table.ts'
import { SECOND_MS } from '../../time.ts'
import { parseArguments } from '../arguments.ts'
import type { ProgramContext } from '../main.ts'
import { print } from '../print.ts'
import { CORE_STREAM_NAMES } from '../../streams/index.ts'

const FOLDER = 'customerio-demo'
const TABLE_PREFIX = 'demo_'
const LINE = {
  name: 'customerio-sync demo',
  usage:
    'Usage: $0\n\nSyncs a sandbox workspace into customerio-demo/warehouse.duckdb. Needs no Customer.io account.',
  options: {},
  examples: [['$0', 'Run it twice: the second run reads only what changed'] as const],
}

interface Demo {
  sandbox: Sandbox
  /** Path of the DuckDB file. */
  warehouse: string
  context: ProgramContext
}

interface Synced {
  result: PairResult
  stats: RunStats
}

/**
 * When earlier demos edited the workspace, in epoch milliseconds; undefined before the first demo.
 */
async function readEditTimes(path: string): Promise<number[] | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const times = parseJson(text)
  return Array.isArray(times) ? times.filter((time) => typeof time === 'number') : []
}

/** Settings and state of both programs, in a scratch folder because they hold a key. */
async function writeSettings(folder: string, { sandbox, warehouse, context }: Demo) {
  const write = async (name: string, content: string): Promise<string> => {
    const path = join(folder, name)
    await writeFile(path, content, { mode: 0o600 })
    return path
  }
  const tap = await write(
    'tap.json',
    JSON.stringify({ app_api_key: sandbox.apiKey, api_url: sandbox.url, lookback_seconds: 0 }),
  )
  const target = await write(
    'target.json',
    JSON.stringify({ warehouse_url: `duckdb:${warehouse}`, table_prefix: TABLE_PREFIX }),
  )
  const { stdout } = await outputOf('target-warehouse', {
    args: ['--config', target, '--last-state'],
    env: context.env,
    onLog: () => undefined,
    signal: context.signal,
  })
  const state = await write('state.json', stdout.trim() === '' ? '{}' : stdout)
  return { tap, target, state }
}

async function syncOnce(workspace: Demo): Promise<Synced> {
  const { sandbox, context } = workspace
  const scratch = await mkdtemp(join(tmpdir(), 'customerio-demo-'))
  const stats = new RunStats()
  const began = performance.now()
  const progress = new ProgressLine(process.stderr, () => {
    const seconds = ((performance.now() - began) / SECOND_MS).toFixed(0)
    return `  ${seconds} s: ${sandbox.requests.length} requests, at most 10 per second`
  })
  try {
    const files = await writeSettings(scratch, workspace)
    const env = { ...context.env, LOG_FORMAT: 'json' }
    const result = await runPair({
      tapArgs: ['--config', files.tap, '--state', files.state],
      tapEnv: env,
      targetArgs: ['--config', files.target],
      targetEnv: env,
      onLog: (program, line) => {
        const shown = stats.add(program, line)
        if (shown) progress.say(`  ${context.logger.clean(shown.message)}`)
      },
      signal: context.signal,
    })
    return { result, stats }
  } finally {
    progress.end()
    await rm(scratch, { recursive: true, force: true })
  }
}

function assertSucceeded({ tap, target }: PairResult): void {
  if (target.status !== 0)
    throw new AppError('WAREHOUSE_FAILED', 'The demo could not load its warehouse.')
  if (tap.status !== 0)
    throw new AppError('API_UNAVAILABLE', 'The demo could not read its sandbox.')
}

function reportText({ result, stats }: Synced, warehouse: string, isFirst: boolean): string {
  const state = readAnyState(result.lastState ?? '')
  const rows = CORE_STREAM_NAMES.map((stream) => {
    const { read, seconds } = stats.of(stream)
    const newest = bookmarkText(state, stream) ?? ''
    return [`${TABLE_PREFIX}${stream}`, String(read), newest, seconds.toFixed(1)]
  })
  const path = relative('.', warehouse)
  const query = `select id, name, updated from ${TABLE_PREFIX}newsletters order by updated desc limit 5`
  return [
    formatTable(['table', 'rows read', 'newest update', 'seconds'], rows),
    '',
    ...(isFirst
      ? []
      : ['An incremental sync starts at its bookmark, so it reads the newest row again.', '']),
    `The warehouse is ${path}. Query it with any DuckDB client, for example:`,
    `  duckdb ${path} "${query}"`,
    '',
    'Run the demo again: it edits the workspace and reads only what changed.',
  ].join('\n')
}

/**
 * Runs the demo in the current folder. Throws WAREHOUSE_FAILED or API_UNAVAILABLE when the sync
 * fails.
 */
export async function demo(context: ProgramContext): Promise<void> {
  if (parseArguments(LINE, context.args) === undefined) return
  const folder = join(process.cwd(), FOLDER)
  const timesPath = join(folder, 'edits.json')
  const warehouse = join(folder, 'warehouse.duckdb')
  await mkdir(folder, { recursive: true })
  const earlierTimes = await readEditTimes(timesPath)
  const editTimes = earlierTimes === undefined ? [] : [...earlierTimes, Date.now()]
  await writeFile(timesPath, JSON.stringify(editTimes))
  const { world, edits } = createDemoWorkspace(editTimes)
  const sandbox = await startSandbox({ world })
  try {
    const isFirst = earlierTimes === undefined
    const intro = isFirst
      ? 'Syncing a sandbox workspace into DuckDB...'
      : 'The workspace changed since the last demo:'
    const lines = [intro, ...edits.map((edit) => `  - ${edit}`)]
    process.stderr.write(`${lines.join('\n')}\n`)
    const synced = await syncOnce({ sandbox, warehouse, context })
    context.signal.throwIfAborted()
    assertSucceeded(synced.result)
    await print(reportText(synced, warehouse, isFirst))
  } finally {
    await sandbox.close()
  }
}
