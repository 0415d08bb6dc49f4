import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Ajv } from 'ajv'
import { errorStatus } from '../../../src/sandbox/api/answers.ts'
import { startSandbox, type Sandbox } from '../../../src/sandbox/api/server.ts'
import { deliver } from '../../../src/sandbox/deliveries/edits.ts'
import { deliveryRows } from '../../../src/sandbox/deliveries/row.ts'
import { idText } from '../../../src/sandbox/world.ts'
import { createWorld, type WorldOptions } from '../../../src/sandbox/generate.ts'
import { isJsonObject, type JsonObject } from '../../../src/singer/json.ts'
import type { Message } from '../../../src/singer/messages.ts'
import { requestsOf } from '../../../src/streams/cost.ts'
import { definitionOf } from '../../../src/streams/index.ts'
import { playHistory } from '../../support/delivery-history.ts'
import { runStreams, Tables } from '../../support/stream-runs.ts'

const NOW = 1_790_000_000
const DAY = 86_400
const STREAM = ['messages']
const definition = definitionOf('messages')

async function open(
  t: TestContext,
  options: WorldOptions & { pageRows?: number } = {},
): Promise<Sandbox> {
  const { pageRows = 1000, ...world } = options
  const sandbox = await startSandbox({
    rate: { perSecond: Number.POSITIVE_INFINITY },
    world: createWorld({ examples: false, now: () => NOW * 1000, ...world }),
    paging: { messageMaxLimit: pageRows },
  })
  t.after(async () => sandbox.close())
  return sandbox
}

function keysOf(messages: readonly Message[]): string[] {
  const tables = new Tables()
  tables.load(messages)
  return [...tables.rows('messages').keys()].toSorted()
}

/** Rows that are old enough for a first read. */
function dueKeys({ world }: Sandbox): string[] {
  const due = deliveryRows(world).filter(({ created }) => Number(created) <= NOW - 300)
  return due.map(({ id }) => idText(id)).toSorted()
}

function recordsIn(messages: readonly Message[]): JsonObject[] {
  return messages.flatMap((message) => (message.type === 'RECORD' ? [message.record] : []))
}

/** The distinct windows of all requests, in order. */
function windowsOf({ requests }: Sandbox): { from: number; to: number }[] {
  const texts = requests.map(({ query }) => `${query.get('start_ts')} ${query.get('end_ts')}`)
  return [...new Set(texts)]
    .map((text) => text.split(' ').map(Number))
    .map(([from = 0, to = 0]) => ({ from, to }))
    .toSorted((a, b) => a.from - b.from)
}

for (let seed = 1; seed <= 4; seed++) {
  test(`no delivery and no late event is lost with pauses and kills, history ${seed}`, async () => {
    const { checks } = await playHistory(seed)
    assert.ok(checks > 0)
  })
}

test('a read from an early start finds every row, each valid and with every field', async (t) => {
  const sandbox = await open(t, { examples: true, deliveriesPerDay: 3 })
  const settings = { start_date: '2016-01-01' }
  const { messages, error, log } = await runStreams(sandbox, STREAM, { settings })
  assert.equal(error, undefined)
  assert.deepEqual(keysOf(messages), dueKeys(sandbox))
  assert.equal(log.split('lists deliveries for 6 months').length, 2, log)
  const validate = new Ajv({ strict: false, formats: { 'date-time': true } }).compile(
    definition.schema,
  )
  for (const record of recordsIn(messages)) {
    assert.ok(validate(record), JSON.stringify([validate.errors, record]))
    assert.equal(record['additional_fields'], null)
    const { metrics } = record
    assert.ok(isJsonObject(metrics))
    const opened = metrics['opened']
    const expected = opened === undefined ? null : new Date(Number(opened) * 1000).toISOString()
    assert.equal(record['opened_at'], expected?.replace('.000Z', 'Z') ?? null)
  }
})

test('windows have no hole, no overlap and at most 30 days, and end 5 minutes ago', async (t) => {
  const sandbox = await open(t, { deliveriesPerDay: 40, days: 183 })
  const { state } = await runStreams(sandbox, STREAM)
  const [, ...windows] = windowsOf({ ...sandbox, requests: sandbox.requests.slice(1) })
  const all = windowsOf({ ...sandbox, requests: sandbox.requests.slice(1) })
  assert.ok(all.every(({ from, to }) => to - from < 30 * DAY))
  assert.deepEqual(
    windows.map(({ from }) => from - 1),
    all.slice(0, -1).map(({ to }) => to),
  )
  const last = all.at(-1)?.to ?? 0
  assert.ok(last <= NOW - 300 && last >= NOW - 302, String(NOW - last))
  const { messages: bookmark } = state['bookmarks'] as { messages: JsonObject }
  const ages = bookmark['ages'] as JsonObject
  assert.equal(bookmark['replication_key'], 'created')
  assert.equal(bookmark['replication_key_value'], ages['5m'])
  assert.equal(Object.keys(ages).length, 12)
})

