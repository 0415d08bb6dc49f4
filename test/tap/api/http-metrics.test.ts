import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Logger, type Level } from '../../../src/logger.ts'
import { HttpMetrics } from '../../../src/tap/api/http-metrics.ts'

function requestsAt(level: Level) {
  const lines: string[] = []
  const logger = new Logger({
    name: 'tap',
    level,
    format: 'plain',
    write: (line) => void lines.push(line.trimEnd()),
  })
  const metrics = new HttpMetrics(logger)
  metrics.add({ path: '/campaigns/41/actions', status: 200, isRead: true, seconds: 0.25 })
  metrics.add({ path: '/campaigns/42/actions', status: 200, isRead: true, seconds: 0.5 })
  metrics.add({ path: '/campaigns/42/actions', status: 200, isRead: false, seconds: 0.5 })
  metrics.add({ path: '/newsletters', isRead: false, seconds: 1 })
  return { lines, counts: [...metrics.counts.values()] }
}

const ACTIONS = { endpoint: '/campaigns/{campaign_id}/actions', http_status_code: 200 }

test('T-15: requests are counted by endpoint template and status, without a line for each', () => {
  const { lines, counts } = requestsAt('info')
  assert.deepEqual(lines, [])
  assert.deepEqual(counts, [
    { tags: { ...ACTIONS, status: 'succeeded' }, value: 2 },
    { tags: { ...ACTIONS, status: 'failed' }, value: 1 },
    { tags: { endpoint: '/newsletters', status: 'failed' }, value: 1 },
  ])
})

test('T-15: at debug every request has its duration in seconds', () => {
  const { lines } = requestsAt('debug')
  assert.equal(lines.length, 4)
  assert.equal(
    lines[0],
    'DEBUG METRIC: {"type":"timer","metric":"http_request_duration","value":0.25,"tags":{"endpoint":"/campaigns/{campaign_id}/actions","http_status_code":200,"status":"succeeded"}}',
  )
})
