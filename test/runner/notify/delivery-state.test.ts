import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CORE_STREAM_NAMES } from '../../../src/streams/index.ts'
import type { Outcome } from '../../../src/runner/history/record.ts'
import {
  eventsOf,
  healthOf,
  deliveryStateAfter,
  type RunHealth,
  type DeliveryState,
} from '../../../src/runner/notify/delivery-state.ts'
import type { EventName, NotifyEvent } from '../../../src/runner/notify/event.ts'
import { recordOf } from '../../support/network/webhook-receiver.ts'

const QUIET: DeliveryState = { isFailing: false, isStale: false, pendingEvents: [], since: null }

function healthAfter(outcome: Outcome, streams: number = CORE_STREAM_NAMES.length): RunHealth {
  const run = recordOf(outcome)
  return healthOf({ ...run, streams: run.streams.slice(0, streams) }, CORE_STREAM_NAMES)
}

test('a stopped run says nothing about the connection, nor does a success that left streams out', () => {
  assert.deepEqual(
    [
      healthAfter('failed'),
      healthAfter('crashed'),
      healthAfter('succeeded'),
      healthAfter('stopped'),
    ],
    ['failure', 'failure', 'success', undefined],
  )
  assert.deepEqual([healthAfter('failed', 1), healthAfter('succeeded', 2)], ['failure', undefined])
  assert.equal(healthOf(undefined, CORE_STREAM_NAMES), undefined)
})

/**
 * What happens, which events are sent, and which of them the webhook accepts.
 * @default all of them
 */
interface Step {
  health?: RunHealth
  isStale?: boolean
  sent: EventName[]
  delivered?: EventName[]
}

const WALKS: [what: string, steps: Step[]][] = [
  [
    'each event once',
    [
      { health: 'success', sent: [] },
      { health: 'failure', sent: ['run_failed'] },
      { health: 'failure', sent: [] },
      { sent: [] },
      { isStale: true, sent: ['stale'] },
      { health: 'failure', isStale: true, sent: [] },
      { health: 'success', sent: ['run_recovered'] },
      { health: 'success', sent: [] },
    ],
  ],
  [
    'undelivered events are retried, delivered ones are not',
    [
      {
        health: 'failure',
        isStale: true,
        sent: ['run_failed', 'stale'],
        delivered: ['run_failed'],
      },
      { isStale: true, sent: ['stale'], delivered: [] },
      { health: 'failure', isStale: true, sent: ['stale'] },
      { isStale: true, sent: [] },
      { health: 'success', sent: ['run_recovered'], delivered: [] },
      { sent: ['run_recovered'] },
      { sent: [] },
    ],
  ],
  [
    'a success makes an undelivered failure obsolete',
    [
      { health: 'failure', sent: ['run_failed'], delivered: [] },
      { sent: ['run_failed'], delivered: [] },
      { health: 'success', sent: [] },
      { sent: [] },
    ],
  ],
  [
    'a failure makes an undelivered recovery obsolete',
    [
      { health: 'failure', sent: ['run_failed'] },
      { health: 'success', sent: ['run_recovered'], delivered: [] },
      { health: 'failure', sent: [] },
      { health: 'success', sent: ['run_recovered'] },
    ],
  ],
  [
    'stale again after an undelivered recovery',
    [
      { isStale: true, sent: ['stale'] },
      { health: 'success', sent: ['run_recovered'], delivered: [] },
      { isStale: true, sent: ['run_recovered', 'stale'] },
      { isStale: true, sent: [] },
    ],
  ],
  [
    'rows that become fresh without a run need no recovery',
    [
      { isStale: true, sent: ['stale'] },
      { sent: [] },
      { health: 'success', sent: [] },
      { isStale: true, sent: ['stale'] },
    ],
  ],
]

test('the events lead from what the webhook accepted to how the connection is now', () => {
  for (const [what, steps] of WALKS) {
    let state = QUIET
    for (const [at, step] of steps.entries()) {
      const { health, isStale = false, sent, delivered = sent } = step
      const names = eventsOf(state, { health, isStale })
      assert.deepEqual(names, sent, `${what}, step ${at}`)
      const pendingEvents = names
        .filter((name) => !delivered.includes(name))
        .map((event) => ({ event }) as NotifyEvent)
      state = deliveryStateAfter(state, { delivered, pendingEvents }, isStale)
    }
  }
})
