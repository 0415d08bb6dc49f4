import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { changeBody } from '../../../src/sandbox/api/answers.ts'
import type { RequestRecord } from '../../../src/sandbox/api/requests.ts'
import { startSandbox, type Sandbox } from '../../../src/sandbox/api/server.ts'
import { deleteDelivery, deliver } from '../../../src/sandbox/deliveries/edits.ts'
import { deliveryRows } from '../../../src/sandbox/deliveries/row.ts'
import { idText } from '../../../src/sandbox/world.ts'
import { createWorld } from '../../../src/sandbox/generate.ts'
import { runStreams, Tables, type StreamRun } from '../../support/stream-runs.ts'

const NOW = 1_790_000_000
const SETTINGS = { start_date: new Date((NOW - 7200) * 1000).toISOString() }

/** Twenty deliveries in an hour, on pages of four. */
async function open(t: TestContext): Promise<Sandbox> {
  const sandbox = await startSandbox({
    rate: { perSecond: Number.POSITIVE_INFINITY },
    world: createWorld({ examples: false, now: () => NOW * 1000 }),
    paging: { messageMaxLimit: 4 },
  })
  t.after(async () => sandbox.close())
  for (let at = 1; at <= 20; at++) deliver(sandbox.world, { created: NOW - 3600 - at * 60 })
  return sandbox
}

/** Matches the page at this position. */
function startsAt(position: string): (request: RequestRecord) => boolean {
  return ({ query }) => Buffer.from(query.get('start') ?? '', 'base64').toString() === position
}

/** Deletes the newest deliveries, which are first in the list, before a page is read. */
function deleteAt(sandbox: Sandbox, position: string, rule: { after: number }): void {
  sandbox.hooks.add({
    ...rule,
    match: startsAt(position),
    times: 1,
    act: () => {
      for (const { id } of deliveryRows(sandbox.world).slice(-6))
        deleteDelivery(sandbox.world, idText(id))
    },
  })
}

function assertAllRead({ messages, error }: StreamRun, sandbox: Sandbox): void {
  assert.equal(error, undefined)
  const tables = new Tables()
  tables.load(messages)
  const found = tables.rows('messages')
  const missing = deliveryRows(sandbox.world).filter(({ id }) => !found.has(idText(id)))
  assert.deepEqual(missing, [])
}

test('a window whose pages start over is read again, with the rows that had moved', async (t) => {
  const sandbox = await open(t)
  deleteAt(sandbox, 'v20:16', { after: 0 })
  const run = await runStreams(sandbox, ['messages'], { settings: SETTINGS })
  assertAllRead(run, sandbox)
  const windows = sandbox.requests.slice(1).filter(({ query }) => !query.get('start'))
  assert.equal(windows.length, 2)
})

test('a first page that comes back with another cursor starts over, too', async (t) => {
  const sandbox = await open(t)
  const first = deliveryRows(sandbox.world).toReversed().slice(0, 4)
  sandbox.faults.add({
    match: startsAt('v20:16'),
    times: 1,
    respond: changeBody((body) => ({ ...body, messages: first, next: '' })),
  })
  const run = await runStreams(sandbox, ['messages'], { settings: SETTINGS })
  assertAllRead(run, sandbox)
})

test('a window whose pages start over twice is read in parts', async (t) => {
  const sandbox = await open(t)
  deleteAt(sandbox, 'v20:16', { after: 0 })
  deleteAt(sandbox, 'v20:12', { after: 1 })
  const run = await runStreams(sandbox, ['messages'], { settings: SETTINGS })
  assertAllRead(run, sandbox)
  const windows = sandbox.requests.slice(1).filter(({ query }) => !query.get('start'))
  assert.ok(windows.length > 2)
})

test('pages that always start over end with an error, and the bookmark stays', async (t) => {
  const sandbox = await open(t)
  sandbox.faults.add({
    respond: changeBody((body) => ({ ...body, next: Buffer.from('v20:99').toString('base64') })),
  })
  const { error, state } = await runStreams(sandbox, ['messages'], { settings: SETTINGS })
  assert.equal(error?.code, 'CURSOR_LOOP')
  assert.ok(!JSON.stringify(state).includes('"ages"'))
  assert.ok(sandbox.requests.length < 500, String(sandbox.requests.length))
})

/** Twenty deliveries that are three days old, so that the first sync is the last one for long. */
async function openLate(t: TestContext): Promise<Sandbox> {
  const sandbox = await open(t)
  const now = (NOW + 3 * 86_400) * 1000
  sandbox.world.now = () => now
  return sandbox
}

test('a first sync of old deliveries reads one that slipped between two pages', async (t) => {
  const sandbox = await openLate(t)
  sandbox.hooks.add({
    match: startsAt('v20:8'),
    times: 1,
    act: () => {
      const newest = deliveryRows(sandbox.world).at(-1)
      deleteDelivery(sandbox.world, idText(newest?.['id']))
    },
  })
  assertAllRead(await runStreams(sandbox, ['messages'], { settings: SETTINGS }), sandbox)
})

test('a bookmark without ages and start reads all deliveries again that are kept', async (t) => {
  const sandbox = await openLate(t)
  const state = {
    bookmarks: {
      messages: {
        replication_key: 'created',
        replication_key_value: new Date((NOW + 2 * 86_400) * 1000).toISOString(),
      },
    },
  }
  assertAllRead(await runStreams(sandbox, ['messages'], { state }), sandbox)
})
