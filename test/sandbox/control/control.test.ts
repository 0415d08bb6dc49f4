import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import type { Sandbox } from '../../../src/sandbox/api/server.ts'
import type { JsonObject, JsonValue } from '../../../src/singer/json.ts'
import { actionsOf, findById } from '../../../src/sandbox/world.ts'
import { closeAll, get, start } from '../api/reading.ts'
import { control, detailOf } from './controlling.ts'

afterEach(closeAll)

test('edits objects on demand, in their order', async () => {
  const sandbox = await start({ isControlled: true })
  const { world } = sandbox
  const { status, body } = await control(
    sandbox,
    ['POST', '/edits'],
    [
      { edit: 'newsletter', id: 1, set: { name: 'monthly' } },
      { add: 'newsletter', set: { id: 777, name: 'new' } },
      { delete: 'newsletter', id: 777 },
      { duplicate: 'campaign', id: 4 },
      { edit: 'action', campaign_id: 4, id: '25', set: { name: 'renamed' } },
    ],
  )
  assert.equal(status, 200)
  const objects = body['objects'] as (JsonObject | null)[]
  assert.deepEqual(
    objects.map((object) => object?.['name'] ?? null),
    ['monthly', 'new', null, 'Copy of Order Confirmation', 'renamed'],
  )
  assert.equal(findById(world.newsletters, '1')?.['name'], 'monthly')
  assert.equal(findById(world.newsletters, '777'), undefined)
  assert.equal(actionsOf(world, 4)[0]?.['name'], 'renamed')
  const shown = await (await get(sandbox, '/newsletters/1')).json()
  assert.equal((shown as { newsletter: JsonObject }).newsletter['name'], 'monthly')
})

test('edits objects of every other kind', async () => {
  const sandbox = await start({ isControlled: true })
  const { status, body } = await control(
    sandbox,
    ['POST', '/edits'],
    [
      { add: 'segment', set: { id: 55, name: 'new' } },
      { edit: 'segment_count', segment_id: 55, set: { count: 9 } },
      { edit: 'snippet', id: 'address', set: { value: 'moved' } },
      { add: 'broadcast_action', broadcast_id: 3, set: { type: 'push' } },
      { edit: 'newsletter_content', newsletter_id: 2, id: 61, set: { subject: 'shorter' } },
      { delete: 'sender_identity', id: 9 },
    ],
  )
  assert.equal(status, 200)
  const objects = body['objects'] as (JsonObject | null)[]
  assert.deepEqual(
    ['name', 'count', 'value', 'type', 'subject'].map((field, at) => objects[at]?.[field]),
    ['new', 9, 'moved', 'push', 'shorter'],
  )
  assert.equal(objects[5], null)
  const counted = await get(sandbox, '/segments/55/customer_count')
  assert.deepEqual(await counted.json(), { count: 9 })
})

test('refuses edits that are not possible, and says why', async () => {
  const sandbox = await start({ isControlled: true })
  const cases: [JsonValue, string][] = [
    ['{', 'The body is not JSON.'],
    [[1], 'An edit must be an object.'],
    [
      { id: 1 },
      'An edit has one of add, edit, delete, duplicate, open, click, convert, send, forget.',
    ],
    [
      { add: 'newsletter', delete: 'newsletter' },
      'An edit has one of add, edit, delete, duplicate, open, click, convert, send, forget.',
    ],
    [{ duplicate: 'action' }, '`duplicate` must be newsletter or campaign.'],
    [{ edit: 'newsletter', set: {} }, '`id` must be the ID of an object.'],
    [{ edit: 'newsletter', id: 1, set: 2 }, '`set` must be an object.'],
    [{ delete: 'campaign', id: 99 }, 'The workspace has no campaign 99.'],
    [{ edit: 'broadcast_trigger', id: 1 }, '`broadcast_id` must be the ID of an object.'],
  ]
  for (const [body, detail] of cases) {
    const answer = await control(sandbox, ['POST', '/edits'], body)
    assert.deepEqual([answer.status, detailOf(answer)], [400, detail])
  }
  const empty = await control(sandbox, ['POST', '/edits'])
  assert.deepEqual([empty.status, detailOf(empty)], [400, 'The request has no body.'])
})

test('orders faults for some requests, counts them, and takes them back', async () => {
  const sandbox = await start({ isControlled: true })
  const order = { fault: 'status', status: 503, path: '/v1/campaigns/*/actions', times: 1 }
  const { body } = await control(sandbox, ['POST', '/faults'], order)
  assert.deepEqual(body, { faults: [{ ...order, matched: 0, applied: 0 }] })
  const statuses = async (...paths: readonly string[]): Promise<number[]> => {
    const found: number[] = []
    for (const path of paths) found.push((await get(sandbox, path)).status)
    return found
  }
  assert.deepEqual(
    await statuses('/campaigns', '/campaigns/4/actions', '/campaigns/4/actions'),
    [200, 503, 200],
  )
  const listed = await control(sandbox, ['GET', '/faults'])
  assert.deepEqual(listed.body, { faults: [{ ...order, matched: 2, applied: 1 }] })
  await control(
    sandbox,
    ['POST', '/faults'],
    [
      { fault: 'rate-limit', retry_after: 7, path: '/v1/newsletters' },
      { fault: 'html', after: 1 },
    ],
  )
  const limited = await get(sandbox, '/newsletters')
  assert.deepEqual([limited.status, limited.headers.get('retry-after')], [429, '7'])
  assert.deepEqual(await (await get(sandbox, '/campaigns')).text(), await htmlOf(sandbox))
  assert.deepEqual((await control(sandbox, ['DELETE', '/faults'])).body, { faults: [] })
  assert.deepEqual(await statuses('/newsletters', '/campaigns'), [200, 200])
})

