/** The rolling window of the tap against networks in virtual time: many runs within milliseconds, each repeatable by its seed. */

import { seededRandom, type Random } from '../../src/sandbox/random.ts'
import { RollingWindow } from '../../src/tap/api/rolling-window.ts'

/** The promise: so much later may a request arrive, and so may its response. */
const JITTER_MS = 50
/** A request that never gets a response holds its place for so long. */
const TIMEOUT_MS = 5000

/** What happens to request `index`, in milliseconds. */
type Delay = (random: Random, index: number) => number

export interface Network {
  /** The shortest way there and back. */
  latencyMs: number | ((index: number) => number)
  there: Delay
  /** How long the server takes. It may depend on how late the request arrived. */
  server: (random: Random, index: number, thereMs: number) => number
  back: Delay
  /** Between the slot and the wire: a connection opens, or the process is busy. @default 0 */
  opening?: Delay
  /** True for a request that never gets a response. @default never */
  isLost?: (random: Random, index: number) => boolean
  /** How fast the server's clock runs, seen from ours. @default 1 */
  clockRate?: number
}

export interface Simulation {
  /** By the server's clock, ascending. */
  arrivals: number[]
  /** When the last response came. */
  wallMs: number
}

interface Event {
  at: number
  run: () => void
}

/** Virtual time: it passes from event to event. */
class VirtualClock {
  now = 0
  readonly #events: Event[] = []

  at(time: number, run: () => void): void {
    this.#events.push({ at: time, run })
    this.#events.sort((a, b) => a.at - b.at)
  }

