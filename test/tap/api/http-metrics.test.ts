import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Logger, type Level } from '../../../src/logger.ts'
import { HttpMetrics } from '../../../src/tap/api/http-metrics.ts'

function metricsAt(level: Level) {
  const lines: string[] = []
  const logger = new Logger({
    name: 'tap',
    level,
    format: 'plain',
    write: (line) => void lines.push(line.trimEnd()),
  })
  return { lines, metrics: new HttpMetrics(logger) }
}

function requestsAt(level: Level) {
  const { lines, metrics } = metricsAt(level)
  metrics.addRequest({ path: '/campaigns/41/actions', status: 200, isRead: true, seconds: 0.25 })
  metrics.addRequest({ path: '/campaigns/42/actions', status: 200, isRead: true, seconds: 0.5 })
  metrics.addRequest({ path: '/campaigns/42/actions', status: 200, isRead: false, seconds: 0.5 })
  metrics.addRequest({ path: '/newsletters', isRead: false, seconds: 1 })
  return { lines, counts: metrics.totals }
}

const ACTIONS = { endpoint: '/campaigns/{campaign_id}/actions', http_status_code: 200 }

test('T-15: counts requests by endpoint template and status, without a line for each', () => {
  const { lines, counts } = requestsAt('info')
  assert.deepEqual(lines, [])
  assert.deepEqual(counts, [
    { metric: 'http_request_count', tags: { ...ACTIONS, status: 'succeeded' }, value: 2 },
    { metric: 'http_request_count', tags: { ...ACTIONS, status: 'failed' }, value: 1 },
    {
      metric: 'http_request_count',
      tags: { endpoint: '/newsletters', status: 'failed' },
      value: 1,
    },
  ])
})

test('T-15: counts retries and, among them, responses with status 429', () => {
  const { metrics } = metricsAt('info')
  metrics.addRetry({ path: '/campaigns/41/actions', status: 429 })
  metrics.addRetry({ path: '/campaigns/42/actions', status: 429 })
  metrics.addRetry({ path: '/newsletters' })
  const tags = { ...ACTIONS, http_status_code: 429, status: 'failed' }
  assert.deepEqual(metrics.totals, [
    { metric: 'http_retry_count', tags, value: 2 },
    { metric: 'http_rate_limited_count', tags, value: 2 },
    {
      metric: 'http_retry_count',
      tags: { endpoint: '/newsletters', status: 'failed' },
      value: 1,
    },
  ])
})

test('T-15: logs the duration of every request in seconds at debug level', () => {
  const { lines } = requestsAt('debug')
  assert.equal(lines.length, 4)
  assert.equal(
    lines[0],
    'DEBUG METRIC: {"type":"timer","metric":"http_request_duration","value":0.25,"tags":{"endpoint":"/campaigns/{campaign_id}/actions","http_status_code":200,"status":"succeeded"}}',
  )
})
