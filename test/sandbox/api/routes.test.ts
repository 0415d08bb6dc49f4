import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { rowsOf } from '../../../src/sandbox/rows.ts'
import { CHILDREN, isChild } from '../../../src/sandbox/streams.ts'
import { emptyWorld, idText } from '../../../src/sandbox/world.ts'
import type { JsonObject } from '../../../src/singer/json.ts'
import { body, closeAll, get, readPages, start } from './reading.ts'
import { pathOf, readStream, SERVED, STREAMS } from './served.ts'

afterEach(closeAll)

const SIZE = { newsletters: 20, campaigns: 4, broadcasts: 9, transactional: 5, segments: 12 }
/** A curated parent with rows, of any stream. */
const PARENT: Readonly<Record<string, string>> = {
  newsletters: '2',
  campaigns: '4',
  broadcasts: '2',
  transactional_messages: '3',
  segments: '42',
}

function parentOf(stream: (typeof STREAMS)[number]): string {
  return isChild(stream) ? (PARENT[CHILDREN[stream].parent] ?? '') : ''
}

function sorted(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).toSorted()
}

test('serves every row of each stream, and nothing else', async () => {
  const sandbox = await start({ world: SIZE })
  const { world } = sandbox
  for (const stream of STREAMS) {
    const parents = isChild(stream) ? world.collections[CHILDREN[stream].parent] : []
    const expected = rowsOf(world, stream)
    assert.ok(expected.length > 1, stream)
    assert.deepEqual(sorted(await readStream(sandbox, stream, parents)), sorted(expected), stream)
  }
})

test('refuses a key for one stream and accepts it for the others', async () => {
  const sandbox = await start()
  for (const refused of STREAMS) {
    sandbox.keys.set('narrow', { region: 'us', refused: [refused] })
    for (const stream of STREAMS) {
      const { status } = await get(sandbox, pathOf(stream, parentOf(stream)), 'narrow')
      assert.equal(status, stream === refused ? 403 : 200, `${stream} without ${refused}`)
    }
  }
})

test('answers 404 for an unknown parent and 400 for one that is no number', async () => {
  const sandbox = await start()
  for (const stream of STREAMS.filter(isChild)) {
    assert.equal((await get(sandbox, pathOf(stream, '987654'))).status, 404, stream)
    assert.equal((await get(sandbox, pathOf(stream, 'x'))).status, 400, stream)
  }
  const post = await fetch(`${sandbox.url}/segments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${sandbox.apiKey}` },
  })
  assert.equal(post.status, 405)
})

test('sends empty lists as observed, or in the form that is set', async () => {
  const sandbox = await start({ world: emptyWorld() })
  const full = await start()
  for (const stream of STREAMS) {
    const { key, empty = [], emptyParent = '' } = SERVED[stream]
    if (key === null || key === 'used_by') continue
    const server = isChild(stream) ? full : sandbox
    const list = async (): Promise<JsonObject> => {
      const { next: _next, ...rest } = await body(server, pathOf(stream, emptyParent))
      return rest
    }
    server.paging.emptyList = 'observed'
    assert.deepEqual(await list(), { [key]: empty }, stream)
    server.paging.emptyList = 'array'
    assert.deepEqual(await list(), { [key]: [] }, stream)
    server.paging.emptyList = 'null'
    assert.deepEqual(await list(), { [key]: null }, stream)
    server.paging.emptyList = 'absent'
    assert.deepEqual(await list(), {}, stream)
  }
})

/** The IDs of each page of senders. */
async function senderPages(
  query: string,
  paging: Parameters<typeof start>[0],
): Promise<number[][]> {
  const sandbox = await start(paging)
  const { pages } = await readPages(sandbox, `/sender_identities?${query}`, 'sender_identities')
  return pages.map((page) =>
    (page['sender_identities'] as JsonObject[]).map((row) => Number(row['id'])),
  )
}

test('lists visible senders, and hidden ones alone or with the others', async () => {
  assert.deepEqual(await senderPages('', {}), [[1, 9, 4534]])
  assert.deepEqual(await senderPages('hidden=false&sort=desc', {}), [[4534, 9, 1]])
  assert.deepEqual(await senderPages('hidden=true', {}), [[38, 4535]])
  const also = { paging: { hiddenSenders: 'also' } } as const
  assert.deepEqual(await senderPages('hidden=true', also), [[1, 9, 38, 4534, 4535]])
  assert.deepEqual(await senderPages('', also), [[1, 9, 4534]])
})

test('follows a full last page of senders by an empty one, unless it is switched off', async () => {
  assert.deepEqual(await senderPages('limit=2', {}), [[1, 9], [4534]])
  assert.deepEqual(await senderPages('limit=3', {}), [[1, 9, 4534], []])
  assert.deepEqual(await senderPages('', { paging: { senderLimit: 1 } }), [[1], [9], [4534], []])
  assert.deepEqual(await senderPages('limit=7', { paging: { senderMaxLimit: 1 } }), [
    [1],
    [9],
    [4534],
    [],
  ])
  const off = { paging: { hasTrailingSenders: false } }
  assert.deepEqual(await senderPages('limit=3', off), [[1, 9, 4534]])
  const always = { paging: { hasTrailingPage: true } }
  assert.deepEqual(await senderPages('limit=2', always), [[1, 9], [4534], []])
})