  /** Passes to the next event, but no further than `until`. */
  pass(until: number): void {
    const next = this.#events[0]?.at ?? Number.POSITIVE_INFINITY
    this.now = Math.max(this.now, Math.min(next, until))
    if (!Number.isFinite(this.now)) throw new Error('nothing will ever happen')
    while ((this.#events[0]?.at ?? Number.POSITIVE_INFINITY) <= this.now)
      this.#events.shift()?.run()
  }

  passAll(): void {
    while (this.#events.length > 0) this.pass(Number.POSITIVE_INFINITY)
  }
}

/** Sends requests as the tap does, each as soon as it may be sent. */
export function simulate(
  network: Network,
  seed: number,
  { requests = 300, perSecond = 10 } = {},
): Simulation {
  const random = seededRandom(seed)
  const window = new RollingWindow(perSecond, 1000)
  const clock = new VirtualClock()
  const arrivals: number[] = []
  const leastGapMs = 1000 / perSecond / 2
  let inFlight = 0
  let takenAt = Number.NEGATIVE_INFINITY
  const end = () => void inFlight--
  const send = (index: number, times: ReturnType<RollingWindow['take']>) => {
    const { latencyMs } = network
    const shortestMs = typeof latencyMs === 'number' ? latencyMs : latencyMs(index)
    const thereMs = network.there(random, index)
    const arrivedAt = clock.now + shortestMs / 2 + thereMs
    const respondedAt =
      arrivedAt +
      network.server(random, index, thereMs) +
      shortestMs / 2 +
      network.back(random, index)
    window.markSent(times, clock.now)
    arrivals.push(arrivedAt * (network.clockRate ?? 1))
    if (network.isLost?.(random, index)) clock.at(clock.now + TIMEOUT_MS, end)
    else
      clock.at(respondedAt, () => {
        window.markResponded(times, clock.now)
        end()
      })
  }
  for (let index = 0; index < requests; index++) {
    for (;;) {
      const isFull = inFlight >= perSecond * 2
      const freeAt = Math.max(window.freeAt(), takenAt + leastGapMs)
      if (!isFull && freeAt <= clock.now) break
      clock.pass(isFull ? Number.POSITIVE_INFINITY : freeAt)
    }
    takenAt = clock.now
    inFlight++
    const times = window.take()
    clock.at(clock.now + (network.opening?.(random, index) ?? 0), () => send(index, times))
    clock.pass(clock.now)
  }
  clock.passAll()
  return { arrivals: arrivals.toSorted((a, b) => a - b), wallMs: clock.now }
}

const none = () => 0
const upTo =
  (most: number, least = 0): Delay =>
  (random) =>
    least + random() * (most - least)
const either =
  (...values: readonly number[]): Delay =>
  (random) =>
    values[Math.floor(random() * values.length)] ?? 0

const uniform = { there: upTo(JITTER_MS), back: upTo(JITTER_MS) }
const extreme = { there: either(0, JITTER_MS), back: either(0, JITTER_MS) }
/** Ten requests late, ten in time, and so on: what is worst for a window of ten. */
const alternating: Pick<Network, 'there' | 'back'> = {
  there: (_random, index) => (Math.floor(index / 10) % 2 === 0 ? JITTER_MS : 0),
  back: none,
}
/** Hides in the time of the server how late the request came: each round trip takes as long as the others. */
const hiding: Network['server'] = (_random, _index, thereMs) => JITTER_MS - thereMs
/** Changes its ways every 40 requests. */
const moody: Network['server'] = (random, index) => {
  const ways = [none, upTo(400, 50), either(30, 300), either(0, 20, 100, 900), upTo(60)]
  return (ways[Math.floor(index / 40) % ways.length] ?? none)(random, index)
}

/** Networks within the promise, friendly and hostile ones. The tap keeps its ceiling on each. */
export const NETWORKS: Readonly<Record<string, Network>> = {
  'an immediate server': { latencyMs: 40, ...uniform, server: none },
  'a server that takes 50 to 400 ms': { latencyMs: 40, ...uniform, server: upTo(400, 50) },
  'a server that is rarely quick': {
    latencyMs: 40,
    ...uniform,
    server: (random) => (random() < 0.02 ? 30 : 300),
  },
  'all or nothing of the jitter': { latencyMs: 40, ...extreme, server: () => 100 },
  'all or nothing, near the server': { latencyMs: 10, ...extreme, server: upTo(200, 20) },
  'half of the jitter': {
    latencyMs: 10,
    there: upTo(25),
    back: upTo(25),
    server: upTo(200, 20),
  },
  'a server that is slow at first': {
    latencyMs: 10,
    ...uniform,
    server: (_random, index) => (index < 30 ? 200 : 20),
  },
  'a server that is slow later': {
    latencyMs: 10,
    ...uniform,
    server: (_random, index) => (index < 30 ? 20 : 200),
  },
  'ten late, ten in time': { latencyMs: 300, ...alternating, server: () => 100 },
  'a server that hides the jitter': { latencyMs: 100, ...alternating, server: hiding },
  'a server that hides the jitter at random': { latencyMs: 100, ...extreme, server: hiding },
  'a server that hides the jitter, far away': { latencyMs: 2500, ...extreme, server: hiding },
  'a moody server': { latencyMs: 20, ...extreme, server: moody },
  'no latency at all': { latencyMs: 0, ...extreme, server: none },
  'responses that are late and out of order': {
    latencyMs: 100,
    ...extreme,
    server: either(0, 0, 0, 1200, 3000),
  },
  'requests without a response': {
    latencyMs: 100,
    ...extreme,
    server: hiding,
    isLost: (random) => random() < 0.1,
  },
  'connections that open slowly': {
    latencyMs: 100,
    ...extreme,
    server: hiding,
    opening: (random, index) => (index % 10 === 0 ? random() * 700 : 0),
  },
  'a process that is busy between slot and wire': {
    latencyMs: 20,
    ...extreme,
    server: upTo(200),
    opening: upTo(30),
  },
  'a way that becomes longer': {
    latencyMs: (index) => (index < 100 ? 20 : 320),
    ...extreme,
    server: hiding,
  },
  'a way that becomes shorter by a part of the jitter': {
    latencyMs: (index) => (Math.floor(index / 10) % 2 === 0 ? 360 : 300),
    there: either(0, 20),
    back: either(0, JITTER_MS),
    server: hiding,
  },
  'a server whose clock runs slow': {
    latencyMs: 100,
    ...alternating,
    server: hiding,
    clockRate: 0.9995,
  },
  'a server whose clock runs slow, nearby': {
    latencyMs: 0,
    ...extreme,
    server: upTo(30),
    clockRate: 0.9995,
  },
}

/** A network within the promise, drawn at random. */
export function drawNetwork(seed: number): Network {
  const random = seededRandom(seed)
  const draw = <T>(...values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  const way = () => draw(upTo(JITTER_MS), either(0, JITTER_MS), upTo(JITTER_MS, 40), none)
  return {
    latencyMs: draw(0, 5, 20, 100, 300, 800, 2500),
    there: draw(way(), alternating.there),
    back: way(),
    server: draw<Network['server']>(none, hiding, moody, upTo(random() * 1000), either(20, 400)),
    opening: draw(none, none, upTo(20), either(0, 0, 0, 300)),
    isLost: draw(
      () => false,
      (each: Random) => each() < 0.05,
    ),
    clockRate: draw(1, 0.9995, 1.0005),
  }
}
