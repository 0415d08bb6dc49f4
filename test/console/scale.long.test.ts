import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Api } from '../../src/console/api/schemas.generated.ts'
import type { RunRecord } from '../../src/runner/history/record.ts'
import { CORE_STREAM_NAMES } from '../../src/streams/index.ts'
import { HOUR_MS } from '../../src/time.ts'
import { bounded } from '../support/wait.ts'
import { consoleWorkspace, logIn, startConsole } from './support/console-process.ts'

const CONNECTIONS = 50
const RUNS = 200

function recordOf(connection: string, number: number): RunRecord {
  const startedMs = Date.now() - (RUNS - number) * HOUR_MS
  const ended_at = new Date(startedMs + 60_000).toISOString()
  return {
    run_id: `${connection}-${number}`,
    connection,
    trigger: 'schedule',
    started_at: new Date(startedMs).toISOString(),
    ended_at,
    seconds: 60,
    outcome: number % 10 === 0 ? 'failed' : 'succeeded',
    exit_status: number % 10 === 0 ? 5 : 0,
    error: null,
    requests: 100,
    retries: 0,
    rate_limited: 0,
    is_whole: true,
    streams: CORE_STREAM_NAMES.map((stream) => ({
      stream,
      mode: 'incremental',
      rows_read: 10,
      rows_loaded: 10,
      rows_deleted: 0,
      rows_rejected: 0,
      bookmark_before: null,
      bookmark_after: ended_at,
      seconds: 1,
    })),
  }
}

async function writeHistory(folder: string, connection: string): Promise<void> {
  const history = join(folder, '.customerio-sync', connection, 'history')
  await mkdir(history, { recursive: true, mode: 0o700 })
  const records = Array.from({ length: RUNS }, (_, number) => recordOf(connection, number))
  const months = new Set(records.map(({ started_at: at }) => at.slice(0, 7)))
  for (const month of months) {
    const lines = records
      .filter(({ started_at: at }) => at.startsWith(month))
      .map((run) => `${JSON.stringify({ event: 'ended', run })}\n`)
    await writeFile(join(history, `runs-${month}.jsonl`), lines.join(''), { mode: 0o600 })
  }
}

test('50 connections with 10,000 runs are listed in less than a second', async (t) => {
  const { folder, connect } = await consoleWorkspace(t)
  const names = Array.from({ length: CONNECTIONS }, (_, at) => `c${at}`)
  for (const name of names) {
    await connect(name, {
      destination: { warehouse_url: 'duckdb:w.duckdb', table_prefix: `${name}_` },
      schedule: { type: 'cron', expression: '30 2 * * *', timezone: 'Europe/Berlin' },
    })
    await writeHistory(folder, name)
  }
  const client = await logIn(await startConsole(t, folder, { args: ['--no-schedules'] }))
  const began = performance.now()
  const { body: list } = await client.ok<Api<'ConnectionList'>>('listConnections')
  const listedMs = performance.now() - began
  const { body: runs } = await client.ok<Api<'RunList'>>('listRuns')
  const runsMs = performance.now() - began - listedMs
  t.diagnostic(`connections ${Math.round(listedMs)} ms, runs ${Math.round(runsMs)} ms`)
  assert.equal(list.connections.length, CONNECTIONS)
  assert.ok(list.connections.every(({ fresh_until: fresh }) => fresh !== null))
  assert.equal(runs.runs.length, 50)
  assert.ok(listedMs + runsMs < bounded(1000))
  const ids: string[] = []
  let cursor: string | null = ''
  while (cursor !== null) {
    const place: Record<string, string> = cursor === '' ? {} : { cursor }
    const query = { connection: 'c7', limit: 30, ...place }
    const { body } = await client.ok<Api<'RunList'>>('listRuns', { query })
    ids.push(...body.runs.map(({ run_id: id }) => id))
    cursor = body.next
  }
  const newestFirst = Array.from({ length: RUNS }, (_, at) => `c7-${RUNS - 1 - at}`)
  assert.deepEqual(ids, newestFirst)
})
