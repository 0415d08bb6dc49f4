import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { assertMatches } from '../../support/record-schemas.ts'
import {
  recordOf,
  SECRET,
  START,
  notifiedConnection,
} from '../../support/network/webhook-receiver.ts'

const HOUR_MS = 3_600_000

test('the body matches its schema, is signed, and holds no secret', async (t) => {
  const { history, received, events, notifyAt } = await notifiedConnection(t)
  const [good, failed] = [recordOf('succeeded'), recordOf('failed', START + HOUR_MS)]
  await history.end(good)
  assert.deepEqual(await notifyAt(good, START), [])
  assert.equal(received.length, 0)
  await history.end(failed)
  assert.deepEqual(await notifyAt(failed, START + HOUR_MS), [])
  assert.deepEqual(await notifyAt(undefined, START + 7 * HOUR_MS), [])
  for (const { body, headers } of received) {
    await assertMatches('webhook.json', JSON.parse(body))
    const mac = createHmac('sha256', SECRET).update(body).digest('hex')
    assert.equal(headers['x-customerio-sync-signature'], `sha256=${mac}`)
    assert.ok(!body.includes('the-app-api-key') && !body.includes(SECRET))
  }
  assert.deepEqual(
    events().map(({ event, last_success_at: at, run }) => [event, at, run?.error?.code]),
    [
      ['run_failed', good.started_at, 'API_UNAVAILABLE'],
      ['stale', good.started_at, 'API_UNAVAILABLE'],
    ],
  )
})

test('tries an event three times with one id, follows no redirect, and retries it later', async (t) => {
  const { history, events, notifyAt } = await notifiedConnection(t, [500, 302, 503, 204])
  const failed = recordOf('failed')
  await history.end(failed)
  assert.deepEqual(await notifyAt(failed, START), [
    'The webhook did not accept the event run_failed (status 503); it is retried later.',
  ])
  assert.equal(events().length, 3)
  assert.deepEqual(await notifyAt(undefined, START + HOUR_MS), [])
  assert.equal(events().length, 4)
  assert.equal(new Set(events().map((event) => JSON.stringify(event))).size, 1)
  assert.deepEqual(await notifyAt(failed, START + HOUR_MS), [])
  assert.equal(events().length, 4)
})

test('does not repeat a delivered failure when another event is pending', async (t) => {
  const { history, events, notifyAt } = await notifiedConnection(t, [204, 500, 500, 500, 204])
  const good = recordOf('succeeded', START - 9 * HOUR_MS)
  const failed = recordOf('failed')
  await history.end(good)
  await history.end(failed)
  assert.equal((await notifyAt(failed, START)).length, 1)
  assert.deepEqual(await notifyAt(failed, START), [])
  assert.deepEqual(
    events().map(({ event }) => event),
    ['run_failed', 'stale', 'stale', 'stale', 'stale'],
  )
})

test('reports why a webhook cannot be reached, without the path of its URL', async (t) => {
  const { connection, notifyAt } = await notifiedConnection(t)
  const [unused, unknown] = ['http://127.0.0.1:1/secret', 'https://hooks.invalid/secret']
  for (const [url, reason] of [
    [unused, /\(ECONNREFUSED 127\.0\.0\.1:1\); it/],
    [unknown, /\((ENOTFOUND|EAI_AGAIN) hooks\.invalid\); it/],
  ] as const) {
    const [failure = ''] = await notifyAt(recordOf('failed'), START, {
      ...connection,
      notify: { url },
    })
    assert.match(failure, reason)
    assert.ok(!failure.includes('secret'))
  }
})

test('a connection that never ran becomes stale after its first check', async (t) => {
  const { events, notifyAt } = await notifiedConnection(t)
  assert.deepEqual(await notifyAt(undefined, START), [])
  assert.deepEqual(await notifyAt(undefined, START + 5 * HOUR_MS), [])
  assert.equal(events().length, 0)
  assert.deepEqual(await notifyAt(undefined, START + 7 * HOUR_MS), [])
  assert.deepEqual(await notifyAt(undefined, START + 8 * HOUR_MS), [])
  assert.deepEqual(
    events().map(({ event, last_success_at: at, run }) => [event, at, run]),
    [['stale', null, null]],
  )
})
