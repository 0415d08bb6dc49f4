/** Metrics of the API requests. The endpoint tag is the path's template, never an id. */

import type { LogFields, Logger } from '../../logger.ts'

/** One request that ended. */
export interface FinishedRequest {
  /** Below the base URL. */
  path: string
  /** HTTP status; undefined where no response came. */
  status?: number
  /** The whole response was read and was valid. */
  isRead: boolean
  seconds: number
}

export type HttpCounterName = 'http_request_count' | 'http_retry_count' | 'http_rate_limited_count'

/** The total of one counter for one set of tags. */
export interface CounterTotal {
  metric: string
  tags: LogFields
  value: number
}

/** `/campaigns/4/actions` becomes `/campaigns/{campaign_id}/actions`, and so on. */
function endpointOf(path: string): string {
  return path.replace(/^\/(\w+?)(s?)\/[^/]+/, '/$1$2/{$1_id}')
}

function tagsOf({ path, status, isRead }: Omit<FinishedRequest, 'seconds'>): LogFields {
  return {
    endpoint: endpointOf(path),
    ...(status !== undefined && { http_status_code: status }),
    status: isRead ? 'succeeded' : 'failed',
  }
}

/**
 * Counter totals, which `TapMetrics` writes periodically. A timer for each request is logged at
 * debug level only, because a run has thousands of them.
 */
export class HttpMetrics {
  readonly #totals = new Map<string, CounterTotal>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** All counters, in the order of their first increment. */
  get totals(): readonly CounterTotal[] {
    return [...this.#totals.values()]
  }

  /** Counts a request when it ends. */
  addRequest({ seconds, ...request }: FinishedRequest): void {
    const tags = tagsOf(request)
    this.#increment('http_request_count', tags)
    const metric = 'http_request_duration'
    this.#logger.metric({ type: 'timer', metric, value: seconds, tags }, 'debug')
  }

  /** Counts a failed request that is retried, and whether its failure was a 429. */
  addRetry({ path, status }: Pick<FinishedRequest, 'path' | 'status'>): void {
    const tags = tagsOf({ path, ...(status !== undefined && { status }), isRead: false })
    this.#increment('http_retry_count', tags)
    if (status === 429) this.#increment('http_rate_limited_count', tags)
  }

  #increment(metric: HttpCounterName, tags: LogFields): void {
    const key = `${metric} ${JSON.stringify(tags)}`
    const value = (this.#totals.get(key)?.value ?? 0) + 1
    this.#totals.set(key, { metric, tags, value })
  }
}
