import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../../../src/runner/connection/connection.ts'
import type { RunRecord, StreamRecord } from '../../../src/runner/history/record.ts'
import { RunStats } from '../../../src/runner/programs/run-stats.ts'
import { duration, runProgressText, summaryText } from '../../../src/runner/text/summary.ts'
import { nextStepLines } from '../../../src/runner/text/next-steps.ts'
import { CORE_STREAM_NAMES, type StreamName } from '../../../src/streams/index.ts'
import type { Mode } from '../../../src/streams/modes.ts'

const MODES = new Map(CORE_STREAM_NAMES.map((name): [StreamName, Mode] => [name, 'incremental']))
const SOURCE = { requests_per_second: 10 } as Connection['source']

function streamRecord(stream: string, rows: number): StreamRecord {
  return {
    stream,
    mode: 'incremental',
    rows_read: rows,
    rows_loaded: rows,
    rows_deleted: 0,
    rows_rejected: 0,
    bookmark_before: null,
    bookmark_after: rows > 0 ? '2026-11-27T01:39:24Z' : null,
    seconds: 0.1,
  }
}

function record(rows: number, changes: Partial<RunRecord> = {}): RunRecord {
  return {
    run_id: '7d3f0c52-6a0e-4b8e-9d57-0d3b8f6f2c11',
    connection: 'connection',
    trigger: 'manual',
    started_at: '2026-11-27T01:39:24Z',
    ended_at: '2026-11-27T01:39:26Z',
    seconds: 2,
    outcome: 'succeeded',
    exit_status: 0,
    error: null,
    requests: 18,
    retries: 0,
    rate_limited: 0,
    streams: CORE_STREAM_NAMES.map((name) => streamRecord(name, rows)),
    ...changes,
  }
}

function widest(text: string): number {
  return Math.max(...text.split('\n').map((line) => line.length))
}

test('formats durations without a minute of 60 seconds', () => {
  const texts = [0.4, 59.7, 99.4, 99.7, 239.7, 5999.6, 7260].map(duration)
  assert.deepEqual(texts, [
    '0 s',
    '60 s',
    '99 s',
    '1 min 40 s',
    '4 min 0 s',
    '1 h 40 min',
    '2 h 1 min',
  ])
})

test('the progress leaves details out until it fits the width', () => {
  const stats = new RunStats()
  for (const [at, stream] of CORE_STREAM_NAMES.entries())
    stats.streams.set(stream, { ...stats.of(stream), read: 10_000 + at, loaded: 9000 })
  const progress = { resources: MODES, stats, seconds: 200, pace: 10 }
  const text = (width: number) => runProgressText(progress, { source: SOURCE }, width)
  assert.equal(
    text(200),
    '3 min 20 s  newsletters 10000 (9000 loaded), campaigns 10001 (9000 loaded), campaign_actions 10002 (9000 loaded)  0 requests, throttled to 10 per second',
  )
  assert.equal(
    text(100),
    '3 min 20 s  newsletters 10000, campaigns 10001, campaign_actions 10002  0 requests, throttled',
  )
  assert.equal(text(79), '3 min 20 s  30003 rows read, 27000 loaded  0 requests, throttled')
})

test('the summary fits 80 columns even with millions of rows, and is one table where it fits', () => {
  const connection = { resources: MODES }
  const narrow = summaryText(record(1_234_567), connection, 80)
  assert.ok(widest(narrow) <= 80, narrow)
  assert.equal(narrow.match(/^stream /gm)?.length, 2)
  const wide = summaryText(record(1_234_567), connection, 140)
  assert.equal(wide.match(/^stream /gm)?.length, 1)
  assert.match(wide, /^newsletters +incremental +1234567 .* none +2026-11-27T01:39:24Z$/m)
})

test('a run that failed or was stopped before it read anything shows no table', () => {
  for (const outcome of ['failed', 'stopped'] as const) {
    const text = summaryText(record(0, { outcome }), { resources: MODES }, 80)
    assert.match(text, /^18 requests, 0 retries, 2 s\.\nThe run (failed|was stopped)\./)
    assert.match(summaryText(record(1, { outcome }), { resources: MODES }, 80), /^stream /)
  }
  assert.match(summaryText(record(0), { resources: MODES }, 80), /^stream /)
})

const OPTIONS = {
  connection: {
    destination: { table_prefix: 'cio_', default_target_schema: 'marketing' },
    resources: MODES,
    schedule: { type: 'basic', every: '3h' },
  } as unknown as Connection,
  options: ' --connection eu',
  place: 'DuckDB, cio.duckdb',
  isScheduleRunning: false,
}

test('a run that succeeded says where the rows are, how to look at them, and how to start the schedule', () => {
  assert.deepEqual(nextStepLines(record(3), OPTIONS), [
    'Data: DuckDB, cio.duckdb, schema marketing, tables cio_*',
    'Next: customerio-sync query "select * from cio_newsletters limit 5" --connection eu',
    '      customerio-sync start --connection eu',
  ])
  assert.deepEqual(nextStepLines(record(0), { ...OPTIONS, isScheduleRunning: true }).slice(1), [
    'Next: customerio-sync status --connection eu',
  ])
})

function failed(code: string, trigger: RunRecord['trigger'] = 'manual'): string[] {
  const error = { program: 'tap-customerio', code, message: 'no' } as const
  return nextStepLines(record(0, { outcome: 'failed', trigger, error }), {
    ...OPTIONS,
    options: '',
  })
}

test('a run that failed names the log and the next command by what may have passed', () => {
  assert.deepEqual(failed('UNAUTHORIZED'), [
    'Next: customerio-sync check',
    'Log:  customerio-sync history --log 7d3f0c52',
  ])
  assert.equal(failed('CONNECTION_FAILED')[0], 'Next: customerio-sync run')
  assert.equal(
    failed('CONNECTION_FAILED', 'resync')[0],
    'Next: customerio-sync resync newsletters campaigns campaign_actions',
  )
})
