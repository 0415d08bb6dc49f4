import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import {
  parseConnection,
  STREAM_NAMES,
  type StreamName,
} from '../../../src/runner/connection/connection.ts'
import { History } from '../../../src/runner/history/history.ts'
import type { RunRecord } from '../../../src/runner/history/record.ts'
import { createSchedule } from '../../../src/runner/schedule/schedule.ts'
import { lastHandledTick, lastTick } from '../../../src/runner/scheduler/catch-up.ts'
import { temporaryFolder } from '../../support/programs.ts'
import { recordOf } from '../../support/webhook-receiver.ts'

const NOW = Date.parse('2026-11-24T02:10:00Z')
const DAILY = createSchedule({ type: 'basic', every: '24h', start_at: '02:00' }, NOW)

/** When it began, by whom, how it ended, and what it read if not everything. */
type Ran = [
  startedAt: string,
  trigger: RunRecord['trigger'],
  outcome: RunRecord['outcome'] | 'could not begin',
  resources?: readonly StreamName[],
]

const YESTERDAY: Ran = ['2026-11-23T02:00:00.020Z', 'schedule', 'succeeded']
const TODAY = '2026-11-24T02:00:00.030Z'
const BY_HAND = '2026-11-24T02:05:00.000Z'

const CASES: [what: string, runs: Ran[], servedAt: string | undefined][] = [
  ['no run', [], undefined],
  ['a run that failed', [YESTERDAY, [TODAY, 'schedule', 'failed']], TODAY],
  ['a run that was killed', [YESTERDAY, [TODAY, 'schedule', 'crashed']], YESTERDAY[0]],
  ['a run that was stopped', [YESTERDAY, [TODAY, 'schedule', 'stopped']], YESTERDAY[0]],
  ['a catch-up that was stopped', [YESTERDAY, [TODAY, 'catch_up', 'stopped']], YESTERDAY[0]],
  ['a first run that was killed', [[TODAY, 'schedule', 'crashed']], '2026-11-24T01:59:59.999Z'],
  ['a run by hand that was killed', [[BY_HAND, 'manual', 'crashed']], undefined],
  [
    'three runs that were killed',
    [
      YESTERDAY,
      [TODAY, 'schedule', 'crashed'],
      ['2026-11-24T02:01:00.000Z', 'catch_up', 'crashed'],
      ['2026-11-24T02:02:00.000Z', 'catch_up', 'crashed'],
    ],
    '2026-11-24T02:02:00.000Z',
  ],
  [
    'a killed run, then one by hand',
    [
      [TODAY, 'schedule', 'crashed'],
      [BY_HAND, 'manual', 'succeeded'],
    ],
    BY_HAND,
  ],
  ['a run that could not begin', [YESTERDAY, [TODAY, 'schedule', 'could not begin']], YESTERDAY[0]],
  [
    'a run by hand of some streams',
    [YESTERDAY, [BY_HAND, 'resync', 'succeeded', ['campaigns']]],
    YESTERDAY[0],
  ],
  [
    'a run of the schedule, before the file named more streams',
    [[TODAY, 'schedule', 'succeeded', ['campaigns']]],
    TODAY,
  ],
  [
    'a run that a clock ahead has dated',
    [YESTERDAY, ['2031-01-01T02:00:00.000Z', 'schedule', 'succeeded']],
    YESTERDAY[0],
  ],
]

test('ticks are served by whole runs and by those of the schedule that were not cut short', async (t) => {
  for (const [what, runs, servedAt] of CASES) {
    const folder = await temporaryFolder(t)
    const file = { source: { app_api_key: 'the-app-api-key' } }
    const connection = parseConnection(file, join(folder, 'connection.json'), {})
    const history = new History(connection.dataFolder)
    for (const [startedAt, trigger, outcome, resources = STREAM_NAMES] of runs) {
      const isCut = outcome === 'could not begin'
      const run = recordOf(isCut ? 'failed' : outcome)
      await history.end({
        ...run,
        run_id: startedAt,
        started_at: startedAt,
        ended_at: isCut ? startedAt : '2026-11-24T02:09:00.000Z',
        trigger,
        streams: run.streams.filter(({ stream }) => resources.some((name) => name === stream)),
      })
    }
    const found = await lastHandledTick(connection, DAILY, NOW)
    assert.equal(found && new Date(found).toISOString(), servedAt, what)
  }
})

test('the last tick is found in any schedule', () => {
  const tickBefore = (expression: string) => {
    const tick = lastTick(createSchedule({ type: 'cron', expression }, NOW), NOW)
    return tick && new Date(tick).toISOString().slice(0, 16)
  }
  assert.equal(tickBefore('*/15 * * * *'), '2026-11-24T02:00')
  assert.equal(tickBefore('10 2 * * *'), '2026-11-24T02:10')
  assert.equal(tickBefore('0 0 1 1 *'), '2026-01-01T00:00')
  assert.equal(tickBefore('0 0 29 2 *'), '2024-02-29T00:00')
  assert.equal(lastTick(createSchedule({}, NOW), NOW), undefined)
})
