import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import {
  appearLate,
  clickDelivery,
  convertDelivery,
  deleteDelivery,
  deliver,
  editDelivery,
  forgetPerson,
  openDelivery,
  sendDraft,
} from '../../src/sandbox/deliveries/edits.ts'
import { createWorld } from '../../src/sandbox/generate.ts'
import { rowsOf } from '../../src/sandbox/rows.ts'
import { emptyWorld, idText, type World } from '../../src/sandbox/world.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { body, closeAll, start } from './api/reading.ts'
import { readList } from './api/served.ts'

afterEach(closeAll)

const NOW = 1_790_000_000
const DAY = 86_400

function at(seconds: number): () => number {
  return () => seconds * 1000
}

/** A sandbox without objects, whose rows are read over HTTP. */
async function empty(): Promise<{
  world: World
  read: (query?: string) => Promise<JsonObject[]>
}> {
  const sandbox = await start({ world: emptyWorld(at(NOW)) })
  const read = async (query = ''): Promise<JsonObject[]> =>
    (await body(sandbox, `/messages?${query}`))['messages'] as JsonObject[]
  return { world: sandbox.world, read }
}

function idOf(row: JsonObject): string {
  return idText(row['id'])
}

test('a new delivery is listed with its metrics as they are recorded', async () => {
  const { world, read } = await empty()
  const added = deliver(world)
  const id = idOf(added)
  assert.deepEqual(await read(), [added])
  assert.deepEqual(added['metrics'], { sent: NOW, delivered: NOW })
  assert.equal(added['deduplicate_id'], `${id}:${NOW}`)
  world.now = at(NOW + 10)
  openDelivery(world, id)
  openDelivery(world, id, NOW + 5)
  clickDelivery(world, id, NOW + 2)
  const converted = convertDelivery(world, id, NOW + 20)
  const metrics = {
    sent: NOW,
    delivered: NOW,
    opened: NOW + 10,
    human_opened: NOW + 10,
    clicked: NOW + 2,
    human_clicked: NOW + 2,
    'link:1': NOW + 2,
    'human_link:1': NOW + 2,
  }
  assert.deepEqual(converted['metrics'], metrics)
  assert.equal(converted['deduplicate_id'], `${id}:${NOW + 10}`)
  assert.deepEqual(await read(), [converted])
  world.now = at(NOW + 20)
  const [later] = await read()
  assert.deepEqual(later?.['metrics'], { ...metrics, converted: NOW + 20 })
  assert.equal(later['deduplicate_id'], `${id}:${NOW + 20}`)
  assert.equal((await read('metric=converted')).length, 1)
})

test('an earlier time replaces one that nobody has seen yet', async () => {
  const { world } = await empty()
  const id = idOf(deliver(world))
  convertDelivery(world, id, NOW + 50)
  convertDelivery(world, id, NOW + 60)
  assert.equal((convertDelivery(world, id)['metrics'] as JsonObject)['converted'], NOW)
})

test('a sent draft moves to the other messages and keeps its creation time', async () => {
  const { world, read } = await empty()
  const draft = deliver(world, { draft: true })
  assert.deepEqual([await read(), await read('drafts=true')], [[], [draft]])
  world.now = at(NOW + DAY)
  const sent = sendDraft(world, idOf(draft))
  assert.deepEqual([await read(), await read('drafts=true')], [[sent], []])
  assert.deepEqual(
    [sent['created'], sent['metrics']],
    [NOW, { drafted: NOW, sent: NOW + DAY, delivered: NOW + DAY }],
  )
  assert.throws(() => sendDraft(world, idOf(sent)), RangeError)
})

