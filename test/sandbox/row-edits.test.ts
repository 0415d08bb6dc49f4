import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import { editCampaign, editNewsletter, insertNewsletter } from '../../src/sandbox/edits.ts'
import { createWorld } from '../../src/sandbox/generate.ts'
import type { ListAt } from '../../src/sandbox/row-edits.ts'
import { addRow, deleteRow, editRow } from '../../src/sandbox/row-edits.ts'
import { childRows, rowKey, rowsOf } from '../../src/sandbox/rows.ts'
import { CHILDREN, isChild, type StreamId } from '../../src/sandbox/streams.ts'
import type { World } from '../../src/sandbox/world.ts'
import { findById } from '../../src/sandbox/world.ts'
import type { JsonObject } from '../../src/singer/json.ts'
import { closeAll, get, start } from './api/reading.ts'
import { pathOf, readList, STREAMS } from './api/served.ts'

const NOW_SECONDS = 1_800_000_000

afterEach(closeAll)

function worldAtNow(): World {
  return createWorld({ now: () => NOW_SECONDS * 1000 + 999 })
}

/** A parent of each child stream. It has rows that the examples store, and others have not. */
const PARENTS: Partial<Record<StreamId, string>> = {
  campaign_actions: '4',
  newsletter_contents: '3',
  broadcast_actions: '16',
  broadcast_triggers: '16',
  transactional_contents: '5',
  segment_usage: '21',
  segment_counts: '99',
}

function placeOf(stream: StreamId): ListAt {
  const parentId = PARENTS[stream]
  return parentId === undefined ? { stream } : { stream, parentId }
}

function isSingle(stream: StreamId): boolean {
  return isChild(stream) && CHILDREN[stream].isSingle === true
}

test('the next request sees a row that was added, edited or deleted', async () => {
  const sandbox = await start({ world: worldAtNow() })
  const { world } = sandbox
  for (const stream of STREAMS) {
    const place = placeOf(stream)
    const read = async () => readList(sandbox, stream, PARENTS[stream] ?? '')
    if (isSingle(stream)) {
      const edited = editRow(world, place, { count: 5 })
      assert.deepEqual(await read(), [edited], stream)
      continue
    }
    const before = await read()
    const { revision } = world
    const added = addRow(world, place)
    const at = { ...place, id: rowKey(stream, added) }
    assert.ok(world.revision > revision, stream)
    const withAdded = [...before, added].map((row) => rowKey(stream, row))
    assert.deepEqual(
      (await read()).map((row) => rowKey(stream, row)).toSorted(),
      withAdded.toSorted(),
      stream,
    )
    const edited = editRow(world, at, { note: 'geändert' })
    assert.equal(added['note'], undefined)
    assert.deepEqual(
      (await read()).find((row) => row['note'] === 'geändert'),
      edited,
      stream,
    )
    deleteRow(world, at)
    assert.deepEqual(await read(), before, stream)
    assert.throws(() => editRow(world, at, {}), { name: 'RangeError' }, stream)
  }
})

test('stamps the times that a row has, unless the edit sets them', () => {
  const world = worldAtNow()
  const segment = editRow(world, { stream: 'segments', id: 7 }, { name: 'x' })
  assert.deepEqual(
    [segment['updated_at'], segment['deduplicate_id'], segment['created_at']],
    [NOW_SECONDS, `15:${NOW_SECONDS}`, 1552341937],
  )
  const at = { stream: 'transactional_contents', parentId: 3, id: 312 } as const
  assert.deepEqual(
    [editRow(world, at, {})['updated'], editRow(world, at, { updated: 5 })['updated']],
    [NOW_SECONDS, 5],
  )
  const topic = findById(world.collections.subscription_topics, '5')
  const edited = editRow(world, { stream: 'subscription_topics', id: 5 }, { name: 'y' })
  assert.deepEqual(edited, { ...topic, name: 'y' })
  const sender = editRow(world, { stream: 'sender_identities', id: 38 }, { hidden: undefined })
  assert.deepEqual(['hidden' in sender, sender['deduplicate_id']], [false, `38:${NOW_SECONDS}`])
})

