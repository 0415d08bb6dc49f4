import assert from 'node:assert/strict'
import { networkInterfaces } from 'node:os'
import { test } from 'node:test'
import { serveMetrics } from '../../../src/runner/scheduler/metrics-server.ts'
import { RunMetrics } from '../../../src/runner/scheduler/run-metrics.ts'
import { createSchedule } from '../../../src/runner/schedule/schedule.ts'
import type { Job } from '../../../src/runner/scheduler/job-loop.ts'
import type { RunRecord } from '../../../src/runner/history/record.ts'

function record(changes: Partial<RunRecord>): RunRecord {
  const times = { started_at: '', ended_at: '2026-11-24T12:00:00.500Z', seconds: 2.5 }
  const counts = { requests: 9, retries: 0, rate_limited: 0, streams: [] }
  const identity = { run_id: '1', connection: 'a', trigger: 'schedule' as const }
  const end = { exit_status: 0, outcome: 'succeeded' as const, error: null }
  return { ...identity, ...times, ...counts, ...end, ...changes }
}

const run: Job['run'] = async () => record({})

function jobNamed(name: string): Job {
  const schedule = createSchedule({ type: 'basic', every: '1h' }, 0)
  const found = { fingerprint: async () => '', lastSuccessAt: async () => undefined }
  const keys = { conflictKeys: [], currentKeys: async () => [], isWanted: async () => true }
  return { name, schedule, lastStartedAt: undefined, run, ...keys, ...found }
}

const EXPECTED = `# HELP customerio_sync_runs_total Ended runs, by outcome.
# TYPE customerio_sync_runs_total counter
customerio_sync_runs_total{connection="a",status="succeeded"} 2
customerio_sync_runs_total{connection="a",status="failed"} 2
# HELP customerio_sync_run_seconds Duration of ended runs.
# TYPE customerio_sync_run_seconds summary
customerio_sync_run_seconds_sum{connection="a"} 6
customerio_sync_run_seconds_count{connection="a"} 3
# HELP customerio_sync_rows_total Rows committed to the warehouse, by stream.
# TYPE customerio_sync_rows_total counter
customerio_sync_rows_total{connection="a",stream="campaigns"} 7
# HELP customerio_sync_last_success_timestamp_seconds When the last successful run ended, including runs before this process.
# TYPE customerio_sync_last_success_timestamp_seconds gauge
customerio_sync_last_success_timestamp_seconds{connection="b\\"\\\\"} 1500
customerio_sync_last_success_timestamp_seconds{connection="a"} 1795521600.5
# HELP customerio_sync_next_run_timestamp_seconds When the next run is due, after the end of a pause.
# TYPE customerio_sync_next_run_timestamp_seconds gauge
customerio_sync_next_run_timestamp_seconds{connection="a"} 3600
# HELP customerio_sync_paused 1 while the connection is paused: after an error, or by a person.
# TYPE customerio_sync_paused gauge
customerio_sync_paused{connection="a",reason="error"} 1
# HELP customerio_sync_rate_limited_total Requests that Customer.io throttled with 429.
# TYPE customerio_sync_rate_limited_total counter
customerio_sync_rate_limited_total{connection="a"} 3
# HELP customerio_sync_skipped_ticks_total Ticks without a run, by reason.
# TYPE customerio_sync_skipped_ticks_total counter
customerio_sync_skipped_ticks_total{connection="a",reason="still running"} 1
`

test('counts scheduler events in the text format of Prometheus', () => {
  const metrics = new RunMetrics()
  const job = jobNamed('a')
  metrics.noteEarlier('b"\\', 1_500_000)
  metrics.note({ job, type: 'waiting', next: 1_800_000 })
  metrics.note({ job, type: 'waiting', next: 3_600_000 })
  metrics.note({ job, type: 'started', tick: 0, isMissed: false })
  const streams = [{ stream: 'campaigns', rows_loaded: 7 }] as RunRecord['streams']
  metrics.note({ job, type: 'ended', record: record({ streams }) })
  metrics.note({ job, type: 'ended', record: record({ rate_limited: 3 }) })
  const failed = { outcome: 'failed', seconds: 1, ended_at: '2026-11-24T13:00:00Z' } as const
  metrics.note({ job, type: 'ended', record: record(failed) })
  metrics.note({ job, type: 'failed', error: new Error('it could not start') })
  metrics.note({ job, type: 'skipped', tick: 0, reason: 'still running' })
  const backoff = { since: 0, until: 1, failures: 1, fingerprint: '', exitStatus: 3 }
  metrics.note({ job, type: 'paused', until: 1, next: 3_600_000, backoff })
  assert.equal(metrics.text(), EXPECTED)
  metrics.note({ job, type: 'resumed', backoff: undefined })
  assert.match(metrics.text(), /^customerio_sync_paused\{connection="a",reason="error"\} 0$/m)
  metrics.forget('a')
  const left = metrics
    .text()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
  assert.deepEqual(left, [
    String.raw`customerio_sync_last_success_timestamp_seconds{connection="b\"\\"} 1500`,
  ])
})

const LOOPBACK = { host: '127.0.0.1', port: 0 }

test('serves only metrics, and only on its address', async (t) => {
  const server = await serveMetrics(LOOPBACK, () => 'text\n')
  t.after(() => server.close())
  const url = `http://127.0.0.1:${server.port}`
  const response = await fetch(`${url}/metrics?x=1`)
  assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
  assert.equal(await response.text(), 'text\n')
  assert.equal((await fetch(url)).status, 404)
  assert.equal((await fetch(`${url}/metrics`, { method: 'POST' })).status, 405)
  const addresses = Object.values(networkInterfaces()).flat()
  const outside = addresses.find(
    (address) => address && !address.internal && address.family === 'IPv4',
  )
  if (outside) await assert.rejects(fetch(`http://${outside.address}:${server.port}/metrics`))
})

test('names the address that it cannot listen on', async (t) => {
  const server = await serveMetrics(LOOPBACK, () => '')
  t.after(() => server.close())
  await assert.rejects(
    serveMetrics(server, () => ''),
    { message: `The metrics endpoint cannot listen on 127.0.0.1:${server.port} (EADDRINUSE).` },
  )
  await assert.rejects(
    serveMetrics({ host: 'host.invalid', port: 0 }, () => ''),
    /The metrics endpoint cannot listen on host\.invalid:0 \((ENOTFOUND|EAI_AGAIN)\)\./,
  )
  await assert.rejects(
    serveMetrics({ host: '2001:db8::1', port: 0 }, () => ''),
    /cannot listen on \[2001:db8::1\]:0 \(E\w+\)\.$/,
  )
})
