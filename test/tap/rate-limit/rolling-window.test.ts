import assert from 'node:assert/strict'
import { test } from 'node:test'
import { arrivalsOver } from '../../../src/sandbox/api/requests.ts'
import { RollingWindow } from '../../../src/tap/rate-limit/rolling-window.ts'
import { drawNetwork, NETWORKS, simulate } from '../../support/network/virtual-network.ts'

/**
 * A window of one request that has had `answers` responses, each after `tookMs`. The last request
 * was sent at `now`.
 */
function windowAfter(answers: number, tookMs: number, now: number): RollingWindow {
  const window = new RollingWindow(1, 1000)
  for (let i = 0; i < answers; i++) {
    const times = window.take()
    window.markSent(times, now)
    window.markResponded(times, now + tookMs)
  }
  return window
}

test('starts the first requests at once', () => {
  assert.equal(new RollingWindow(10, 1000).freeAt(), Number.NEGATIVE_INFINITY)
})

test('has no free slot while its request is not sent yet', () => {
  const window = new RollingWindow(1, 1000)
  window.take()
  assert.equal(window.freeAt(), Number.POSITIVE_INFINITY)
})

test('allows for 100 ms of jitter while the latency is unknown', () => {
  const window = windowAfter(19, 500, 0)
  assert.equal(window.freeAt(), 1100)
  window.markSent(window.take(), 2000)
  assert.equal(window.freeAt(), 3100)
})

test('allows for the assumed jitter, and for more after a late response', () => {
  const window = windowAfter(20, 500, 0)
  assert.equal(window.freeAt(), 1055)
  const inTime = window.take()
  window.markSent(inTime, 2000)
  window.markResponded(inTime, 2540)
  assert.equal(window.freeAt(), 3055)
  const late = window.take()
  window.markSent(late, 4000)
  window.markResponded(late, 4570)
  assert.equal(window.freeAt(), 5080)
  const veryLate = window.take()
  window.markSent(veryLate, 6000)
  window.markResponded(veryLate, 6900)
  assert.equal(window.freeAt(), 7100)
})

test('never waits longer than a period after the response', () => {
  assert.equal(windowAfter(1, 20, 0).freeAt(), 1021)
})

test('stretches the period when slowed down', () => {
  assert.equal(windowAfter(20, 500, 0).freeAt(1.1), 1155)
})

test('counts only the first time that a request was sent and got a response', () => {
  const window = new RollingWindow(1, 1000)
  const times = window.take()
  window.markResponded(times, 400)
  window.markSent(times, 900)
  window.markResponded(times, 900)
  assert.deepEqual(times, { sentAt: 400, respondedAt: 400 })
})

const SEEDS = 100
const DRAWN = 500

for (const [name, network] of Object.entries(NETWORKS)) {
  test(`keeps the limit with up to 50 ms of jitter each way: ${name}`, () => {
    for (let seed = 0; seed < SEEDS; seed++) {
      const over = arrivalsOver(simulate(network, seed).arrivals, 10)
      assert.equal(over, 0, `seed ${seed}`)
    }
  })
}

test('keeps the limit on random networks', () => {
  for (let seed = 0; seed < DRAWN; seed++) {
    const { arrivals } = simulate(drawNetwork(seed), seed)
    assert.equal(arrivalsOver(arrivals, 10), 0, `network ${seed}`)
  }
})

for (const perSecond of [1, 3, 100, 1000]) {
  test(`keeps a limit of ${perSecond} per second`, () => {
    for (const [name, network] of Object.entries(NETWORKS)) {
      const { arrivals } = simulate(network, perSecond, { perSecond, requests: perSecond * 4 })
      assert.equal(arrivalsOver(arrivals, perSecond), 0, name)
    }
  })
}

/** Wall time over the ideal for 200 requests, without the start of a process. */
function paceOf(latencyMs: number, jitterMs: number): number {
  const late = (random: () => number) => random() * jitterMs
  const network = { latencyMs, there: late, server: () => 0, back: () => 0 }
  return simulate(network, latencyMs, { requests: 200 }).wallMs / 20_000
}

for (const latencyMs of [20, 100, 300, 800]) {
  test(`stays within 1.08 times the ideal wall time at ${latencyMs} ms of latency`, () => {
    for (const jitterMs of [0, 50]) {
      const pace = paceOf(latencyMs, jitterMs)
      assert.ok(pace <= 1.08, `${pace} with ${jitterMs} ms of jitter`)
    }
  })
}
