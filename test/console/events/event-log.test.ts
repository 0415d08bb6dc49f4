import assert from 'node:assert/strict'
import { setImmediate as turn } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
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

/** Bytes in use after everything that nobody needs is freed. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  collect()
  return process.memoryUsage().heapUsed
}

/** Of a leak of 100 bytes for each event. */
const LEAK_BYTES = 100

test('events that a reader does not want leave no memory in use', async () => {
  const log = new EventLog()
  const controller = new AbortController()
  const events = log.follow({
    lastId: undefined,
    matches: ({ type }) => type === 'run_ended',
    signal: controller.signal,
  })
  await take(events, 1)
  const next = events.next()
  const append = async (count: number) => {
    for (let at = 0; at < count; at++) {
      log.append(changed('x'))
      await turn()
    }
    return heapBytes()
  }
  const before = await append(5000)
  const after = await append(20_000)
  assert.ok(after - before < 20_000 * LEAK_BYTES, `${after - before} bytes more`)
  controller.abort()
  assert.equal((await next).done, true)
})

test('heartbeats of an idle stream leave no memory in use', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const events = follow(new EventLog())
  await take(events, 1)
  const text = eventStream({
    events,
    isAllowed: async () => true,
    isLast: () => false,
    heartbeatMs: 1,
  })
  const beat = async (count: number) => {
    for (let at = 0; at < count; at++) {
      const piece = text.next()
      await turn()
      t.mock.timers.tick(1)
      await piece
    }
    return heapBytes()
  }
  const before = await beat(5000)
  const after = await beat(20_000)
  assert.ok(after - before < 20_000 * LEAK_BYTES, `${after - before} bytes more`)
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
