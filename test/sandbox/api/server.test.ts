import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { afterEach, test } from 'node:test'
import type { JsonObject } from '../../../src/singer/json.ts'
import { createWorld } from '../../../src/sandbox/generate.ts'
import { actionsOf } from '../../../src/sandbox/world.ts'
import { body, closeAll, get, readPages, start } from './reading.ts'

afterEach(closeAll)

function digest(seed: number): string {
  const world = createWorld({ seed, newsletters: 500, campaigns: 50 })
  const text = JSON.stringify([world.newsletters, world.campaigns, [...world.actions]])
  return createHash('sha256').update(text).digest('hex')
}

test('serves the whole workspace', async () => {
  const sandbox = await start({ world: { newsletters: 250, campaigns: 8, seed: 3 } })
  const { world } = sandbox
  const newsletters = await readPages(sandbox, '/newsletters', 'newsletters')
  assert.deepEqual(
    new Set(newsletters.rows.map((row) => JSON.stringify(row))),
    new Set(world.newsletters.map((row) => JSON.stringify(row))),
  )
  assert.equal(newsletters.rows.length, world.newsletters.length)
  assert.deepEqual(await body(sandbox, '/campaigns'), { campaigns: world.campaigns })
  for (const campaign of world.campaigns) {
    const path = `/campaigns/${Number(campaign['id'])}/actions`
    const { rows, pages } = await readPages(sandbox, path, 'actions')
    assert.deepEqual(rows, actionsOf(world, Number(campaign['id'])))
    assert.equal(pages.length, Math.max(1, Math.ceil(rows.length / 10)))
  }
})

test('serves observed records and the documented example unchanged', async () => {
  const sandbox = await start()
  const texts = await Promise.all(
    ['/newsletters/1', '/newsletters/128275', '/campaigns/4', '/campaigns/4/actions/25'].map(
      async (path) => (await get(sandbox, path)).text(),
    ),
  )
  assert.deepEqual(texts, [
    '{"newsletter":{"id":1,"deduplicate_id":"1:1692285687","content_ids":[18],"name":"weekly","sent_at":null,"created":1692285669,"updated":1692285687,"type":"email","tags":[]}}',
    '{"newsletter":{"id":128275,"deduplicate_id":"128275:1484870424","type":"email","content_ids":[45],"name":"Weekly Product Update","sent_at":1481653929,"created":1481653919,"updated":1481653929,"recipient_segment_ids":[42,99],"tags":["Product Updates"],"subscription_topic_id":5}}',
    '{"campaign":{"id":4,"deduplicate_id":"4:1692284670","name":"Order Confirmation","type":"event","created":1692284573,"updated":1692284670,"active":false,"state":"draft","actions":[{"id":25,"type":"attribute_update"},{"id":26,"type":"email"},{"id":29,"type":"email"}],"first_started":0,"tags":["Sample"],"event_name":"purchase"}}',
    '{"action":{"id":"25","campaign_id":4,"deduplicate_id":"11:1692284573","name":"Update order count","layout":"","body":"","created":1692284573,"updated":1692284573,"type":"attribute_update","language":"","editor":"","recipient":"","recipient_environment_id":144601}}',
  ])
})

test('lists each campaign with its actions, without translations', async () => {
  const { world } = await start({ world: { campaigns: 20 } })
  for (const campaign of world.campaigns) {
    if (campaign['actions'] === null) continue
    const listed = (campaign['actions'] as JsonObject[]).map((one) => String(Number(one['id'])))
    const ids = actionsOf(world, Number(campaign['id']))
      .filter((one) => one['multi_language_branch_action_id'] === undefined || !one['language'])
      .map((one) => String(one['id'] as string | number))
    assert.deepEqual(listed, ids, `campaign ${Number(campaign['id'])}`)
  }
})

test('gives cursors that a query must encode, and no rows for an unencoded one', async () => {
  const sandbox = await start({ world: { newsletters: 300 } })
  const { next } = await body(sandbox, '/newsletters')
  assert.ok(typeof next === 'string')
  for (const character of ['+', '/', '=']) assert.ok(next.includes(character))
  assert.deepEqual(await body(sandbox, `/newsletters?start=${next}`), {
    newsletters: [],
    next: '',
  })
  const encoded = encodeURIComponent(next)
  const page = await body(sandbox, `/newsletters?start=${encoded}`)
  assert.equal((page['newsletters'] as unknown[]).length, 100)
  const otherCase = encodeURIComponent(next.toLowerCase())
  assert.deepEqual((await body(sandbox, `/newsletters?start=${otherCase}`))['newsletters'], [])
})

test('honors limit, its maximum and sort, and ignores unknown parameters', async () => {
  const sandbox = await start({ world: { newsletters: 1200 } })
  const counts = await Promise.all(
    ['?limit=1', '?limit=100&foo=1', '?limit=5000', '?limit=abc', '?limit=0'].map(
      async (query) =>
        ((await body(sandbox, `/newsletters${query}`))['newsletters'] as unknown[]).length,
    ),
  )
  assert.deepEqual(counts, [1, 100, 1000, 100, 100])
  const createdIn = async (sort: string): Promise<number[]> => {
    const page = await body(sandbox, `/newsletters?limit=1000&sort=${sort}`)
    return (page['newsletters'] as JsonObject[]).map((one) => Number(one['created']))
  }
  const [ascending, descending] = [await createdIn('asc'), await createdIn('desc')]
  assert.deepEqual(
    ascending,
    ascending.toSorted((a, b) => a - b),
  )
  assert.deepEqual(
    descending,
    descending.toSorted((a, b) => b - a),
  )
  assert.ok((descending[0] ?? 0) > (ascending.at(-1) ?? 0))
})

