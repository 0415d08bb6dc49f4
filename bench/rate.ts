/**
 * How close the tap comes to 10 requests per second, and whether it exceeds them from the server's
 * view.
 */

import { startStage, type Count } from '../test/support/network/ceiling.ts'
import { median, type Bench, type Figure } from './bench.ts'
import { measureTap } from './tap.ts'

const ROUNDS = 3
const REQUESTS_PER_SECOND = 10
const LATENCIES_MS = [20, 100, 300, 800]
const JITTERS_MS = [0, 50]
/** About 200 requests. */
const WORLD = { newsletters: 300, campaigns: 175, examples: false }

interface NetworkDelay {
  latencyMs: number
  /** Maximum jitter of each request. */
  jitterMs: number
}

interface Pace extends Count {
  /** Wall time over requests / 10 s. */
  ratio: number
}

async function paceOf({ latencyMs, jitterMs }: NetworkDelay, seed: number): Promise<Pace> {
  const stage = await startStage({
    world: WORLD,
    latency: { fixedMs: latencyMs },
    jitterMs,
    seed,
  })
  const settings = { app_api_key: stage.sandbox.apiKey, api_url: stage.url }
  try {
    const { code, wallSeconds } = await measureTap({ settings })
    if (code !== 0) throw new Error(`the tap ended with status ${code}`)
    const count = stage.count()
    return { ...count, ratio: wallSeconds / (count.requests / REQUESTS_PER_SECOND) }
  } finally {
    await stage.close()
  }
}

function figures(delay: NetworkDelay, paces: readonly Pace[]): Figure[] {
  const ratios = paces.map(({ ratio }) => ratio)
  const what = `${delay.latencyMs} ms latency, 0-${delay.jitterMs} ms jitter`
  const spread = `${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)}`
  const sum = (key: 'over' | 'unclear') => paces.reduce((total, pace) => total + pace[key], 0)
  return [
    {
      what: `wall / (requests / 10 s), ${what}`,
      measured: median(ratios),
      unit: 'x',
      atMost: 1.15,
      note: `median of ${ROUNDS} (${spread}), ${paces[0]?.requests ?? 0} requests`,
    },
    {
      what: `rolling seconds over the rate limit, ${what}`,
      measured: sum('over'),
      unit: '',
      atMost: 0,
      note: `${sum('unclear')} more while the bench process was blocked`,
    },
  ]
}

export const RATE: Bench = {
  name: 'rate',
  title: 'The rate limit of 10 requests per second, measured at the server',
  run: async () => {
    const rows: Figure[] = []
    for (const latencyMs of LATENCIES_MS) {
      const delays = JITTERS_MS.map((jitterMs) => ({ latencyMs, jitterMs }))
      const rounds: Pace[][] = []
      for (let round = 0; round < ROUNDS; round++)
        rounds.push(await Promise.all(delays.map((delay, at) => paceOf(delay, round * 10 + at))))
      rows.push(
        ...delays.flatMap((delay, at) =>
          figures(
            delay,
            rounds.flatMap((round) => round[at] ?? []),
          ),
        ),
      )
    }
    return rows
  },
}
