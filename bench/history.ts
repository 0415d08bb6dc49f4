/**
 * Time and memory of `history` and `status` after 100,000 runs. In the worst case, only the oldest
 * run succeeded.
 */

import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { RunRecord } from '../src/runner/history/record.ts'
import { MINUTE_MS } from '../src/time.ts'
import { measure, median, type Bench, type Figure } from './bench.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/customerio-sync.js', import.meta.url))
const RUNS = 100_000
const ROUNDS = 3
/** A run every five minutes. */
const STEP_MS = 5 * MINUTE_MS
const NEWEST = Date.parse('2026-11-24T10:00:00Z')

function recordOf(age: number, isSuccess: boolean): RunRecord {
  const began = NEWEST - age * STEP_MS
  const message = 'Customer.io returned 503 for ten minutes.'
  return {
    run_id: `00000000-0000-4000-8000-${String(age).padStart(12, '0')}`,
    connection: 'connection',
    trigger: 'schedule',
    started_at: new Date(began).toISOString(),
    ended_at: new Date(began + MINUTE_MS).toISOString(),
    seconds: 60,
    outcome: isSuccess ? 'succeeded' : 'failed',
    exit_status: isSuccess ? 0 : 1,
    error: isSuccess ? null : { program: 'tap-customerio', code: 'API_UNAVAILABLE', message },
    requests: 40,
    retries: 9,
    rate_limited: 0,
    streams: (['newsletters', 'campaigns', 'campaign_actions'] as const).map((stream) => ({
      stream,
      mode: 'incremental',
      rows_read: 100,
      rows_loaded: 100,
      rows_deleted: 0,
      rows_rejected: 0,
      bookmark_before: '2026-11-24T09:00:00Z',
      bookmark_after: '2026-11-24T09:00:00Z',
      seconds: 12.5,
    })),
  }
}

/** Writes files like the runner: a line per start and per end of a run, one file per month. */
async function writeHistory(folder: string, runs: number, isSuccess: (age: number) => boolean) {
  await mkdir(folder, { recursive: true })
  const months = new Map<string, string[]>()
  for (let age = runs - 1; age >= 0; age--) {
    const run = recordOf(age, isSuccess(age))
    const month = run.started_at.slice(0, 7)
    const lines = months.get(month) ?? []
    const begun = { ...run, ended_at: null, seconds: null, outcome: 'failed', error: null }
    const owner = { pid: 1, host: 'elsewhere', started: '1' }
    lines.push(JSON.stringify({ event: 'started', run: begun, process: owner }))
    lines.push(JSON.stringify({ event: 'ended', run }))
    months.set(month, lines)
  }
  for (const [month, lines] of months)
    await writeFile(join(folder, `runs-${month}.jsonl`), `${lines.join('\n')}\n`)
}

async function wallOf(command: string, cwd: string) {
  const runs = []
  for (let round = 0; round < ROUNDS; round++) {
    const measured = await measure(process.execPath, [PROGRAM, command], { cwd })
    if (measured.code !== 0) throw new Error(`${command} ended with status ${measured.code}`)
    runs.push(measured)
  }
  return {
    seconds: median(runs.map(({ wallSeconds }) => wallSeconds)),
    megabytes: median(runs.map(({ peakMegabytes }) => peakMegabytes)),
  }
}

const CASES = [
  { what: '10 runs', runs: 10, isSuccess: () => true },
  { what: '100,000 runs', runs: RUNS, isSuccess: () => true },
  {
    what: '100,000 runs, only the oldest succeeded',
    runs: RUNS,
    isSuccess: (age: number) => age === RUNS - 1,
  },
]

export const HISTORY: Bench = {
  name: 'history',
  title: 'A long history',
  run: async () => {
    const figures: Figure[] = []
    for (const { what, runs, isSuccess } of CASES) {
      const folder = await mkdtemp(join(tmpdir(), 'bench-history-'))
      const destination = { warehouse_url: 'duckdb:warehouse.duckdb' }
      const connection = { source: { app_api_key: 'not-a-key' }, destination }
      try {
        await writeFile(join(folder, 'connection.json'), JSON.stringify(connection))
        await writeHistory(
          join(folder, '.customerio-sync', 'connection', 'history'),
          runs,
          isSuccess,
        )
        for (const command of ['history', 'status']) {
          const { seconds, megabytes } = await wallOf(command, folder)
          const note = `median of ${ROUNDS}; peak memory ${megabytes.toFixed(0)} MB`
          figures.push({ what: `${command}, ${what}`, measured: seconds, unit: 's', note })
        }
      } finally {
        await rm(folder, { recursive: true, force: true })
      }
    }
    return figures
  },
}
