/** Simulates the tap's rolling window on networks in virtual time, repeatable by seed. */

import { seededRandom, type Random } from '../../../src/sandbox/random.ts'
import { RollingWindow } from '../../../src/tap/rate-limit/rolling-window.ts'

/** The assumed maximum jitter of a request and of its response. */
const JITTER_MS = 50
/** How long a request without a response stays in flight. */
const TIMEOUT_MS = 5000

/** What happens to request `index`, in milliseconds. */
type Delay = (random: Random, index: number) => number

export interface Network {
  /** Minimum round trip time. */
  latencyMs: number | ((index: number) => number)
  there: Delay
  /** Time that the server takes. It may depend on the request's jitter. */
  server: (random: Random, index: number, thereMs: number) => number
  back: Delay
  /** Time between slot and wire, when a connection opens or the process is busy. @default 0 */
  opening?: Delay
  /** True for a request that never gets a response. @default never */
  isLost?: (random: Random, index: number) => boolean
  /** Speed of the server's clock relative to ours. @default 1 */
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

/** Virtual time, which advances from event to event. */
class VirtualClock {
  now = 0
  readonly #events: Event[] = []

  at(time: number, run: () => void): void {
    this.#events.push({ at: time, run })
    this.#events.sort((a, b) => a.at - b.at)
  }

  /** Advances to the next event, but not past `until`. */
  advance(until: number): void {
    const next = this.#events[0]?.at ?? Number.POSITIVE_INFINITY
    this.now = Math.max(this.now, Math.min(next, until))
    if (!Number.isFinite(this.now)) throw new Error('no event is left to wait for')
    while ((this.#events[0]?.at ?? Number.POSITIVE_INFINITY) <= this.now)
      this.#events.shift()?.run()
  }

  advanceAll(): void {
    while (this.#events.length > 0) this.advance(Number.POSITIVE_INFINITY)
  }
}

/** Sends each request as soon as the window allows, as the tap does. */
export function simulate(
  network: Network,
  seed: number,
  { requests = 300, perSecond = 10 } = {},
): Simulation {
  const random = seededRandom(seed)
  const window = new RollingWindow(perSecond, 1000)
  const clock = new VirtualClock()
  const arrivals: number[] = []
  const minGapMs = 1000 / perSecond / 2
  let inFlight = 0
  let takenAt = Number.NEGATIVE_INFINITY
  const end = () => void inFlight--
  const send = (index: number, times: ReturnType<RollingWindow['take']>) => {
    const { latencyMs } = network
    const roundTripMs = typeof latencyMs === 'number' ? latencyMs : latencyMs(index)
    const thereMs = network.there(random, index)
    const arrivedAt = clock.now + roundTripMs / 2 + thereMs
    const respondedAt =
      arrivedAt +
      network.server(random, index, thereMs) +
      roundTripMs / 2 +
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
      const freeAt = Math.max(window.freeAt(), takenAt + minGapMs)
      if (!isFull && freeAt <= clock.now) break
      clock.advance(isFull ? Number.POSITIVE_INFINITY : freeAt)
    }
    takenAt = clock.now
    inFlight++
    const times = window.take()
    clock.at(clock.now + (network.opening?.(random, index) ?? 0), () => send(index, times))
    clock.advance(clock.now)
  }
  clock.advanceAll()
  return { arrivals: arrivals.toSorted((a, b) => a - b), wallMs: clock.now }
}

const none = () => 0
const upTo =
  (max: number, min = 0): Delay =>
  (random) =>
    min + random() * (max - min)
const either =
  (...values: readonly number[]): Delay =>
  (random) =>
    values[Math.floor(random() * values.length)] ?? 0

const uniform = { there: upTo(JITTER_MS), back: upTo(JITTER_MS) }
const extreme = { there: either(0, JITTER_MS), back: either(0, JITTER_MS) }
/** Ten late requests, then ten on time, and so on: the worst case for a window of ten. */
const alternating: Pick<Network, 'there' | 'back'> = {
  there: (_random, index) => (Math.floor(index / 10) % 2 === 0 ? JITTER_MS : 0),
  back: none,
}
/** Hides the jitter in the server's time: all round trips take equally long. */
const hiding: Network['server'] = (_random, _index, thereMs) => JITTER_MS - thereMs
/** Changes its behaviour every 40 requests. */
const changing: Network['server'] = (random, index) => {
  const delays = [none, upTo(400, 50), either(30, 300), either(0, 20, 100, 900), upTo(60)]
  return (delays[Math.floor(index / 40) % delays.length] ?? none)(random, index)
}

/** Networks within the assumed jitter. The tap keeps its rate limit on each. */
export const NETWORKS: Readonly<Record<string, Network>> = {
  'an immediate server': { latencyMs: 40, ...uniform, server: none },
  'a server that takes 50 to 400 ms': { latencyMs: 40, ...uniform, server: upTo(400, 50) },
  'a server that is rarely fast': {
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
  'ten late, ten on time': { latencyMs: 300, ...alternating, server: () => 100 },
  'a server that hides the jitter': { latencyMs: 100, ...alternating, server: hiding },
  'a server that hides the jitter at random': { latencyMs: 100, ...extreme, server: hiding },
  'a server that hides the jitter, far away': { latencyMs: 2500, ...extreme, server: hiding },
  'a server that changes its behaviour': { latencyMs: 20, ...extreme, server: changing },
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
  'a latency that increases': {
    latencyMs: (index) => (index < 100 ? 20 : 320),
    ...extreme,
    server: hiding,
  },
  'a latency that decreases by less than the jitter': {
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

/** A random network within the assumed jitter. */
export function drawNetwork(seed: number): Network {
  const random = seededRandom(seed)
  const draw = <T>(...values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
  const jitter = () => draw(upTo(JITTER_MS), either(0, JITTER_MS), upTo(JITTER_MS, 40), none)
  return {
    latencyMs: draw(0, 5, 20, 100, 300, 800, 2500),
    there: draw(jitter(), alternating.there),
    back: jitter(),
    server: draw<Network['server']>(none, hiding, changing, upTo(random() * 1000), either(20, 400)),
    opening: draw(none, none, upTo(20), either(0, 0, 0, 300)),
    isLost: draw(
      () => false,
      (each: Random) => each() < 0.05,
    ),
    clockRate: draw(1, 0.9995, 1.0005),
  }
}
