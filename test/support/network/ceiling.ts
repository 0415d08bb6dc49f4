/**
 * A sandbox behind a network with jitter, and the number of requests that exceed the rate limit
 * there.
 */

import { startSandbox, type Sandbox, type SandboxOptions } from '../../../src/sandbox/api/server.ts'
import { seededRandom } from '../../../src/sandbox/random.ts'
import { delayed, passing, startProxy, type Treatment } from './tcp-proxy.ts'

const TICK_MS = 5
/** A longer delay between two ticks means that this process was blocked. */
const STALL_MS = 10
/** This process may be blocked so long before a request without making its arrival time unclear. */
const UNCLEAR_MS = 20
/** Jitter and event loop ticks can separate a stall from the arrival that it delayed. */
const REACH_MS = 80

interface Stall {
  from: number
  to: number
}

/**
 * Detects when this process, which is network and server, was blocked: arrival times are unknown
 * then.
 */
function watchStalls(): { stalls: readonly Stall[]; stop: () => void } {
  const stalls: Stall[] = []
  let last = performance.now()
  const ticking = setInterval(() => {
    const now = performance.now()
    if (now - last > TICK_MS + STALL_MS) stalls.push({ from: last, to: now })
    last = now
  }, TICK_MS)
  return { stalls, stop: () => clearInterval(ticking) }
}

/** Milliseconds that this process was blocked shortly before an instant. */
function blockedMsBefore(at: number, stalls: readonly Stall[]): number {
  const near = stalls.filter(({ from, to }) => to > at - REACH_MS && from < at)
  return near.reduce((sum, { from, to }) => sum + to - from, 0)
}

export interface Count {
  requests: number
  /** Requests that exceeded the limit in a rolling second. */
  over: number
  /** The same while this process was blocked, which proves nothing about the tap. */
  unclear: number
}

export function countOver(
  arrivals: readonly number[],
  perSecond: number,
  stalls: readonly Stall[],
): Count {
  const breaches = arrivals.flatMap((at, index) => {
    const first = arrivals[index - perSecond]
    return first !== undefined && at - first < 1000 ? [first] : []
  })
  const unclear = breaches.filter((first) => blockedMsBefore(first, stalls) > UNCLEAR_MS).length
  return { requests: arrivals.length, over: breaches.length - unclear, unclear }
}

export interface StageOptions extends SandboxOptions {
  /** Maximum delay of each request. @default 0 */
  jitterMs?: number
  /** Delay of the first bytes of each connection. @default 0 */
  openingMs?: number
  /** @default 1 */
  seed?: number
}

export interface Stage {
  /** Base URL through the network with jitter. */
  url: string
  sandbox: Sandbox
  count: () => Count
  close: () => Promise<void>
}

function treatmentOf(
  random: () => number,
  { jitterMs = 0, openingMs = 0 }: StageOptions,
): Treatment {
  if (jitterMs === 0 && openingMs === 0) return passing
  let openMs = openingMs
  return delayed(() => {
    const waitMs = random() * jitterMs + openMs
    openMs = 0
    return waitMs
  })
}

/** Unless `rate` is set, the sandbox has no rate limit, because one breach would hide the next. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const rate = { perSecond: Number.POSITIVE_INFINITY }
  const sandbox = await startSandbox({ rate, ...options })
  const random = seededRandom(options.seed ?? 1)
  const proxy = await startProxy({
    port: sandbox.port,
    toServer: () => treatmentOf(random, options),
  })
  const watch = watchStalls()
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${proxy.port}/v1`,
    sandbox,
    count: () =>
      countOver(
        sandbox.requests.map(({ arrivedMs }) => arrivedMs),
        10,
        watch.stalls,
      ),
    close: async () => {
      watch.stop()
      await proxy.close()
      await sandbox.close()
    },
  }
}
