/** What arrived at the sandbox, and figures about it. */

import type { IncomingHttpHeaders } from 'node:http'

/** One request, recorded when its head has arrived. The outcome is filled in later. */
export interface RequestRecord {
  /** 0 for the first of the sandbox; rises in the order of arrival. */
  readonly index: number
  /** Monotonic milliseconds with a fraction (`performance.now()`). */
  readonly arrivedMs: number
  readonly method: string
  /** Path without the query, e.g. `/v1/newsletters`. */
  readonly path: string
  readonly query: URLSearchParams
  /** Path and query as they arrived. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
  /** 1 for the first TCP connection of the sandbox, 2 for the second. */
  readonly connection: number
  /** Whether the key was accepted. */
  isAuthorized: boolean
  /** Status that was sent; undefined while unanswered, and for ever where a fault sent none. */
  status: number | undefined
  /** Monotonic milliseconds when the answer was handed over or the connection ended. */
  endedMs: number | undefined
}

export interface Statistics {
  total: number
  /** Most requests in any rolling second, rejected ones included. */
  worstPerSecond: number
  /** Requests answered with 429. */
  rateLimited: number
  /** Most requests that were unanswered at the same time. */
  worstConcurrency: number
  connections: number
  byPath: Record<string, number>
  byStatus: Record<string, number>
}

/** Most of the ascending times that lie in any window: from one time up to, not including, `windowMs` later. */
export function worstWindow(ascending: readonly number[], windowMs: number): number {
  let worst = 0
  let from = 0
  for (const [index, time] of ascending.entries()) {
    while (time - (ascending[from] ?? time) >= windowMs) from++
    worst = Math.max(worst, index - from + 1)
  }
  return worst
}

/** How many of the ascending times are one too many in the second that they end. */
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

/** Figures about these requests, which are in the order of arrival. */
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
