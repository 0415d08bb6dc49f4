import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../src/sandbox/random.ts'
import { arrivalsOver } from '../../src/sandbox/requests.ts'
import { RollingWindow } from '../../src/tap/rolling-window.ts'

/** A window of one that has seen so many answers, each after `tookMs`; the last request was sent at `now`. */
function windowAfter(answers: number, tookMs: number, now: number): RollingWindow {
  const window = new RollingWindow(1, 1000)
  for (let i = 0; i < answers; i++) {
    const times = window.take()
    window.markSent(times, now)
    window.markAnswered(times, now + tookMs)
  }
  return window
}

test('lets the first requests go at once', () => {
  assert.equal(new RollingWindow(10, 1000).freeAt(), Number.NEGATIVE_INFINITY)
})

test('has no free slot while the request in it is not even sent', () => {
  const window = new RollingWindow(1, 1000)
  window.take()
  assert.equal(window.freeAt(), Number.POSITIVE_INFINITY)
})

test('provides for 100 ms of jitter while it does not know the way', () => {
  const window = windowAfter(19, 500, 0)
  assert.equal(window.freeAt(), 1100)
  window.markSent(window.take(), 2000)
  assert.equal(window.freeAt(), 3100)
})

test('provides for as much as an answer was late, and some slack', () => {
  const window = windowAfter(20, 500, 0)
  assert.equal(window.freeAt(), 1030)
  const late = window.take()
  window.markSent(late, 2000)
  window.markAnswered(late, 2540)
  assert.equal(window.freeAt(), 3070)
  const veryLate = window.take()
  window.markSent(veryLate, 4000)
  window.markAnswered(veryLate, 4900)
  assert.equal(window.freeAt(), 5100)
})

test('never waits longer than a period after the answer, which had to arrive before', () => {
  assert.equal(windowAfter(1, 20, 0).freeAt(), 1021)
})

test('stretches the period when it is to be slower', () => {
  assert.equal(windowAfter(20, 500, 0).freeAt(1.1), 1130)
})

test('counts only the first time that a request was sent and answered', () => {
  const window = new RollingWindow(1, 1000)
  const times = window.take()
  window.markAnswered(times, 400)
  window.markSent(times, 900)
  window.markAnswered(times, 900)
  assert.deepEqual(times, { sentAt: 400, answeredAt: 400 })
})

interface Network {
  latencyMs: number
  /** Of the way to the server, of the server and of the way back, each. */
  jitterMs: readonly [there: number, server: number, back: number]
}

/** Arrivals of requests that are sent as soon as the window lets them. */
function arrivals(network: Network, seed: number): number[] {
  const random = seededRandom(seed)
  const window = new RollingWindow(10, 1000)
  const [there, server, back] = network.jitterMs
  const underWay: { times: ReturnType<RollingWindow['take']>; answerAt: number }[] = []
  const arrived: number[] = []
  for (let now = 0; arrived.length < 300; now++) {
    for (const { times, answerAt } of underWay)
      if (answerAt <= now) window.markAnswered(times, answerAt)
    if (window.freeAt() > now) continue
    const times = window.take()
    window.markSent(times, now)
    const at = now + there * random()
    arrived.push(at)
    underWay.push({ times, answerAt: at + network.latencyMs + server * random() + back * random() })
  }
  return arrived.toSorted((a, b) => a - b)
}

for (const latencyMs of [20, 100, 300, 800, 2500]) {
  for (const server of [0, 300]) {
    test(`holds at ${latencyMs} to ${latencyMs + server} ms of latency and 50 ms of jitter each way`, () => {
      for (let seed = 0; seed < 20; seed++) {
        const over = arrivalsOver(arrivals({ latencyMs, jitterMs: [50, server, 50] }, seed), 10)
        assert.equal(over, 0, `seed ${seed}`)
      }
    })
  }
}
