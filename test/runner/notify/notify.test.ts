import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { assertMatches } from '../../support/record-schemas.ts'
import { recordOf, SECRET, START, toldConnection } from '../../support/webhook-receiver.ts'

const HOUR_MS = 3_600_000

test('the body is as its schema says, is signed, and holds no secret', async (t) => {
  const { history, received, events, tell } = await toldConnection(t)
  const [good, failed] = [recordOf('succeeded'), recordOf('failed', START + HOUR_MS)]
  await history.end(good)
  assert.deepEqual(await tell(good, START), [])
  assert.equal(received.length, 0)
  await history.end(failed)
  assert.deepEqual(await tell(failed, START + HOUR_MS), [])
  assert.deepEqual(await tell(undefined, START + 7 * HOUR_MS), [])
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

test('an event is tried three times under one id, redirects are not followed, and it is told later when nobody took it', async (t) => {
  const { history, events, tell } = await toldConnection(t, [500, 302, 503, 204])
  const failed = recordOf('failed')
  await history.end(failed)
  assert.deepEqual(await tell(failed, START), [
    'The webhook did not take the event run_failed (it answered 503); it is told again later.',
  ])
  assert.equal(events().length, 3)
  assert.deepEqual(await tell(undefined, START + HOUR_MS), [])
  assert.equal(events().length, 4)
  assert.equal(new Set(events().map((event) => JSON.stringify(event))).size, 1)
  assert.deepEqual(await tell(failed, START + HOUR_MS), [])
  assert.equal(events().length, 4)
})

test('a failure that was taken is not told again because another event was not', async (t) => {
  const { history, events, tell } = await toldConnection(t, [204, 500, 500, 500, 204])
  const good = recordOf('succeeded', START - 9 * HOUR_MS)
  const failed = recordOf('failed')
  await history.end(good)
  await history.end(failed)
  assert.equal((await tell(failed, START)).length, 1)
  assert.deepEqual(await tell(failed, START), [])
  assert.deepEqual(
    events().map(({ event }) => event),
    ['run_failed', 'stale', 'stale', 'stale', 'stale'],
  )
})

test('a webhook that cannot be reached is told with the reason, without the path of its URL', async (t) => {
  const { connection, tell } = await toldConnection(t)
  const [unused, unknown] = ['http://127.0.0.1:1/secret', 'https://hooks.invalid/secret']
  for (const [url, reason] of [
    [unused, /\(ECONNREFUSED 127\.0\.0\.1:1\); it/],
    [unknown, /\((ENOTFOUND|EAI_AGAIN) hooks\.invalid\); it/],
  ] as const) {
    const [failure = ''] = await tell(recordOf('failed'), START, { ...connection, notify: { url } })
    assert.match(failure, reason)
    assert.ok(!failure.includes('secret'))
  }
})

test('a connection that never ran is stale when it was first looked at so long ago', async (t) => {
  const { events, tell } = await toldConnection(t)
  assert.deepEqual(await tell(undefined, START), [])
  assert.deepEqual(await tell(undefined, START + 5 * HOUR_MS), [])
  assert.equal(events().length, 0)
  assert.deepEqual(await tell(undefined, START + 7 * HOUR_MS), [])
  assert.deepEqual(await tell(undefined, START + 8 * HOUR_MS), [])
  assert.deepEqual(
    events().map(({ event, last_success_at: at, run }) => [event, at, run]),
    [['stale', null, null]],
  )
})
