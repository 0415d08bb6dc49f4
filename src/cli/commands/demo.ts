/** `customerio-sync demo`: a sandbox workspace into a DuckDB file; every further demo edits a few things and reads only these. */

import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { AppError } from '../../errors.ts'
import { runPair, type PairResult } from '../../runner/programs/pair.ts'
import { outputOf } from '../../runner/programs/program.ts'
import { ProgressLine } from '../../terminal/progress.ts'
import { formatTable } from '../../terminal/table.ts'
import { editAction } from '../../sandbox/action-edits.ts'
import { editCampaign, editNewsletter, insertCampaign } from '../../sandbox/edits.ts'
import { insertAction } from '../../sandbox/action-edits.ts'
import { createWorld } from '../../sandbox/generate.ts'
import { startSandbox, type Sandbox } from '../../sandbox/server.ts'
import { actionsOf, type World } from '../../sandbox/world.ts'
import { isJsonObject, parseJson, type JsonValue } from '../../singer/json.ts'
import { parseArguments } from '../arguments.ts'
import type { ProgramContext } from '../main.ts'

const FOLDER = 'customerio-demo'
const PREFIX = 'demo_'
const STREAMS = ['newsletters', 'campaigns', 'campaign_actions'] as const
const WORKSPACE = {
  examples: false,
  seed: 7,
  newsletters: 180,
  campaigns: 36,
  actionsPerCampaign: [1, 12] as const,
}

interface StreamFigures {
  records: number
  seconds: number
}

/** Times of the edits that earlier demos made, in epoch milliseconds: the workspace is made anew each time and edited again. */
async function readEditTimes(path: string): Promise<number[]> {
  const text = await readFile(path, 'utf8').catch(() => '[]')
  const times = parseJson(text)
  return Array.isArray(times) ? times.filter((time) => typeof time === 'number') : []
}

function numberOf(id: JsonValue | undefined): number {
  return Number(id)
}

/** One round of edits; the same for the same round and time. Returns what a person would say of it. */
function applyEdits(world: World, round: number, atMs: number): string[] {
  world.now = () => atMs
  const newsletter = world.newsletters[round % world.newsletters.length]
  const campaign = world.campaigns[round % world.campaigns.length]
  editNewsletter(world, numberOf(newsletter?.['id']), { name: `Renamed in round ${round}` })
  editCampaign(world, numberOf(campaign?.['id']), { state: 'stopped', active: false })
  const action = actionsOf(world, numberOf(campaign?.['id']))[0]
  const actionId = action?.['id']
  if (typeof actionId === 'string') {
    editAction(
      world,
      { campaignId: numberOf(campaign?.['id']), actionId },
      { subject: `Edited in round ${round}` },
    )
  }
  const added = insertCampaign(world, { name: `Added in round ${round}` })
  for (const subject of ['Welcome', 'Reminder'])
    insertAction(world, numberOf(added['id']), { subject })
  return [
    `newsletter ${numberOf(newsletter?.['id'])} was renamed`,
    `campaign ${numberOf(campaign?.['id'])} was stopped${actionId === undefined ? '' : ' and its first action edited'}`,
    `campaign ${numberOf(added['id'])} was added, with two actions`,
  ]
}

/** The workspace after all rounds of edits, the last one made now where the warehouse was loaded before. */
async function editedWorld(
  folder: string,
  isFirst: boolean,
): Promise<{ world: World; edits: string[] }> {
  const path = join(folder, 'edits.json')
  const times = isFirst ? [] : [...(await readEditTimes(path)), Date.now()]
  const world = createWorld(WORKSPACE)
  let edits: string[] = []
  for (const [at, time] of times.entries()) edits = applyEdits(world, at + 1, time)
  world.now = Date.now
  await writeFile(path, JSON.stringify(times))
  return { world, edits }
}

function metricIn(line: string): JsonValue | undefined {
  try {
    const parsed = parseJson(line)
    return isJsonObject(parsed) ? parsed['metric_info'] : undefined
  } catch {
    return undefined
  }
}

/** Takes the figures of a METRIC line. True when the line was one. */
function noteMetric(line: string, figures: Map<string, StreamFigures>): boolean {
  const metric = metricIn(line)
  if (!isJsonObject(metric)) return false
  const tags = isJsonObject(metric['tags']) ? metric['tags'] : {}
  const stream = tags['stream']
  if (typeof stream !== 'string' || typeof metric['value'] !== 'number') return true
  const old = figures.get(stream) ?? { records: 0, seconds: 0 }
  if (metric['metric'] === 'record_count')
    figures.set(stream, { ...old, records: old.records + metric['value'] })
  if (metric['metric'] === 'sync_duration')
    figures.set(stream, { ...old, seconds: metric['value'] })
  return true
}

function newestIn(state: string | undefined, stream: string): string {
  const document = state === undefined ? null : parseJson(state)
  const bookmarks = isJsonObject(document) ? document['bookmarks'] : null
  const bookmark = isJsonObject(bookmarks ?? null)
    ? (bookmarks as Record<string, JsonValue>)[stream]
    : null
  const value = isJsonObject(bookmark ?? null)
    ? (bookmark as Record<string, JsonValue>)['replication_key_value']
    : null
  return typeof value === 'string' ? value : ''
}

function messageIn(line: string): string {
  const parsed = line.startsWith('{') ? parseJson(line) : line
  return isJsonObject(parsed) && typeof parsed['message'] === 'string' ? parsed['message'] : line
}