/** The page that the fault `html` sends. */
async function htmlOf(sandbox: Sandbox): Promise<string> {
  const response = await get(sandbox, '/campaigns')
  assert.match(response.headers.get('content-type') ?? '', /^text\/html/)
  return response.text()
}

test('cuts, resets and delays responses on demand', async () => {
  const sandbox = await start({ isControlled: true })
  for (const order of [{ fault: 'cut', bytes: 5 }, { fault: 'reset' }]) {
    await control(sandbox, ['POST', '/faults'], { ...order, times: 1 })
    await assert.rejects(async () => (await get(sandbox, '/campaigns')).text(), order.fault)
  }
  await control(sandbox, ['POST', '/faults'], { fault: 'delay', ms: 150, times: 1 })
  const began = performance.now()
  assert.equal((await get(sandbox, '/campaigns')).status, 200)
  assert.ok(performance.now() - began >= 149)
})

test('refuses faults that it does not have, and adds none of a list with one', async () => {
  const sandbox = await start({ isControlled: true })
  const known = 'status or html or json or rate-limit or delay or hang or reset or cut'
  const cases: [JsonValue, string][] = [
    [{ fault: 'fire' }, `\`fault\` must be ${known}.`],
    [{ fault: 'status', status: 700 }, '`status` must be from 200 to 599.'],
    [{ fault: 'delay', ms: '1' }, '`ms` must be a whole number.'],
    [{ fault: 'html', path: 1 }, '`path` must be a string.'],
  ]
  for (const [body, detail] of cases) {
    const answer = await control(sandbox, ['POST', '/faults'], [{ fault: 'html' }, body])
    assert.deepEqual([answer.status, detailOf(answer)], [400, detail])
  }
  assert.deepEqual((await control(sandbox, ['GET', '/faults'])).body, { faults: [] })
})

test('takes a path with many stars for what it says, in no time', async () => {
  const sandbox = await start({ isControlled: true })
  const paths: [string, boolean][] = [
    ['/v1/campaigns/*/actions', true],
    ['*/4/*', true],
    ['/v1/*', true],
    ['*', true],
    ['/v1/campaigns/4/*/actions', false],
    ['/v1/campaigns/4/actions*actions', false],
    ['*/campaigns', false],
    ['/v1', false],
  ]
  for (const [path, isMatch] of paths) {
    await control(sandbox, ['POST', '/faults'], { fault: 'status', status: 503, path })
    const { status } = await get(sandbox, '/campaigns/4/actions')
    assert.equal(status, isMatch ? 503 : 200, path)
    await control(sandbox, ['DELETE', '/faults'])
  }
  const path = `/v1/${'*a'.repeat(25)}`
  await control(sandbox, ['POST', '/faults'], { fault: 'status', status: 503, path })
  assert.equal((await get(sandbox, `/${'a'.repeat(2000)}b`)).status, 404)
})

test('answers a body that is too large with 400', async () => {
  const sandbox = await start({ isControlled: true })
  const body = JSON.stringify({ fault: 'json', body: 'x'.repeat(5_000_000) })
  const answer = await control(sandbox, ['POST', '/faults'], body)
  assert.deepEqual([answer.status, detailOf(answer)], [400, 'The body has over 1048576 bytes.'])
})

test('forgets faults that have ended, and takes at most 1000 others', async () => {
  const sandbox = await start({ isControlled: true })
  const order = async (body: JsonValue) => control(sandbox, ['POST', '/faults'], body)
  assert.equal((await order(Array.from({ length: 999 }, () => ({ fault: 'html' })))).status, 200)
  await control(sandbox, ['DELETE', '/faults'])
  await order({ fault: 'status', times: 1 })
  assert.equal((await get(sandbox, '/campaigns')).status, 503)
  assert.equal((await order(Array.from({ length: 1000 }, () => ({ fault: 'html' })))).status, 200)
  const answer = await order({ fault: 'html' })
  assert.deepEqual(
    [answer.status, detailOf(answer)],
    [400, 'There can be 1000 faults. Remove them first.'],
  )
})

test('remembers a bounded number of requests, and counts all of them', async () => {
  const sandbox = await start({ isControlled: true })
  await get(sandbox, '/campaigns')
  const [first] = sandbox.requests
  assert.ok(first)
  while (sandbox.requests.length < 20_000) sandbox.requests.push({ ...first, status: 429 })
  await get(sandbox, '/campaigns')
  assert.equal(sandbox.requests.length, 10_001)
  const { requests } = (await control(sandbox, ['GET', ''])).body
  const { total, rateLimited } = requests as JsonObject
  assert.deepEqual([total, rateLimited], [2, 9999])
})

test('shows what it holds and what was requested, without the requests of the control API', async () => {
  const sandbox = await start({ isControlled: true, rate: { perSecond: 1 } })
  await get(sandbox, '/newsletters')
  const { status, body } = await control(sandbox, ['GET', ''])
  assert.equal(status, 200)
  assert.equal(body['newsletters'], sandbox.world.newsletters.length)
  assert.equal((body['requests'] as JsonObject)['total'], 1)
})

test('answers only with the key, and only when it is asked to be controlled', async () => {
  const sandbox = await start({ isControlled: true })
  const url = new URL('/sandbox', sandbox.url)
  assert.equal((await fetch(url)).status, 401)
  assert.equal((await control(sandbox, ['GET', '/nothing'])).status, 404)
  assert.equal((await control(sandbox, ['DELETE', ''])).status, 405)
  const plain = await start()
  assert.equal((await control(plain, ['GET', ''])).status, 404)
})
