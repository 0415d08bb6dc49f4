import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import type { PagingSettings } from '../../../src/sandbox/api/pages.ts'
import type { Sandbox } from '../../../src/sandbox/api/server.ts'
import { deliver } from '../../../src/sandbox/deliveries/edits.ts'
import { emptyWorld } from '../../../src/sandbox/world.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { body, closeAll, get, readPages, start } from './reading.ts'

afterEach(closeAll)

const NOW = 1_790_000_000
const DAY = 86_400

/** Deliveries `m0`, `m1` and so on, created at these ages in seconds. */
async function startWith(
  ages: readonly number[],
  paging: Partial<PagingSettings> = {},
): Promise<Sandbox> {
  const world = emptyWorld(() => NOW * 1000 + 999)
  ages.forEach((age, at) => deliver(world, { id: `m${at}`, created: NOW - age }))
  return start({ world, paging })
}

function idsIn({ messages }: JsonObject): unknown[] {
  return (messages as JsonObject[]).map((one) => one['id'])
}

async function ids(sandbox: Sandbox, query = ''): Promise<unknown[]> {
  return idsIn(await body(sandbox, `/messages?${query}`))
}

function token(text: string): string {
  return encodeURIComponent(Buffer.from(text).toString('base64'))
}

test('lists the newest first, and of one second the last one first', async () => {
  const sandbox = await startWith([30, 10, 20, 10])
  assert.deepEqual(await ids(sandbox), ['m3', 'm1', 'm2', 'm0'])
  sandbox.paging.messageSort = 'asc'
  assert.deepEqual(await ids(sandbox), ['m0', 'm2', 'm1', 'm3'])
})

test('both bounds of the range are inclusive', async () => {
  const sandbox = await startWith([3, 2, 1, 0])
  const cases: [from: number | '', to: number | '', expected: string[]][] = [
    [NOW - 2, NOW - 1, ['m2', 'm1']],
    [NOW - 2, NOW - 2, ['m1']],
    [NOW - 3, NOW - 3, ['m0']],
    [NOW - 1, '', ['m3', 'm2']],
    ['', NOW - 2, ['m1', 'm0']],
    [NOW - 1, NOW - 2, []],
    [NOW + 1, NOW + 5, []],
  ]
  for (const [from, to, expected] of cases) {
    assert.deepEqual(await ids(sandbox, `start_ts=${from}&end_ts=${to}`), expected)
  }
  for (const bad of ['start_ts=x', 'end_ts=1.5', 'start_ts=-1']) {
    assert.equal((await get(sandbox, `/messages?${bad}`)).status, 400, bad)
  }
})

test('cuts a range of over six months at its end, without an error', async () => {
  const half = 183 * DAY
  const sandbox = await startWith([half + 10, half + 9, half, 5, 0])
  assert.deepEqual(await ids(sandbox), ['m4', 'm3', 'm2'])
  assert.deepEqual(await ids(sandbox, 'start_ts=0'), ['m4', 'm3', 'm2'])
  const earlier = `start_ts=1&end_ts=${NOW - 9}`
  assert.deepEqual(await ids(sandbox, earlier), ['m2', 'm1'])
  sandbox.paging.messageRangeDays = Infinity
  assert.deepEqual(await ids(sandbox, earlier), ['m2', 'm1', 'm0'])
})

test('pages by 50, and by at most 1000 whatever the limit', async () => {
  const sandbox = await startWith(Array.from({ length: 1003 }, (_, at) => at))
  const cases: [query: string, sizes: number[]][] = [
    ['', [...Array.from({ length: 20 }, () => 50), 3]],
    ['?limit=1000', [1000, 3]],
    ['?limit=1001', [1000, 3]],
    ['?limit=1003', [1000, 3]],
    ['?limit=501', [501, 501, 1]],
    ['?limit=0', [...Array.from({ length: 20 }, () => 50), 3]],
  ]
  for (const [query, sizes] of cases) {
    const { pages, rows } = await readPages(sandbox, `/messages${query}`, 'messages')
    assert.deepEqual(
      pages.map((page) => idsIn(page).length),
      sizes,
      query,
    )
    assert.equal(new Set(rows.map((row) => row['id'])).size, 1003)
  }
})

