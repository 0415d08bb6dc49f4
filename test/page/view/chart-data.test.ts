import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Api } from '../../../src/console/api/schemas.generated.ts'
import {
  chartData,
  chartMeasures,
  chartRows,
  chartSentence,
  newestFailures,
} from '../../../src/page/view/chart-data.ts'

const SERIES: Api<'RunSeries'> = {
  run_id: ['a', 'b', 'c'],
  started_at: [1_764_000_000, 1_764_003_600, 1_764_007_200],
  seconds: [4, null, 5],
  outcome: ['succeeded', 'crashed', 'failed'],
  streams: {
    campaigns: { rows_loaded: [10, null, 0], rows_deleted: [0, null, 0], seconds: [1, null, 2] },
  },
}

test('rows have a line for each stream, seconds one for the run too', () => {
  assert.deepEqual(chartData(SERIES, 'rows_loaded').lines, [
    { label: 'campaigns', values: [10, null, 0] },
  ])
  assert.deepEqual(chartData(SERIES, 'seconds').lines, [
    { label: 'whole run', values: [4, null, 5] },
    { label: 'campaigns', values: [1, null, 2] },
  ])
})

test('failed and crashed runs are marked', () => {
  assert.deepEqual(chartData(SERIES, 'rows_loaded').failed, [1, 2])
})

test('the table has the same numbers, newest first', () => {
  assert.deepEqual(chartRows(SERIES, chartData(SERIES, 'rows_loaded')), [
    { runId: 'c', startedAt: '2025-11-24T18:00:00.000Z', outcome: 'failed', values: [0] },
    { runId: 'b', startedAt: '2025-11-24T17:00:00.000Z', outcome: 'crashed', values: [null] },
    { runId: 'a', startedAt: '2025-11-24T16:00:00.000Z', outcome: 'succeeded', values: [10] },
  ])
})

test('a sentence says what the chart shows', () => {
  const text = chartSentence('Rows loaded', chartData(SERIES, 'rows_loaded'))
  assert.equal(text, 'Rows loaded of 3 runs; 2 failed. The table below has the numbers.')
})

test('deleted rows have a chart when a run deleted some', () => {
  assert.deepEqual(chartMeasures(SERIES), ['rows_loaded', 'seconds'])
  const campaigns = { rows_loaded: [1], rows_deleted: [2], seconds: [1] }
  const series = { ...SERIES, streams: { campaigns } }
  assert.deepEqual(chartMeasures(series), ['rows_loaded', 'rows_deleted', 'seconds'])
  assert.deepEqual(chartData(series, 'rows_deleted').lines, [{ label: 'campaigns', values: [2] }])
})

test('the newest failed runs come first', () => {
  assert.deepEqual(newestFailures(SERIES, 3), [
    { runId: 'c', startedAt: '2025-11-24T18:00:00.000Z' },
    { runId: 'b', startedAt: '2025-11-24T17:00:00.000Z' },
  ])
  assert.deepEqual(
    newestFailures(SERIES, 1).map(({ runId }) => runId),
    ['c'],
  )
})