interface Synced {
  result: PairResult
  figures: Map<string, StreamFigures>
  isFirst: boolean
}

interface Files {
  tap: string
  target: string
  state: string
  logConfig: string
}

async function writeFiles(folder: string, sandbox: Sandbox, warehouse: string): Promise<Files> {
  const files = {
    tap: join(folder, 'tap.json'),
    target: join(folder, 'target.json'),
    state: join(folder, 'state.json'),
    logConfig: join(folder, 'logging.json'),
  }
  await writeFile(
    files.tap,
    JSON.stringify({ app_api_key: sandbox.apiKey, api_url: sandbox.url, lookback_seconds: 0 }),
    { mode: 0o600 },
  )
  await writeFile(
    files.target,
    JSON.stringify({ warehouse_url: `duckdb:${warehouse}`, table_prefix: PREFIX }),
  )
  await writeFile(
    files.logConfig,
    JSON.stringify({
      formatters: { structured: { '()': 'singer_sdk.logging.StructuredFormatter' } },
    }),
  )
  return files
}

async function syncOnce(
  sandbox: Sandbox,
  warehouse: string,
  context: ProgramContext,
): Promise<{ result: PairResult; figures: Map<string, StreamFigures> }> {
  const scratch = await mkdtemp(join(tmpdir(), 'customerio-demo-'))
  const figures = new Map<string, StreamFigures>()
  const began = performance.now()
  const progress = new ProgressLine(process.stderr, () => {
    const seconds = ((performance.now() - began) / 1000).toFixed(0)
    return `  ${seconds} s  ${sandbox.requests.length} requests, at most 10 a second`
  })
  try {
    const files = await writeFiles(scratch, sandbox, warehouse)
    const { stdout } = await outputOf('target-warehouse', {
      args: ['--config', files.target, '--last-state'],
      env: context.env,
      onLog: () => undefined,
      signal: context.signal,
    })
    await writeFile(files.state, stdout.trim() === '' ? '{}' : stdout)
    const env = { ...context.env, SINGER_SDK_LOG_CONFIG: files.logConfig }
    const result = await runPair({
      tapArgs: ['--config', files.tap, '--state', files.state],
      tapEnv: env,
      targetArgs: ['--config', files.target],
      targetEnv: env,
      onLog: (program, line) => {
        const isMetric = program === 'tap-customerio' && noteMetric(line, figures)
        if (!isMetric && /"level":"(warning|error|critical)"/.test(line))
          progress.say(`  ${messageIn(line)}`)
      },
      signal: context.signal,
    })
    return { result, figures }
  } finally {
    progress.end()
    await rm(scratch, { recursive: true, force: true })
  }
}

function report(warehouse: string, synced: Synced): string {
  const rows = STREAMS.map((stream) => {
    const { records = 0, seconds = 0 } = synced.figures.get(stream) ?? {}
    return [
      `${PREFIX}${stream}`,
      String(records),
      newestIn(synced.result.lastState, stream),
      seconds.toFixed(1),
    ]
  })
  const path = relative('.', warehouse)
  const query = `select id, name, updated from ${PREFIX}newsletters order by updated desc limit 5`
  const atBookmark =
    'An incremental sync begins at its bookmark, so the newest row of the last one is read again.'
  return [
    formatTable(['table', 'rows', 'newest update', 'seconds'], rows),
    '',
    ...(synced.isFirst ? [] : [atBookmark]),
    `The warehouse is ${path}. Look at it with any DuckDB client, for example:`,
    `  duckdb ${path} "${query}"`,
    'Run the demo again: it edits a few things, and reads only these.',
  ].join('\n')
}

/** Runs the demo in the current folder. Throws WAREHOUSE_FAILED or API_UNAVAILABLE when the target or the tap did not complete. */
export async function demo(context: ProgramContext): Promise<void> {
  const line = {
    name: 'customerio-sync demo',
    usage: 'Usage: $0\n\nSyncs a sandbox workspace into customerio-demo/warehouse.duckdb.',
    options: {},
    examples: [['$0', 'Run it again to see that only what changed is read'] as const],
  }
  if (parseArguments(line, context.args) === undefined) return
  const folder = join(process.cwd(), FOLDER)
  const warehouse = join(folder, 'warehouse.duckdb')
  await mkdir(folder, { recursive: true })
  const isFirst = (await readFile(join(folder, 'edits.json')).catch(() => undefined)) === undefined
  const { world, edits } = await editedWorld(folder, isFirst)
  const sandbox = await startSandbox({ world })
  try {
    const intro = isFirst
      ? 'Syncing a sandbox workspace into DuckDB.'
      : 'Syncing what changed since the last demo:'
    process.stderr.write([intro, ...edits.map((edit) => `  - ${edit}`)].join('\n') + '\n')
    const synced = await syncOnce(sandbox, warehouse, context)
    context.signal.throwIfAborted()
    if (synced.result.target.status !== 0)
      throw new AppError('WAREHOUSE_FAILED', 'The demo could not load its warehouse.')
    if (synced.result.tap.status !== 0)
      throw new AppError('API_UNAVAILABLE', 'The demo could not read its sandbox.')
    process.stdout.write(`${report(warehouse, { ...synced, isFirst })}\n`)
  } finally {
    await sandbox.close()
  }
}