test('a full last page has no cursor', async () => {
  const sandbox = await startWith([3, 2, 1, 0])
  const first = await body(sandbox, '/messages?limit=2')
  assert.equal(first['next'], Buffer.from('v20:2').toString('base64'))
  const last = await body(sandbox, `/messages?limit=2&start=${token('v20:2')}`)
  assert.deepEqual([idsIn(last), last['next']], [['m1', 'm0'], ''])
  sandbox.paging.lastNext = 'absent'
  assert.equal('next' in (await body(sandbox, '/messages')), false)
})

test('refuses a malformed cursor', async () => {
  const sandbox = await startWith([1, 0])
  const malformed = ['MQ==', token('v20:'), token('v20:x'), token('v20:01'), token('v2:1'), 'x']
  for (const bad of [...malformed, token('0:1'), encodeURIComponent('djIwOjE')]) {
    assert.equal((await get(sandbox, `/messages?limit=1&start=${bad}`)).status, 400, bad)
  }
})

test('a cursor past the end gives the first page with its next, unless it is switched off', async () => {
  const sandbox = await startWith([2, 1, 0])
  const first = await body(sandbox, '/messages?limit=2')
  for (const offset of [3, 4, 500]) {
    const page = await body(sandbox, `/messages?limit=2&start=${token(`v20:${offset}`)}`)
    assert.deepEqual(page, first)
  }
  sandbox.paging.isPastMessageFirst = false
  const past = await body(sandbox, `/messages?limit=2&start=${token('v20:3')}`)
  assert.deepEqual(past, { messages: [], next: '' })
})

test('filters by type, parent and metric', async () => {
  const sandbox = await start()
  sandbox.paging.messageRangeDays = Infinity
  const everything = await ids(sandbox)
  assert.equal(everything.length, 6)
  const cases: [query: string, count: number][] = [
    ['type=email', 2],
    ['type=push', 1],
    ['type=none', 0],
    ['campaign_id=5', 2],
    ['campaign_id=5&type=in_app', 1],
    ['newsletter_id=128275', 1],
    ['action_id=41', 1],
    ['metric=opened', 2],
    ['metric=link:1', 1],
    ['metric=opened&campaign_id=5', 1],
    ['unknown=1', 6],
  ]
  for (const [query, count] of cases) {
    assert.equal((await ids(sandbox, query)).length, count, query)
  }
})

test('lists drafts instead of the others', async () => {
  const sandbox = await start()
  sandbox.paging.messageRangeDays = Infinity
  const drafts = await ids(sandbox, 'drafts=true')
  assert.deepEqual(drafts, ['dgKh7gEAAJTvAZPvAQGVr4cR9sD1zFy6eU3GxM=='])
  assert.ok(!(await ids(sandbox)).includes(drafts[0]))
  assert.equal((await ids(sandbox, 'drafts=false')).length, 6)
})

test('sends the documented message, and responses to surveys on request', async () => {
  const sandbox = await start()
  const documented = await get(sandbox, '/messages/ag1q6QWq6QUBAAF4_CGoeVX7mFkDbRFu7ek=')
  assert.equal(
    await documented.text(),
    '{"message":{"id":"ag1q6QWq6QUBAAF4_CGoeVX7mFkDbRFu7ek=","deduplicate_id":"ag1q6QWq6QUBAAF4_CGoeVX7mFkDbRFu7ek=:1619137768","msg_template_id":15,"action_id":96,"parent_action_id":1,"customer_id":"ada","customer_identifiers":{"id":"ada","email":"ada@example.com","cio_id":"a3000001"},"recipient":"ada@example.com","subject":"Did you get that thing I sent you?","metrics":{"delivered":1619137768,"sent":1619137768},"created":1619137767,"failure_message":null,"newsletter_id":null,"content_id":null,"campaign_id":5,"broadcast_id":null,"transactional_message_id":null,"trigger_event_id":"01F3Z2Q3VYB9P5WTWHK1XQ2Y5S","type":"email","forgotten":false}}',
  )
  const survey = `/messages/${encodeURIComponent('dgTM2gEDANbNAtXNAgGVb3Xq5c1L0n9Y2rE4WQ==')}`
  const plain = (await body(sandbox, survey))['message'] as JsonObject
  const tracked = await body(sandbox, `${survey}?get_tracked_responses=true`)
  const { tracked_responses, ...others } = tracked['message'] as JsonObject
  assert.deepEqual(others, plain)
  assert.deepEqual(tracked_responses, { rating: 'Very satisfied' })
  for (const unknown of ['x', '%', 'ag1q6QWq6QUBAAF4_CGoeVX7mFkDbRFu7e8=']) {
    assert.equal((await get(sandbox, `/messages/${unknown}`)).status, 404, unknown)
  }
})
