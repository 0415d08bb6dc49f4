/** A workspace that shows every state of the page: many connections with a long history. */

import assert from 'node:assert/strict'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunRecord } from '../../../src/schemas.generated.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import type { ConsoleWorkspace } from '../../console/support/console-process.ts'
import { run, writeJson } from '../../support/programs.ts'

const HOUR_MS = 3_600_000
/** No run takes longer. */
const LONGEST_MS = 30_000

type Error = NonNullable<RunRecord['error']>

export interface PastRuns {
  count: number
  /** @default one an hour */
  everyMs?: number
  /** When the last run has ended at the latest. @default now */
  lastAtMs?: number
  /** Error of the last run. */
  error?: Error
  /** One run of this number failed. @default 17 */
  failsEvery?: number
}

const DOWN: Error = {
  program: 'tap-customerio',
  code: 'API_UNAVAILABLE',
  message: 'The App API responded with 503 for 600 seconds.',
}

const STREAMS = ['newsletters', 'campaigns', 'campaign_actions'] as const

/** A number that differs from run to run, and is the same in each test. */
function variedBy(at: number, most: number): number {
  return Math.floor((Math.sin(at * 12.9898) * 0.5 + 0.5) * most)
}

function streamsOf(at: number, atMs: number, isGood: boolean): RunRecord['streams'] {
  return STREAMS.map((stream, number) => ({
    stream,
    mode: number === 0 ? 'full_refresh' : 'incremental',
    rows_read: variedBy(at + number, 400),
    rows_loaded: isGood ? variedBy(at + number, 400) : 0,
    rows_deleted: isGood ? variedBy(at + number, 4) : 0,
    rows_rejected: 0,
    bookmark_before: new Date(atMs - HOUR_MS).toISOString(),
    bookmark_after: isGood ? new Date(atMs).toISOString() : new Date(atMs - HOUR_MS).toISOString(),
    seconds: Math.round(variedBy(at + number, 90)) / 10,
  }))
}

function runOf(connection: string, at: number, past: PastRuns): RunRecord {
  const { count, everyMs = HOUR_MS, lastAtMs = Date.now(), error, failsEvery = 17 } = past
  const atMs = lastAtMs - LONGEST_MS - (count - 1 - at) * everyMs
  const isLast = at === count - 1
  const failure = isLast && error ? error : at % failsEvery === 5 && !isLast ? DOWN : null
  const seconds = Math.round(120 + variedBy(at, 60)) / 10
  return {
    run_id: `${connection}-${at}`,
    connection,
    trigger: at % 9 === 0 ? 'manual' : 'schedule',
    started_at: new Date(atMs).toISOString(),
    ended_at: new Date(atMs + seconds * 1000).toISOString(),
    seconds,
    outcome: failure ? 'failed' : 'succeeded',
    exit_status: failure ? 5 : 0,
    error: failure,
    requests: 40 + variedBy(at, 30),
    retries: failure ? 12 : 0,
    rate_limited: at % 5,
    streams: streamsOf(at, atMs, failure === null),
    is_whole: true,
  }
}

function historyOf(folder: string, name: string): string {
  return join(folder, '.customerio-sync', name, 'history')
}

/** Writes runs of the past into the history of a connection. */
export async function writePast(folder: string, name: string, past: PastRuns): Promise<void> {
  const history = historyOf(folder, name)
  await mkdir(history, { recursive: true, mode: 0o700 })
  const months = new Map<string, string[]>()
  for (let at = 0; at < past.count; at++) {
    const record = runOf(name, at, past)
    const month = record.started_at.slice(0, 7)
    const lines = months.get(month) ?? []
    lines.push(`${JSON.stringify({ event: 'ended', run: record })}\n`)
    months.set(month, lines)
  }
  for (const [month, lines] of months)
    await writeFile(join(history, `runs-${month}.jsonl`), lines.join(''), { mode: 0o600 })
}

const KEY_REFUSED: Error = {
  program: 'tap-customerio',
  code: 'UNAUTHORIZED',
  message: 'Customer.io refused the App API key (401).',
}
const TAKEN: Error = {
  program: 'target-warehouse',
  code: 'TABLES_TAKEN',
  message: 'The tables cio_newsletters, cio_campaigns belong to the connection staging.',
}

const BASIC = { type: 'basic', every: '3h', start_at: '02:00' }
const CRON = { type: 'cron', expression: '30 2 * * *', timezone: 'Europe/Berlin' }

function own(prefix: string): JsonObject {
  return { use: 'warehouse', table_prefix: prefix }
}

/** Loads tables. The history then has no run, because the past is written into it. */
async function load(folder: string, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const args = ['run', '--connection', name]
    const { code, stderr } = await run('customerio-sync', { args, cwd: folder })
    assert.equal(code, 0, stderr)
    await rm(historyOf(folder, name), { recursive: true })
  }
}

export interface Showcase extends Pick<ConsoleWorkspace, 'folder' | 'connect'> {
  /** Whether the tables of past runs exist, which takes seconds. @default false */
  hasTables?: boolean
}

/** Connections in each state, with shared destinations. The first one works. */
export async function writeShowcase(options: Showcase): Promise<void> {
  const { folder, connect, hasTables = false } = options
  await mkdir(join(folder, 'destinations'))
  await writeJson(join(folder, 'destinations'), 'warehouse.json', {
    warehouse_url: 'duckdb:shared.duckdb',
  })
  await writeJson(join(folder, 'destinations'), 'analytics.json', {
    warehouse_url: 'postgres://loader:not-a-real-one@db.example.com/analytics',
  })
  await connect('production', { schedule: CRON })
  await connect('production-eu', { schedule: BASIC, destination: own('eu_') })
  await connect('staging', { schedule: { ...BASIC, every: '24h' }, destination: own('staging_') })
  await connect('archive', { schedule: { ...CRON, paused: true }, destination: own('archive_') })
  await connect('agency', { destination: own('agency_') })
  await connect('fresh', { destination: own('fresh_') })
  if (hasTables) await load(folder, ['production', 'production-eu', 'staging', 'archive', 'agency'])
  await writeJson(join(folder, 'connections'), 'broken.json', { source: { region: 'mars' } })
  await writePast(folder, 'production', { count: 90 })
  await writePast(folder, 'production-eu', { count: 40, failsEvery: 6 })
  await writePast(folder, 'staging', { count: 12, error: KEY_REFUSED })
  await writePast(folder, 'archive', { count: 5, lastAtMs: Date.now() - 400 * HOUR_MS })
  await writePast(folder, 'agency', { count: 3, error: TAKEN })
}
