/** Memory of the tap: its heap does not grow with the number of newsletters. */

import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { median, type Bench } from './bench.ts'
import { measureTap } from './tap.ts'

const RUNS = 3
const MANY = 1_000_000
const FEW = MANY / 10
const PAGE = 100
const HEAP_MEGABYTES = 64

function pageFrom(start: number, count: number): object {
  const rows = Math.min(PAGE, count - start)
  const newsletters = Array.from({ length: rows }, (_, at) => ({
    id: count - start - at,
    name: `newsletter ${start + at}`,
    created: 1_600_000_000 + count - start - at,
    updated: 1_600_000_000 + count - start - at,
    tags: [],
  }))
  return { newsletters, next: start + PAGE < count ? String(start + PAGE) : '' }
}

/** An API that generates each page on request, so that the bench itself holds no rows. */
async function startApi(count: number): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost')
    const start = Number(url.searchParams.get('start') ?? 0)
    const body = url.pathname === '/v1/newsletters' ? pageFrom(start, count) : { campaigns: [] }
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return server
}

async function peakOf(count: number): Promise<number> {
  const server = await startApi(count)
  const { port } = server.address() as AddressInfo
  try {
    const { code, peakMegabytes } = await measureTap({
      settings: {
        app_api_key: 'bench-key',
        api_url: `http://127.0.0.1:${port}/v1`,
        requests_per_second: 10_000,
      },
      env: { ...process.env, NODE_OPTIONS: `--max-old-space-size=${HEAP_MEGABYTES}` },
    })
    if (code !== 0) throw new Error(`the tap ended with status ${code}`)
    return peakMegabytes
  } finally {
    server.closeAllConnections()
    server.close()
  }
}

export const NEWSLETTERS: Bench = {
  name: 'newsletters',
  title: 'Memory of the tap for any number of newsletters, with a heap of 64 MB',
  run: async () => {
    const peaks: number[] = []
    const ratios: number[] = []
    for (let run = 0; run < RUNS; run++) {
      const peak = await peakOf(MANY)
      peaks.push(peak)
      ratios.push(peak / (await peakOf(FEW)))
    }
    return [
      {
        what: 'peak memory, 1,000,000 newsletters',
        measured: median(peaks),
        unit: 'MB',
        atMost: 150,
        note: `median of ${RUNS}`,
      },
      {
        what: 'peak memory / that of 100,000 newsletters',
        measured: median(ratios),
        unit: 'x',
        atMost: 1.2,
      },
    ]
  },
}
