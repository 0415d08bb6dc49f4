/** Memory of the tap with a large workspace and a reader slower than the API. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Readable } from 'node:stream'
import { startSandbox } from '../src/sandbox/api/server.ts'
import { measureTap } from './tap.ts'
import { median, type Bench } from './bench.ts'

const RUNS = 3
const WORLD = { newsletters: 100_000, campaigns: 2000, bodyBytes: 3000, examples: false }
/** Rate limit of the tap. The sandbox has none, so that the reader is the bottleneck. */
const REQUESTS_PER_SECOND = 200
const READER_BYTES_PER_SECOND = 5_000_000

/** Reads at most READER_BYTES_PER_SECOND. */
async function readSlowly(stdout: Readable): Promise<void> {
  for await (const chunk of stdout as AsyncIterable<Buffer>) {
    await sleep((chunk.length / READER_BYTES_PER_SECOND) * 1000)
  }
}

async function peakOf(part: number): Promise<number> {
  const { newsletters, campaigns } = WORLD
  const world = { ...WORLD, newsletters: newsletters * part, campaigns: campaigns * part }
  const sandbox = await startSandbox({ world, rate: { perSecond: Number.POSITIVE_INFINITY } })
  try {
    const { code, peakMegabytes } = await measureTap({
      settings: {
        app_api_key: sandbox.apiKey,
        api_url: sandbox.url,
        requests_per_second: REQUESTS_PER_SECOND,
      },
      stdio: ['ignore', 'pipe', 'ignore'],
      onStart: ({ stdout }) => void (stdout && readSlowly(stdout)),
    })
    if (code !== 0) throw new Error(`the tap ended with status ${code}`)
    return peakMegabytes
  } finally {
    await sandbox.close()
  }
}

export const MEMORY: Bench = {
  name: 'memory',
  title:
    'Memory of the tap: 100,000 newsletters, 2,000 campaigns with bodies of 3 KB, a slow reader',
  run: async () => {
    const whole: number[] = []
    const ratios: number[] = []
    for (let run = 0; run < RUNS; run++) {
      const peak = await peakOf(1)
      whole.push(peak)
      ratios.push(peak / (await peakOf(0.1)))
    }
    const note = `median of ${RUNS}; reader ${READER_BYTES_PER_SECOND / 1e6} MB/s, ${REQUESTS_PER_SECOND} requests/s`
    return [
      { what: 'peak memory', measured: median(whole), unit: 'MB', atMost: 150, note },
      { what: 'peak memory / that of a tenth', measured: median(ratios), unit: 'x', atMost: 1.2 },
    ]
  },
}
