import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RunStats } from '../../../src/runner/programs/run-stats.ts'

function eventLine(event: string, fields: object = {}, level = 'info'): string {
  return JSON.stringify({ level, message: 'any words', extra: { event_code: event, ...fields } })
}

function metricLine(metric: string, value: number, tags: object = {}): string {
  return JSON.stringify({
    level: 'info',
    message: 'any words',
    metric_info: { type: 'counter', metric, value, tags },
  })
}

function requestsOf({ requests, retries, rateLimited }: RunStats): number[] {
  return [requests, retries, rateLimited]
}

test('adds up the increments of METRIC lines, and the totals at the end replace the sums', () => {
  const stats = new RunStats()
  stats.add('tap-customerio', metricLine('http_request_count', 5, { status: 'succeeded' }))
  stats.add('tap-customerio', metricLine('http_request_count', 2, { status: 'failed' }))
  stats.add('tap-customerio', metricLine('http_retry_count', 2))
  stats.add('tap-customerio', metricLine('http_rate_limited_count', 1))
  assert.deepEqual(requestsOf(stats), [7, 2, 1])
  const totals = { requests: 8, retries: 2, rate_limited: 1 }
  stats.add('tap-customerio', eventLine('requests_made', totals))
  assert.deepEqual(requestsOf(stats), [8, 2, 1])
})

test('reads the totals when the tap writes no metrics', () => {
  const stats = new RunStats()
  const totals = { requests: 8, retries: 2, rate_limited: 1 }
  stats.add('tap-customerio', eventLine('requests_made', totals))
  assert.deepEqual(requestsOf(stats), [8, 2, 1])
})

test('counts rows of each stream by program', () => {
  const stats = new RunStats()
  const tags = { stream: 'campaigns' }
  stats.add('tap-customerio', metricLine('record_count', 3, tags))
  stats.add('tap-customerio', metricLine('record_count', 4, tags))
  stats.add('tap-customerio', metricLine('sync_duration', 1.5, tags))
  stats.add('target-warehouse', metricLine('record_count', 6, tags))
  stats.add('target-warehouse', metricLine('deleted_count', 2, tags))
  stats.add('target-warehouse', metricLine('rejected_count', 1, tags))
  stats.add('target-warehouse', metricLine('unknown_count', 9, tags))
  const expected = { read: 7, loaded: 6, deleted: 2, rejected: 1, seconds: 1.5 }
  assert.deepEqual(stats.of('campaigns'), expected)
  assert.equal(stats.of('newsletters').read, 0)
})

test('keeps the error that a program ends with, and the last words of a crash', () => {
  const stats = new RunStats()
  const failed = eventLine('failed', { code: 'UNAUTHORIZED' }, 'critical')
  const event = stats.add('tap-customerio', failed)
  const fields = { code: 'UNAUTHORIZED' }
  assert.deepEqual(event, { level: 'critical', message: 'any words', fields })
  stats.add('tap-customerio', 'a line after the error')
  const error = { code: 'UNAUTHORIZED', message: 'any words' }
  assert.deepEqual(stats.errors.get('tap-customerio'), error)

  stats.add('target-warehouse', 'terminate called after throwing an instance')
  stats.add('target-warehouse', '  what(): out of memory')
  const crash = { code: null, message: 'what(): out of memory' }
  assert.deepEqual(stats.errors.get('target-warehouse'), crash)
})

test('returns warnings and errors, and nothing else', () => {
  const stats = new RunStats()
  assert.equal(stats.add('tap-customerio', eventLine('stream_finished')), undefined)
  const line = eventLine('request_retried', { attempt: 1 }, 'warning')
  const expected = { level: 'warning', message: 'any words', fields: { attempt: 1 } }
  assert.deepEqual(stats.add('tap-customerio', line), expected)
  assert.equal(stats.errors.size, 0)
})
