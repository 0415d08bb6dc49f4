/** How near the tap comes to the ceiling of 10 requests a second, and that it never goes over it, as the server sees it. */

import { startStage, type Count } from '../test/support/ceiling.ts'
import { median, type Bench, type Figure } from './bench.ts'
import { measureTap } from './tap.ts'

const ROUNDS = 3
const CEILING = 10
const LATENCIES_MS = [20, 100, 300, 800]
const JITTERS_MS = [0, 50]
/** About 200 requests. */
const WORLD = { newsletters: 300, campaigns: 175, examples: false }

interface Way {
  latencyMs: number
  /** Up to so much later does each request arrive. */
  jitterMs: number
}

interface Pace extends Count {
  /** Wall time over requests / 10 s. */
  ratio: number
}

async function paceOf({ latencyMs, jitterMs }: Way, seed: number): Promise<Pace> {
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
    return { ...count, ratio: wallSeconds / (count.requests / CEILING) }
  } finally {
    await stage.close()
  }
}

function figures(way: Way, paces: readonly Pace[]): Figure[] {
  const ratios = paces.map(({ ratio }) => ratio)
  const what = `${way.latencyMs} ms latency, 0-${way.jitterMs} ms jitter on the way`
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
      what: `rolling seconds over the ceiling, ${what}`,
      measured: sum('over'),
      unit: '',
      atMost: 0,
      note: `${sum('unclear')} more while the bench itself was held up`,
    },
  ]
}

export const RATE: Bench = {
  name: 'rate',
  title: 'The ceiling of 10 requests a second, as the server sees it',
  run: async () => {
    const rows: Figure[] = []
    for (const latencyMs of LATENCIES_MS) {
      const ways = JITTERS_MS.map((jitterMs) => ({ latencyMs, jitterMs }))
      const rounds: Pace[][] = []
      for (let round = 0; round < ROUNDS; round++)
        rounds.push(await Promise.all(ways.map((way, at) => paceOf(way, round * 10 + at))))
      rows.push(
        ...ways.flatMap((way, at) =>
          figures(
            way,
            rounds.flatMap((round) => round[at] ?? []),
          ),
        ),
      )
    }
    return rows
  },
}
