import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  EventLog,
  type ConsoleEvent,
  type NumberedEvent,
} from '../../../src/console/events/event-log.ts'
import { eventStream, eventText } from '../../../src/console/events/event-stream.ts'

function changed(connection: string): ConsoleEvent {
  return { type: 'connection_changed', connection }
}

function follow(log: EventLog, lastId?: string, signal = new AbortController().signal) {
  return log.follow({ lastId, matches: () => true, signal })
}

async function take(
  events: AsyncGenerator<NumberedEvent>,
  count: number,
): Promise<NumberedEvent[]> {
  const taken: NumberedEvent[] = []
  while (taken.length < count) {
    const next = await events.next()
    if (next.done === true) break
    taken.push(next.value)
  }
  return taken
}

function namesOf(events: readonly NumberedEvent[]): string[] {
  return events.map(({ event }) => ('connection' in event ? event.connection : event.type))
}

test('a new reader gets a reset, then every event', async () => {
  const log = new EventLog()
  log.append(changed('before'))
  const events = follow(log)
  log.append(changed('a'))
  log.append(changed('b'))
  assert.deepEqual(namesOf(await take(events, 3)), ['reset', 'a', 'b'])
})

test('a reader that comes back gets what it missed, and no reset', async () => {
  const log = new EventLog()
  const first = follow(log)
  log.append(changed('a'))
  const seen = await take(first, 2)
  log.append(changed('b'))
  log.append(changed('c'))
  assert.deepEqual(namesOf(await take(follow(log, seen.at(-1)?.id), 2)), ['b', 'c'])
})

test('an id of an earlier process, or of an event that is gone, leads to a reset', async () => {
  const log = new EventLog()
  const [start] = await take(follow(log), 1)
  assert.deepEqual(namesOf(await take(follow(new EventLog(), start?.id), 1)), ['reset'])
  for (const id of ['', 'x', `${start?.id}0`])
    assert.deepEqual(namesOf(await take(follow(log, id), 1)), ['reset'])
  for (let count = 0; count < 1001; count++) log.append(changed('x'))
  assert.deepEqual(namesOf(await take(follow(log, start?.id), 1)), ['reset'])
})

test('a reader that falls behind gets a reset, and then what is new', async () => {
  const log = new EventLog()
  const events = follow(log)
  await take(events, 1)
  for (let count = 0; count < 1500; count++) log.append(changed('x'))
  assert.deepEqual(namesOf(await take(events, 1)), ['reset'])
  log.append(changed('new'))
  assert.deepEqual(namesOf(await take(events, 1)), ['new'])
})

test('a reader ends when it is aborted while it waits', async () => {
  const controller = new AbortController()
  const events = follow(new EventLog(), undefined, controller.signal)
  await take(events, 1)
  const next = events.next()
  controller.abort()
  assert.equal((await next).done, true)
})

test('only events that match count as missed', async () => {
  const log = new EventLog()
  const [start] = await take(follow(log), 1)
  log.append(changed('a'))
  assert.equal(
    log.hasMissed(start?.id, ({ type }) => type === 'connection_changed'),
    true,
  )
  assert.equal(
    log.hasMissed(start?.id, ({ type }) => type === 'run_ended'),
    false,
  )
  assert.equal(
    log.hasMissed('unknown', () => true),
    false,
  )
})

test('the stream has heartbeats, and ends with the session', async () => {
  const log = new EventLog()
  let isAllowed = true
  const text = eventStream({
    events: follow(log),
    isAllowed: async () => isAllowed,
    isLast: () => false,
    heartbeatMs: 5,
  })
  const pieces: string[] = []
  for await (const piece of text) {
    pieces.push(piece)
    if (pieces.length === 3) isAllowed = false
  }
  assert.match(pieces.join(''), /^retry: 2000\n\nid: \w+-0\nevent: reset\ndata: \{.*\}\n\n: \n\n$/)
})

test('an event is one line of data', () => {
  const event: ConsoleEvent = { type: 'connection_changed', connection: 'a\nb' }
  assert.equal(
    eventText({ id: 'x-1', event }),
    'id: x-1\nevent: connection_changed\ndata: {"type":"connection_changed","connection":"a\\nb"}\n\n',
  )
})
