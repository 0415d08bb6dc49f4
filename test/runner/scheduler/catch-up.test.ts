import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseConnection } from '../../../src/runner/connection/connection.ts'
import { CORE_STREAM_NAMES, type StreamName } from '../../../src/streams/index.ts'
import { History } from '../../../src/runner/history/history.ts'
import type { RunRecord } from '../../../src/runner/history/record.ts'
import { createSchedule } from '../../../src/runner/schedule/schedule.ts'
import { lastHandledTick, lastTick } from '../../../src/runner/scheduler/catch-up.ts'
import { temporaryFolder } from '../../support/programs.ts'
import { recordOf } from '../../support/network/webhook-receiver.ts'

const NOW = Date.parse('2026-11-24T02:10:00Z')
const DAILY = createSchedule({ type: 'basic', every: '24h', start_at: '02:00' }, NOW)

/** Its start, trigger and outcome, and its streams when it did not read all of them. */
type PastRun = [
  startedAt: string,
  trigger: RunRecord['trigger'],
  outcome: RunRecord['outcome'] | 'could not start',
  streams?: readonly StreamName[],
]

const YESTERDAY: PastRun = ['2026-11-23T02:00:00.020Z', 'schedule', 'succeeded']
const TODAY = '2026-11-24T02:00:00.030Z'
const MANUAL = '2026-11-24T02:05:00.000Z'

const CASES: [what: string, runs: PastRun[], handledAt: string | undefined][] = [
  ['no run', [], undefined],
  ['a run that failed', [YESTERDAY, [TODAY, 'schedule', 'failed']], TODAY],
  ['a run that crashed', [YESTERDAY, [TODAY, 'schedule', 'crashed']], YESTERDAY[0]],
  ['a run that was stopped', [YESTERDAY, [TODAY, 'schedule', 'stopped']], YESTERDAY[0]],
  ['a catch-up run that was stopped', [YESTERDAY, [TODAY, 'catch_up', 'stopped']], YESTERDAY[0]],
  ['a first run that crashed', [[TODAY, 'schedule', 'crashed']], '2026-11-24T01:59:59.999Z'],
  ['a manual run that crashed', [[MANUAL, 'manual', 'crashed']], undefined],
  [
    'three runs that crashed',
    [
      YESTERDAY,
      [TODAY, 'schedule', 'crashed'],
      ['2026-11-24T02:01:00.000Z', 'catch_up', 'crashed'],
      ['2026-11-24T02:02:00.000Z', 'catch_up', 'crashed'],
    ],
    '2026-11-24T02:02:00.000Z',
  ],
  [
    'a crashed run, then a manual one',
    [
      [TODAY, 'schedule', 'crashed'],
      [MANUAL, 'manual', 'succeeded'],
    ],
    MANUAL,
  ],
  ['a run that could not start', [YESTERDAY, [TODAY, 'schedule', 'could not start']], YESTERDAY[0]],
  [
    'a manual run of some streams',
    [YESTERDAY, [MANUAL, 'resync', 'succeeded', ['campaigns']]],
    YESTERDAY[0],
  ],
  [
    'a scheduled run before streams were added to the file',
    [[TODAY, 'schedule', 'succeeded', ['campaigns']]],
    TODAY,
  ],
  [
    'a run with a date in the future',
    [YESTERDAY, ['2031-01-01T02:00:00.000Z', 'schedule', 'succeeded']],
    YESTERDAY[0],
  ],
]

test('ticks are handled by complete runs and by scheduled runs that ended on their own', async (t) => {
  for (const [what, runs, handledAt] of CASES) {
    const folder = await temporaryFolder(t)
    const file = { source: { app_api_key: 'the-app-api-key' } }
    const connection = parseConnection(file, join(folder, 'connection.json'), {})
    const history = new History(connection.dataFolder)
    for (const [startedAt, trigger, outcome, streams = CORE_STREAM_NAMES] of runs) {
      const couldNotStart = outcome === 'could not start'
      const run = recordOf(couldNotStart ? 'failed' : outcome)
      await history.end({
        ...run,
        run_id: startedAt,
        started_at: startedAt,
        ended_at: couldNotStart ? startedAt : '2026-11-24T02:09:00.000Z',
        trigger,
        streams: run.streams.filter(({ stream }) => streams.some((name) => name === stream)),
      })
    }
    const found = await lastHandledTick(connection, DAILY, NOW)
    assert.equal(found && new Date(found).toISOString(), handledAt, what)
  }
})

test('finds the last tick of any schedule', () => {
  const tickBefore = (expression: string) => {
    const tick = lastTick(createSchedule({ type: 'cron', expression }, NOW), NOW)
    return tick && new Date(tick).toISOString().slice(0, 16)
  }
  assert.equal(tickBefore('*/15 * * * *'), '2026-11-24T02:00')
  assert.equal(tickBefore('10 2 * * *'), '2026-11-24T02:10')
  assert.equal(tickBefore('0 0 1 1 *'), '2026-01-01T00:00')
  assert.equal(tickBefore('0 0 29 2 *'), '2024-02-29T00:00')
  assert.equal(lastTick(createSchedule({ type: 'manual' }, NOW), NOW), undefined)
})
