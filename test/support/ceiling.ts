/** A sandbox behind a network with jitter, and how many of the requests that reach it break the ceiling. */

import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/server.ts'
import { seededRandom } from '../../src/sandbox/random.ts'
import { delayed, passing, startProxy, type Treatment } from './tcp-proxy.ts'

const TICK_MS = 5
/** A pause of this process that is longer than its ticks explain. */
const STALL_MS = 10
/** How long this process may have been away before a request without that making its arrival unclear, of the 100 ms provided for. */
const UNCLEAR_MS = 20
/** Jitter and the loop's turns lie between a stall and the arrival that it made late. */
const REACH_MS = 80

interface Stall {
  from: number
  to: number
}

/** Notices when this process, which is both network and server, was itself away from its work: it cannot tell then what came when. */
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

/** Milliseconds that this process was away shortly before the time. */
function awayBefore(at: number, stalls: readonly Stall[]): number {
  const near = stalls.filter(({ from, to }) => to > at - REACH_MS && from < at)
  return near.reduce((sum, { from, to }) => sum + to - from, 0)
}

export interface Count {
  requests: number
  /** Requests that were one too many in a rolling second. */
  over: number
  /** The same, where this process was away when the first of that second arrived; says nothing about the tap. */
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
  const unclear = breaches.filter((first) => awayBefore(first, stalls) > UNCLEAR_MS).length
  return { requests: arrivals.length, over: breaches.length - unclear, unclear }
}

export interface StageOptions extends SandboxOptions {
  /** Each request is up to so much late, @default 0 */
  jitterMs?: number
  /** and the first bytes of each connection so much. @default 0 */
  openingMs?: number
  /** @default 1 */
  seed?: number
}

export interface Stage {
  /** Base URL, by the way with the jitter. */
  url: string
  sandbox: Sandbox
  count: () => Count
  close: () => Promise<void>
}

function late(random: () => number, { jitterMs = 0, openingMs = 0 }: StageOptions): Treatment {
  if (jitterMs === 0 && openingMs === 0) return passing
  let openMs = openingMs
  return delayed(() => {
    const waitMs = random() * jitterMs + openMs
    openMs = 0
    return waitMs
  })
}

/** A sandbox without a limit of its own (one breach would hide the next), unless `rate` says otherwise. */
export async function startStage(options: StageOptions): Promise<Stage> {
  const rate = { perSecond: Number.POSITIVE_INFINITY }
  const sandbox = await startSandbox({ rate, ...options })
  const random = seededRandom(options.seed ?? 1)
  const proxy = await startProxy({ port: sandbox.port, toServer: () => late(random, options) })
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
