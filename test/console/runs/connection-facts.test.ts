import assert from 'node:assert/strict'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { readConnectionFacts } from '../../../src/console/runs/connection-facts.ts'
import { loadConnection } from '../../../src/runner/connection/connection.ts'
import type { RunRecord } from '../../../src/runner/history/record.ts'
import { CORE_STREAM_NAMES, type StreamName } from '../../../src/streams/index.ts'
import { temporaryFolder, writeJson } from '../../support/programs.ts'

const MINUTE_MS = 60_000
const FIRST_MS = Date.parse('2026-11-01T00:00:00Z')

function recordOf(number: number, streams: readonly StreamName[], isGood: boolean): RunRecord {
  const startedMs = FIRST_MS + number * 5 * MINUTE_MS
  return {
    run_id: `run-${number}`,
    connection: 'connection',
    trigger: 'schedule',
    started_at: new Date(startedMs).toISOString(),
    ended_at: new Date(startedMs + 1000).toISOString(),
    seconds: 1,
    outcome: isGood ? 'succeeded' : 'failed',
    exit_status: isGood ? 0 : 5,
    error: null,
    requests: 1,
    retries: 0,
    rate_limited: 0,
    is_whole: streams.length === CORE_STREAM_NAMES.length,
    streams: streams.map((stream) => ({
      stream,
      mode: 'incremental',
      rows_read: 0,
      rows_loaded: 0,
      rows_deleted: 0,
      rows_rejected: 0,
      bookmark_before: null,
      bookmark_after: null,
      seconds: 1,
    })),
  }
}

test('a success before hundreds of failed and partial runs still says what is fresh', async (t) => {
  const folder = await temporaryFolder(t)
  const path = await writeJson(folder, 'connection.json', {
    source: { app_api_key: 'key-123456' },
    destination: { warehouse_url: 'duckdb:warehouse.duckdb' },
  })
  const connection = await loadConnection(path, {})
  const runs = [
    recordOf(0, CORE_STREAM_NAMES, true),
    recordOf(1, ['campaigns'], true),
    ...Array.from({ length: 300 }, (_, at) => recordOf(at + 2, CORE_STREAM_NAMES, false)),
  ]
  await mkdir(join(connection.dataFolder, 'history'), { recursive: true })
  const file = join(connection.dataFolder, 'history/runs-2026-11.jsonl')
  const write = async (records: readonly RunRecord[]) => {
    const lines = records.map((run) => `${JSON.stringify({ event: 'ended', run })}\n`)
    await writeFile(file, lines.join(''), { flag: 'a', mode: 0o600 })
  }
  await write(runs)
  const facts = async () =>
    readConnectionFacts({
      name: 'connection',
      connection,
      counted: undefined,
      current: undefined,
      queued: undefined,
      nowMs: FIRST_MS + 3000 * MINUTE_MS,
    })
  const [whole, partial] = runs
  for (const look of ['first', 'again']) {
    const { freshUntil, streams, last } = await facts()
    assert.equal(freshUntil, whole?.started_at, look)
    assert.equal(streams.get('campaigns')?.freshUntil, partial?.started_at, look)
    assert.equal(streams.get('newsletters')?.freshUntil, whole?.started_at, look)
    assert.equal(last?.run.run_id, 'run-301', look)
  }
  await write([recordOf(302, ['newsletters'], true)])
  const { freshUntil, streams } = await facts()
  assert.equal(freshUntil, whole?.started_at)
  assert.equal(streams.get('newsletters')?.freshUntil, recordOf(302, [], true).started_at)
  assert.equal(streams.get('campaigns')?.freshUntil, partial?.started_at)
})