test('pages actions of broadcasts by ten, and refuses an unknown cursor', async () => {
  const sandbox = await start()
  const { pages } = await readPages(sandbox, '/broadcasts/16/actions', 'actions')
  assert.deepEqual(
    pages.map((page) => (page['actions'] as JsonObject[]).length),
    [10, 1],
  )
  assert.equal(pages[1]?.['next'], '')
  assert.deepEqual(await body(sandbox, '/broadcasts/3/actions'), { actions: [] })
  for (const id of ['3', '16']) {
    assert.equal((await get(sandbox, `/broadcasts/${id}/actions?start=MQ==`)).status, 400)
  }
})

test('sends the documented and the observed bodies', async () => {
  const sandbox = await start()
  const texts = await Promise.all(
    [
      '/segments/7',
      '/segments/42/used_by',
      '/segments/21/customer_count',
      '/broadcasts/2',
      '/broadcasts/2/triggers',
      '/transactional/2',
      '/sender_identities/4534',
      '/collections/1',
    ].map(async (path) => (await get(sandbox, path)).text()),
  )
  assert.deepEqual(texts, [
    '{"segment":{"id":7,"deduplicate_id":"15:1492548073","name":"Manual Segment 1","description":"My first manual segment","state":"events","progress":null,"type":"manual","tags":null,"created_at":1552341937,"updated_at":1552341937}}',
    '{"used_by":{"campaigns":[5,7,8,10],"sent_newsletters":[128275],"draft_newsletters":[]}}',
    '{"count":12408}',
    '{"broadcast":{"id":2,"deduplicate_id":"2:1520467200","created":1520467200,"type":"triggered_broadcast","updated":1520467200,"name":"basic","active":true,"state":"running","actions":[{"id":40,"type":"email"},{"id":41,"type":"push"},{"id":42,"type":"webhook"}],"tags":"nil","first_started":1520467200,"created_by":"ExamplePerson"}}',
    '{"triggers":[{"id":1,"broadcast_id":2,"created_at":1552341937,"processed_at":1}]}',
    '{"message":{"id":2,"name":"password reset","description":"sends a temporary password and lets the customer reset their password.","send_to_unsubscribed":true,"link_tracking":true,"open_tracking":true,"hide_message_body":true,"queue_drafts":true,"created_at":1552341937,"updated_at":1552341937}}',
    '{"sender_identity":{"id":4534,"deduplicate_id":"4534:1478035647","name":"Cher Ami","email":"test@example.com","address":"Cher Ami <test@example.com>","template_type":"email","auto_generated":false}}',
    '{"collection":{"id":1,"name":"events","schema":["eventName","eventDate","eventTickets"],"rows":3,"bytes":240,"created_at":1552341937,"updated_at":1552341937}}',
  ])
})

test('answers 404 for an unknown row and 400 for one that is no number', async () => {
  const sandbox = await start()
  for (const path of [
    '/broadcasts',
    '/broadcasts/2/actions',
    '/newsletters/2/contents',
    '/transactional',
    '/segments',
    '/sender_identities',
    '/collections',
  ]) {
    assert.equal((await get(sandbox, `${path}/987654`)).status, 404, path)
    assert.equal((await get(sandbox, `${path}/x`)).status, 400, path)
  }
  const content = await body(sandbox, '/newsletters/2/contents/62')
  assert.equal((content['content'] as JsonObject)['name'], 'Variant B')
  const action = await body(sandbox, '/broadcasts/2/actions/41')
  assert.equal((action['action'] as JsonObject)['id'], '41')
})

test('keeps the rows of different streams consistent', async () => {
  const { world } = await start({ world: SIZE })
  const idsOf = (stream: (typeof STREAMS)[number], parentId: unknown): string[] =>
    rowsOf(world, stream)
      .filter((one) => one.parentId === idText(parentId as number))
      .map(({ row }) => idText(row['id']))
  for (const { id, content_ids } of world.newsletters) {
    assert.deepEqual(idsOf('newsletter_contents', id), (content_ids as number[]).map(String))
  }
  for (const { id, actions } of world.collections.broadcasts) {
    const listed = ((actions ?? []) as JsonObject[]).map((action) => idText(action['id']))
    assert.deepEqual(idsOf('broadcast_actions', id), listed)
  }
  const known = new Set([...world.newsletters, ...world.campaigns].map(({ id }) => id))
  for (const { row } of rowsOf(world, 'segment_usage')) {
    for (const id of Object.values(row).flat()) assert.ok(known.has(id ?? null))
  }
})
