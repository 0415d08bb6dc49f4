import assert from 'node:assert/strict'
import { test } from 'node:test'
import { webhookText } from '../../../src/runner/notify/webhook-text.ts'
import { summaryOf, type NotifyEvent } from '../../../src/runner/notify/event.ts'
import { recordOf, START } from '../../support/network/webhook-receiver.ts'

const EVENT: NotifyEvent = {
  event: 'run_failed',
  event_id: 'id',
  connection: 'production',
  sent_at: new Date(START).toISOString(),
  last_success_at: null,
  run: summaryOf(recordOf('failed')),
}

test('each event is one sentence that begins with the name of the connection', () => {
  const recovered = { ...summaryOf(recordOf('succeeded')), rows_loaded: 12 }
  const crashed = { ...summaryOf(recordOf('crashed')), error: null }
  const texts: [Partial<NotifyEvent>, string][] = [
    [{}, 'The run of 2026-11-24 10:00 UTC failed: Down.'],
    [{ run: crashed }, 'The run of 2026-11-24 10:00 UTC was killed.'],
    [
      { event: 'run_recovered', run: recovered },
      'The run of 2026-11-24 10:00 UTC succeeded; 12 rows were loaded.',
    ],
    [{ event: 'stale', run: null }, 'No run of all streams has succeeded yet.'],
    [
      { event: 'stale', last_success_at: '2026-11-23T02:00:00.031Z' },
      'No run of all streams has succeeded since 2026-11-23 02:00 UTC. The run of 2026-11-24 10:00 UTC failed: Down.',
    ],
    [{ event: 'test', run: null }, 'This is a test. The webhook works.'],
  ]
  for (const [change, expected] of texts)
    assert.equal(webhookText({ ...EVENT, ...change }), `production: ${expected}`)
})

function textOfError(message: string): string {
  const error = { program: 'tap-customerio', code: 'BAD_RESPONSE', message } as const
  return webhookText({ ...EVENT, run: { ...summaryOf(recordOf('failed')), error } })
}

test('the text mentions nobody, has one line, and is never long', () => {
  assert.doesNotMatch(textOfError('got <html>\n<!channel>'), /[<>\n]/)
  assert.doesNotMatch(textOfError('sent to @channel, @all and @here'), /@[a-z]/)
  assert.equal(textOfError('x'.repeat(5000)).length, 1000)
  for (const shift of ['', 'x'])
    assert.doesNotMatch(textOfError(`${shift}${'😀'.repeat(5000)}`), /\p{Cs}/u)
})
