/** Records the requests that arrived at the sandbox, and computes statistics. */

import type { IncomingHttpHeaders } from 'node:http'

/** One request. Recorded when its head arrives; the outcome is added later. */
export interface RequestRecord {
  /** Order of arrival, from 0. */
  readonly index: number
  /** Arrival, as `performance.now()`. */
  readonly arrivedMs: number
  readonly method: string
  /** Path without the query, for example `/v1/newsletters`. */
  readonly path: string
  readonly query: URLSearchParams
  /** Path and query as received. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  /** Number of the TCP connection, from 1. */
  readonly connection: number
  /** Whether the key was accepted. */
  isAuthorized: boolean
  /** Status that was sent. Undefined until then, and when a fault sent none. */
  status: number | undefined
  /** When the response was sent or the connection ended, as `performance.now()`. */
  endedMs: number | undefined
}

export interface Statistics {
  total: number
  /** Most requests in any rolling second, including rejected ones. */
  worstPerSecond: number
  /** Requests rejected with 429. */
  rateLimited: number
  /** Most requests in flight at the same time. */
  worstConcurrency: number
  connections: number
  byPath: Record<string, number>
  byStatus: Record<string, number>
}

/** The most times in any half-open window of `windowMs`. Times must ascend. */
export function worstWindow(ascending: readonly number[], windowMs: number): number {
  let worst = 0
  let from = 0
  for (const [index, time] of ascending.entries()) {
    while (time - (ascending[from] ?? time) >= windowMs) from++
    worst = Math.max(worst, index - from + 1)
  }
  return worst
}

/** How many times exceed the limit within the second that they end. Times must ascend. */
export function arrivalsOver(ascending: readonly number[], perSecond: number): number {
  return ascending.filter((time, index) => {
    const earlier = ascending[index - perSecond]
    return earlier !== undefined && time - earlier < 1000
  }).length
}

function worstConcurrency(requests: readonly RequestRecord[]): number {
  const ends = requests.map((one) => one.endedMs ?? Number.POSITIVE_INFINITY)
  ends.sort((a, b) => a - b)
  let ended = 0
  let worst = 0
  for (const [index, { arrivedMs }] of requests.entries()) {
    while ((ends[ended] ?? Number.POSITIVE_INFINITY) <= arrivedMs) ended++
    worst = Math.max(worst, index + 1 - ended)
  }
  return worst
}

function countBy(keys: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1
  return counts
}

/** Statistics of requests in order of arrival. */
export function statisticsOf(requests: readonly RequestRecord[]): Statistics {
  return {
    total: requests.length,
    worstPerSecond: worstWindow(
      requests.map((one) => one.arrivedMs),
      1000,
    ),
    rateLimited: requests.filter((one) => one.status === 429).length,
    worstConcurrency: worstConcurrency(requests),
    connections: new Set(requests.map((one) => one.connection)).size,
    byPath: countBy(requests.map((one) => one.path)),
    byStatus: countBy(requests.map((one) => String(one.status ?? 'none'))),
  }
}