test('a first read takes at most the printed requests', async (t) => {
  const sandbox = await open(t, { deliveriesPerDay: 100, days: 183 })
  const { error } = await runStreams(sandbox, STREAM)
  assert.equal(error, undefined)
  const sizes = new Map([['messages', deliveryRows(sandbox.world).length]])
  const printed = requestsOf(definition, sizes)
  assert.ok(sandbox.requests.length <= printed, `${sandbox.requests.length} > ${printed}`)
})

test('a row at each second of a day is read once, whatever the windows are', async (t) => {
  const sandbox = await open(t, { pageRows: 100 })
  for (let second = 0; second < 3000; second++)
    deliver(sandbox.world, { created: NOW - 4000 + second })
  const settings = { start_date: new Date((NOW - 4000) * 1000).toISOString() }
  const { messages } = await runStreams(sandbox, STREAM, { settings })
  const ids = recordsIn(messages).map(({ id }) => idText(id))
  assert.deepEqual([...new Set(ids)].toSorted(), dueKeys(sandbox))
  assert.ok(ids.length <= 3000 + 100, `${ids.length} records`)
})

test('a run right after another writes nothing', async (t) => {
  const sandbox = await open(t, { deliveriesPerDay: 20 })
  const { state } = await runStreams(sandbox, STREAM)
  const second = await runStreams(sandbox, STREAM, { state })
  assert.deepEqual(recordsIn(second.messages), [])
  assert.equal(second.error, undefined)
})

test('rows are written again only when they can have changed', async (t) => {
  const sandbox = await open(t)
  for (let at = 0; at < 50; at++) deliver(sandbox.world, { created: NOW - 600 - at })
  let { state } = await runStreams(sandbox, STREAM)
  const written: number[] = []
  for (let day = 1; day <= 181; day++) {
    sandbox.world.now = () => (NOW + day * DAY) * 1000
    const run = await runStreams(sandbox, STREAM, { state })
    state = run.state
    if (recordsIn(run.messages).length > 0) written.push(day)
  }
  assert.deepEqual(written, [1, 180])
})

test('a run that is killed after any STATE continues, and loses nothing', async (t) => {
  const sandbox = await open(t, { deliveriesPerDay: 5, days: 183 })
  const { messages } = await runStreams(sandbox, STREAM, { stateIntervalMs: 0 })
  const expected = dueKeys(sandbox)
  const kills = messages.flatMap(({ type }, at) => (type === 'STATE' ? [at, at + 1] : []))
  assert.ok(kills.length > 10)
  for (const kill of kills) {
    const seen = messages.slice(0, kill)
    const last = seen.findLast((message) => message.type === 'STATE')
    const state = last?.type === 'STATE' ? last.value : {}
    const { messages: others } = await runStreams(sandbox, STREAM, { state })
    assert.deepEqual(keysOf([...seen, ...others]), expected, `killed after ${kill}`)
  }
})

test('an error at any request is retried, and no log line names a person', async (t) => {
  const sandbox = await open(t, { deliveriesPerDay: 5, days: 183 })
  await runStreams(sandbox, STREAM)
  const requests = sandbox.requests.length
  for (let at = 0; at < requests; at++) {
    sandbox.faults.clear()
    sandbox.faults.add({ after: at, times: 1, respond: errorStatus(500) })
    const { messages, error, log } = await runStreams(sandbox, STREAM)
    assert.equal(error, undefined)
    assert.deepEqual(keysOf(messages), dueKeys(sandbox), `request ${at}`)
    assert.ok(log.includes('request_retried') || log.includes('500'), log)
    assert.doesNotMatch(log, /@|\+\d{5}/)
  }
})

test('a full refresh is refused, because it would retire what Customer.io keeps no longer', async (t) => {
  const sandbox = await open(t)
  await assert.rejects(
    runStreams(sandbox, STREAM, { method: 'FULL_TABLE' }),
    /The replication method of messages must be INCREMENTAL/,
  )
})

test('a start in the future reads nothing and saves no bookmark', async (t) => {
  const sandbox = await open(t, { deliveriesPerDay: 5 })
  const settings = { start_date: '2100-01-01' }
  const { messages, state, log } = await runStreams(sandbox, STREAM, { settings })
  assert.deepEqual(recordsIn(messages), [])
  assert.deepEqual(state, {})
  assert.match(log, /is in the future/)
})