test('a parent lists its rows and keeps its own times', () => {
  const world = worldAtNow()
  const content = addRow(world, { stream: 'newsletter_contents', parentId: 3 }, { language: 'de' })
  const newsletter = findById(world.newsletters, '3')
  assert.deepEqual(newsletter?.['content_ids'], [70, content['id']])
  assert.equal(newsletter['updated'], 1700000000)
  assert.equal(content['newsletter_id'], 3)
  deleteRow(world, { stream: 'broadcast_actions', parentId: 2, id: 41 })
  assert.deepEqual(findById(world.collections.broadcasts, '2')?.['actions'], [
    { id: 40, type: 'email' },
    { id: 42, type: 'webhook' },
  ])
})

test('contents and usage follow from newsletters and campaigns', () => {
  const world = worldAtNow()
  const id = 300
  insertNewsletter(world, { id, content_ids: [900, 901], type: 'push' })
  const contents = childRows(world, 'newsletter_contents', String(id)) ?? []
  assert.deepEqual(
    contents.map((row) => [row['id'], row['newsletter_id'], row['type']]),
    [
      [900, id, 'push'],
      [901, id, 'push'],
    ],
  )
  editNewsletter(world, id, { recipient_segment_ids: [90], name: 'Again' })
  editCampaign(world, 4, { filter_segment_ids: [90] })
  assert.deepEqual(childRows(world, 'segment_usage', '90'), [
    { campaigns: [4, 5], sent_newsletters: [], draft_newsletters: [id] },
  ])
})

test('deletes the rows of a deleted parent', async () => {
  const sandbox = await start({ world: worldAtNow() })
  const { world } = sandbox
  for (const stream of [
    'newsletters',
    'broadcasts',
    'transactional_messages',
    'segments',
  ] as const) {
    const children = STREAMS.filter((one) => isChild(one) && CHILDREN[one].parent === stream)
    const fields: JsonObject = { id: 2 }
    deleteRow(world, { stream, id: stream === 'segments' ? 7 : 2 })
    for (const child of children) {
      const parentId = stream === 'segments' ? '7' : '2'
      assert.equal((await get(sandbox, pathOf(child, parentId))).status, 404, child)
      assert.ok(rowsOf(world, child).every((one) => one.parentId !== parentId))
    }
    if (stream !== 'broadcasts') continue
    addRow(world, { stream }, fields)
    for (const child of children) assert.deepEqual(await readList(sandbox, child, '2'), [])
  }
})

test('assigns no ID twice, and keeps the JSON type of IDs', () => {
  const world = worldAtNow()
  const types = { stream: 'object_types' } as const
  const first = addRow(world, types)
  deleteRow(world, { ...types, id: '3' })
  assert.deepEqual([first['id'], addRow(world, types)['id']], ['3', '4'])
  assert.equal(addRow(world, { stream: 'segments' }, { id: 500 })['id'], 500)
  assert.equal(addRow(world, { stream: 'segments' })['id'], 501)
  const triggers = { stream: 'broadcast_triggers', parentId: 3 } as const
  assert.deepEqual([addRow(world, triggers)['id'], addRow(world, triggers)['id']], [1, 2])
})

test('names the row or the parent that an edit did not find', () => {
  const world = worldAtNow()
  const cases: [() => unknown, string][] = [
    [() => editRow(world, { stream: 'segments', id: 1 }, {}), 'The workspace has no segment 1.'],
    [
      () => deleteRow(world, { stream: 'broadcast_actions', parentId: 2, id: 1 }),
      'The workspace has no broadcast action 1 of broadcast 2.',
    ],
    [
      () => addRow(world, { stream: 'transactional_contents', parentId: 1 }),
      'The workspace has no transactional message 1.',
    ],
    [
      () => addRow(world, { stream: 'segment_counts', parentId: 7 }),
      'The workspace makes each segment count itself.',
    ],
    [() => deleteRow(world, { stream: 'snippets', id: 'x' }), 'The workspace has no snippet x.'],
  ]
  for (const [edit, message] of cases) assert.throws(edit, { name: 'RangeError', message })
})