test('a late delivery appears among older ones, or when its time comes', async () => {
  const { world, read } = await empty()
  const [old, recent] = [NOW - 100, NOW - 10].map((created) => deliver(world, { created }))
  const late = appearLate(world, NOW - 50)
  assert.deepEqual(await read(), [recent, late, old])
  deliver(world, { created: NOW - 60, visible_at: NOW + 5 })
  assert.deepEqual(await read(), [recent, late, old])
  assert.deepEqual(
    rowsOf(world, 'messages').map(({ row }) => row),
    [old, late, recent],
  )
  world.now = at(NOW + 5)
  assert.deepEqual(
    (await read()).map((row) => row['created']),
    [NOW - 10, NOW - 50, NOW - 60, NOW - 100],
  )
  assert.throws(() => appearLate(world, NOW + 5), RangeError)
})

test('a deleted delivery is gone, and a forgotten person has no identifiers', async () => {
  const { world, read } = await empty()
  const person = { id: 'kim', email: 'kim@example.com', cio_id: 'b1' }
  const ids = [1, 2, 3].map((age) =>
    idOf(
      deliver(world, {
        created: NOW - age,
        ...(age > 1 && { customer_id: 'kim', customer_identifiers: person }),
      }),
    ),
  )
  deleteDelivery(world, ids[1] ?? '')
  forgetPerson(world, 'b1')
  assert.deepEqual(
    (await read()).map((row) => [
      row['id'],
      row['forgotten'],
      row['customer_id'],
      row['customer_identifiers'],
      row['recipient'],
    ]),
    [
      [
        ids[0],
        false,
        'ada',
        { id: 'ada', email: 'ada@example.com', cio_id: 'a3000001' },
        'ada@example.com',
      ],
      [ids[2], true, '', { id: '', email: '', cio_id: '' }, ''],
    ],
  )
  assert.throws(() => forgetPerson(world, 'b2'), RangeError)
  for (const edit of [deleteDelivery, openDelivery, sendDraft]) {
    assert.throws(() => edit(world, ids[1] ?? ''), {
      name: 'RangeError',
      message: `The workspace has no delivery ${ids[1]}.`,
    })
  }
  assert.throws(() => deliver(world, { id: ids[0] ?? '' }), RangeError)
})

test('the same seed makes the same deliveries, which the clock reveals', async () => {
  const options = { seed: 5, deliveriesPerDay: 20, days: 90, now: at(NOW) }
  const sandbox = await start({ world: options })
  const { world } = sandbox
  const rows = await readList(sandbox, 'messages', '')
  assert.deepEqual(
    rows,
    rowsOf(world, 'messages').map(({ row }) => row),
  )
  assert.deepEqual(rowsOf(createWorld(options), 'messages'), rowsOf(world, 'messages'))
  assert.notDeepEqual(rowsOf(createWorld({ ...options, seed: 6 }), 'messages'), rows)
  assert.equal(new Set(rows.map(idOf)).size, rows.length)
  const drafts = (await body(sandbox, '/messages?drafts=true&limit=1000'))['messages']
  assert.equal(world.deliveries.list.length, 20 * 90 + 7)
  const visibleLater = world.deliveries.list.filter(({ visibleAt }) => visibleAt > NOW).length
  assert.equal(rows.length + (drafts as unknown[]).length + visibleLater, 20 * 90 + 7)
  world.now = at(NOW - 45 * DAY)
  const earlier = await readList(sandbox, 'messages', '')
  assert.ok(earlier.length > 0.45 * rows.length && earlier.length < 0.55 * rows.length)
  const newest = earlier.map((row) =>
    Math.max(...Object.values(row['metrics'] as Record<string, number>), 0),
  )
  assert.ok(newest.every((time) => time <= NOW - 45 * DAY))
})

test('half a year with a thousand deliveries a day is made in two seconds', () => {
  const started = performance.now()
  const world = createWorld({ deliveriesPerDay: 1000, days: 180, now: at(NOW) })
  assert.ok(performance.now() - started < 2000)
  assert.equal(world.deliveries.list.length, 180_007)
  const middle = rowsOf(createWorld({ deliveriesPerDay: 10, now: at(NOW) }), 'messages')[100]?.row
  const edited = editDelivery(world, idOf(middle ?? {}), { subject: 'Later' })
  assert.equal(edited['subject'], 'Later')
})