test('ends a list in every form that a client must support', async () => {
  const sandbox = await start({ world: { examples: false, campaigns: 1, actionsPerCampaign: 10 } })
  const path = '/campaigns/1001/actions'
  assert.equal((await body(sandbox, path))['next'], '')
  sandbox.paging.lastNext = 'null'
  assert.equal((await body(sandbox, path))['next'], null)
  sandbox.paging.lastNext = 'absent'
  assert.equal('next' in (await body(sandbox, path)), false)
  sandbox.paging.hasTrailingPage = true
  const { pages, rows } = await readPages(sandbox, path, 'actions')
  assert.deepEqual(pages[1], { actions: [] })
  assert.equal(rows.length, 10)
  sandbox.paging.emptyList = 'null'
  assert.deepEqual(await body(sandbox, '/newsletters'), { newsletters: null })
  sandbox.paging.emptyList = 'absent'
  assert.deepEqual(await body(sandbox, '/newsletters'), {})
})

test('rejects requests with the error bodies of Customer.io', async () => {
  const sandbox = await start()
  sandbox.keys.set('european', { region: 'eu' })
  sandbox.keys.set('narrow', { region: 'us', refused: ['campaign_actions'] })
  const answer = async (path: string, key?: string | null): Promise<[number, string]> => {
    const response = await get(sandbox, path, key)
    return [response.status, await response.text()]
  }
  const unauthorized = [401, '{"errors":[{"detail":"unauthorized","status":"401"}]}']
  assert.deepEqual(await answer('/newsletters', null), unauthorized)
  assert.deepEqual(await answer('/newsletters', 'wrong'), unauthorized)
  assert.deepEqual(await answer('/newsletters', 'european'), unauthorized)
  assert.equal((await answer('/campaigns', 'narrow'))[0], 200)
  assert.deepEqual(await answer('/campaigns/4/actions', 'narrow'), [
    403,
    '{"errors":[{"detail":"forbidden (reference a1b2c3)","status":"403"}]}',
  ])
  const notFound = [404, '{"errors":[{"detail":"resource not found","status":404}]}']
  assert.deepEqual(await answer('/campaigns/999/actions'), notFound)
  assert.deepEqual(await answer('/campaigns/999'), notFound)
  assert.deepEqual(await answer('/newsletters/999'), notFound)
  assert.deepEqual(await answer('/campaigns/4/actions/1'), notFound)
  assert.deepEqual(await answer('/nothing'), notFound)
  const badRequest = [
    400,
    '{"errors":[{"detail":"bad request (reference a1b2c3)","status":"400"}]}',
  ]
  assert.deepEqual(await answer('/campaigns/x/actions'), badRequest)
  sandbox.keys.delete(sandbox.apiKey)
  assert.deepEqual(await answer('/newsletters'), unauthorized)
})

test('sends the observed headers, with the date of its own clock', async () => {
  const sandbox = await start()
  sandbox.world.now = () => Date.UTC(2031, 0, 2, 3, 4, 5)
  const { headers } = await get(sandbox, '/campaigns')
  assert.deepEqual(
    ['date', 'cache-control', 'expires', 'via', 'etag', 'transfer-encoding'].map((name) =>
      headers.get(name),
    ),
    [
      'Thu, 02 Jan 2031 03:04:05 GMT',
      'must-revalidate,no-cache,no-store',
      '0',
      '1.1 google',
      null,
      'chunked',
    ],
  )
})

test('accepts ten requests in a second and rejects the eleventh', async () => {
  const sandbox = await start({ rate: {} })
  const statuses: number[] = []
  for (let i = 0; i < 11; i++) statuses.push((await get(sandbox, '/newsletters?limit=1')).status)
  assert.deepEqual(statuses, [...Array.from({ length: 10 }, () => 200), 429])
  const refused = await get(sandbox, '/newsletters')
  assert.equal(refused.headers.get('retry-after'), '1')
  assert.equal(
    await refused.text(),
    '{"errors":[{"detail":"rate limited to 10 requests per 1s (reference a1b2c3)","status":"429"}]}',
  )
  sandbox.rate.retryAfter = null
  assert.equal((await get(sandbox, '/newsletters')).headers.get('retry-after'), null)
  const statistics = sandbox.statistics()
  assert.equal(statistics.total, 13)
  assert.equal(statistics.worstPerSecond, 13)
  assert.equal(statistics.rateLimited, 3)
  assert.deepEqual(statistics.byPath, { '/v1/newsletters': 13 })
  assert.deepEqual(statistics.byStatus, { 200: 10, 429: 3 })
})

test('applies the latency and counts requests in flight', async () => {
  const sandbox = await start({ latency: { fixedMs: 60, jitterMs: 20 } })
  await Promise.all([1, 2, 3].map(async () => (await get(sandbox, '/campaigns')).text()))
  for (const { arrivedMs, endedMs = 0 } of sandbox.requests) assert.ok(endedMs - arrivedMs >= 58)
  assert.equal(sandbox.statistics().worstConcurrency, 3)
})

test('records every request', async () => {
  const sandbox = await start()
  await get(sandbox, '/newsletters?limit=1&start=x', 'wrong')
  const [record] = sandbox.requests
  assert.ok(record)
  const { index, method, path, target, isAuthorized, status, connection } = record
  assert.deepEqual(
    { index, method, path, target, isAuthorized, status, connection },
    {
      index: 0,
      method: 'GET',
      path: '/v1/newsletters',
      target: '/v1/newsletters?limit=1&start=x',
      isAuthorized: false,
      status: 401,
      connection: 1,
    },
  )
  assert.equal(record.query.get('limit'), '1')
})

test('creates the same workspace from the same seed', () => {
  assert.equal(digest(7), digest(7))
  assert.notEqual(digest(7), digest(8))
})
