import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STREAM_NAMES } from '../../../src/streams/index.ts'
import type { Outcome } from '../../../src/runner/history/record.ts'
import {
  eventsOf,
  newsIn,
  deliveryStateAfter,
  type News,
  type DeliveryState,
} from '../../../src/runner/notify/delivery-state.ts'
import type { EventName, WebhookEvent } from '../../../src/runner/notify/webhook.ts'
import { recordOf } from '../../support/webhook-receiver.ts'

const QUIET: DeliveryState = { isFailing: false, isStale: false, waiting: [], since: null }

function newsOf(outcome: Outcome, streams = STREAM_NAMES.length): News {
  const run = recordOf(outcome)
  return newsIn({ ...run, streams: run.streams.slice(0, streams) }, STREAM_NAMES)
}

test('a stop is no news, nor is the success of a run that left streams out', () => {
  assert.deepEqual(
    [newsOf('failed'), newsOf('crashed'), newsOf('succeeded'), newsOf('stopped')],
    ['failure', 'failure', 'success', undefined],
  )
  assert.deepEqual([newsOf('failed', 1), newsOf('succeeded', 2)], ['failure', undefined])
  assert.equal(newsIn(undefined, STREAM_NAMES), undefined)
})

/** What happens, what is told of it, and what the webhook takes, which is all where nothing is said. */
interface Step {
  news?: News
  isStale?: boolean
  told: EventName[]
  taken?: EventName[]
}

const WALKS: [what: string, steps: Step[]][] = [
  [
    'each once',
    [
      { news: 'success', told: [] },
      { news: 'failure', told: ['run_failed'] },
      { news: 'failure', told: [] },
      { told: [] },
      { isStale: true, told: ['stale'] },
      { news: 'failure', isStale: true, told: [] },
      { news: 'success', told: ['run_recovered'] },
      { news: 'success', told: [] },
    ],
  ],
  [
    'what was not taken is told again, what was taken is not',
    [
      { news: 'failure', isStale: true, told: ['run_failed', 'stale'], taken: ['run_failed'] },
      { isStale: true, told: ['stale'], taken: [] },
      { news: 'failure', isStale: true, told: ['stale'] },
      { isStale: true, told: [] },
      { news: 'success', told: ['run_recovered'], taken: [] },
      { told: ['run_recovered'] },
      { told: [] },
    ],
  ],
  [
    'a failure that nobody took is overtaken by a success',
    [
      { news: 'failure', told: ['run_failed'], taken: [] },
      { told: ['run_failed'], taken: [] },
      { news: 'success', told: [] },
      { told: [] },
    ],
  ],
  [
    'a recovery that nobody took is overtaken by a failure',
    [
      { news: 'failure', told: ['run_failed'] },
      { news: 'success', told: ['run_recovered'], taken: [] },
      { news: 'failure', told: [] },
      { news: 'success', told: ['run_recovered'] },
    ],
  ],
  [
    'stale again after a recovery that nobody took',
    [
      { isStale: true, told: ['stale'] },
      { news: 'success', told: ['run_recovered'], taken: [] },
      { isStale: true, told: ['run_recovered', 'stale'] },
      { isStale: true, told: [] },
    ],
  ],
  [
    'rows that count as fresh again without a run need no recovery',
    [
      { isStale: true, told: ['stale'] },
      { told: [] },
      { news: 'success', told: [] },
      { isStale: true, told: ['stale'] },
    ],
  ],
]

test('what the webhook is told leads from what it took to how the connection stands', () => {
  for (const [what, steps] of WALKS) {
    let told = QUIET
    for (const [at, { news, isStale = false, told: wanted, taken = wanted }] of steps.entries()) {
      const names = eventsOf(told, { news, isStale })
      assert.deepEqual(names, wanted, `${what}, step ${at}`)
      const waiting = names
        .filter((name) => !taken.includes(name))
        .map((event) => ({ event }) as WebhookEvent)
      told = deliveryStateAfter(told, { taken, waiting }, isStale)
    }
  }
})
