import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  countOf,
  isCancellable,
  matching,
  noNextRunText,
  oldestFresh,
  problemText,
  remainingTables,
  rowTotals,
  shownIn,
  tableNames,
} from '../../../src/page/view/connections.ts'
import { connectionOf, streamOf } from '../support/samples.ts'

const BASIC = { ...connectionOf().schedule, type: 'basic' as const }

test('rows are added up as far as they are counted', () => {
  const streams = [
    streamOf({ live_rows: 5, deleted_rows: 1 }),
    streamOf({ live_rows: null, deleted_rows: 2 }),
  ]
  assert.deepEqual(rowTotals(connectionOf({ streams })), { live: 5, deleted: 3 })
  assert.deepEqual(rowTotals(connectionOf()), { live: null, deleted: null })
})

test('a connection is as fresh as its oldest stream', () => {
  const [old, young] = ['2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z']
  const streams = [streamOf({ fresh_until: young }), streamOf({ fresh_until: old })]
  assert.equal(oldestFresh(connectionOf({ streams })), old)
  assert.equal(oldestFresh(connectionOf({ streams: [...streams, streamOf()] })), null)
  assert.equal(oldestFresh(connectionOf({ streams: [] })), null)
})

test('it is said why no run is due', () => {
  const due = { ...BASIC, next_run: '2026-11-28T00:00:00Z', is_run_by_a_process: true }
  const texts = [
    connectionOf(),
    connectionOf({ schedule: due }),
    connectionOf({ schedule: { ...BASIC, is_paused: true } }),
    connectionOf({ schedule: { ...BASIC, is_run_by_a_process: false } }),
    connectionOf({ status: 'invalid' }),
  ].map(noNextRunText)
  assert.deepEqual(texts, ['Manual only', undefined, 'Paused', 'Schedules are off', 'Not known'])
})

test('the list is filtered by state and by a part of the name', () => {
  const all = [
    connectionOf({ name: 'Prod-EU', status: 'failed' }),
    connectionOf({ name: 'staging', status: 'succeeded' }),
    connectionOf({ name: 'prod-us', status: 'succeeded' }),
  ]
  assert.deepEqual(
    matching(all, 'all', ' PROD ').map(({ name }) => name),
    ['Prod-EU', 'prod-us'],
  )
  assert.deepEqual(
    matching(all, 'problems', '').map(({ name }) => name),
    ['Prod-EU'],
  )
  assert.deepEqual(
    [countOf(all, 'all'), countOf(all, 'problems'), countOf(all, 'running')],
    [3, 1, 0],
  )
})

test('tables are named with their schema', () => {
  const destination = { ...connectionOf().destination, schema: 'marketing' }
  assert.deepEqual(tableNames(connectionOf({ destination })), ['marketing.cio_campaigns'])
  assert.deepEqual(tableNames(connectionOf()), ['cio_campaigns'])
})

test('only a run of this process can be cancelled, and only once', () => {
  const run = {
    connection: 'production',
    run_id: 'r',
    trigger: 'manual',
    started_at: null,
    progress: null,
  } as const
  const states = (['queued', 'running', 'stopping', 'elsewhere'] as const).map((state) =>
    isCancellable(connectionOf({ current_run: { ...run, state } })),
  )
  assert.deepEqual(states, [true, true, false, false])
  assert.equal(isCancellable(connectionOf()), false)
})

test('the history of the browser keeps the filter of the list, and nothing else is taken for it', () => {
  const shown = { filter: 'problems', text: 'eu' }
  assert.deepEqual(shownIn({ connections: shown }), shown)
  const others = [null, 'text', {}, { connections: { filter: 'toString', text: '' } }]
  assert.deepEqual(
    others.map((state) => shownIn(state)),
    [undefined, undefined, undefined, undefined],
  )
})

test('a problem with several lines is shown in lines', () => {
  assert.equal(
    problemText(String.raw`not valid:\u000a - a is missing`),
    'not valid:\n - a is missing',
  )
})

test('a deleted connection leaves the tables of its streams and of its loads', () => {
  const destination = { ...connectionOf().destination, schema: 'marketing' }
  assert.deepEqual(remainingTables(connectionOf({ destination })), [
    'marketing.cio_campaigns',
    'marketing.cio__sdc_loads',
  ])
  assert.deepEqual(remainingTables(connectionOf({ streams: [] })), [])
})
