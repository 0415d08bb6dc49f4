/** What the API was asked and how it answered, as metrics: the endpoint is the path's template, never an id. */

import type { LogFields, Logger } from '../../logger.ts'

export interface Exchanged {
  /** Below the base URL. */
  path: string
  /** Undefined where no answer came. */
  status?: number
  /** The answer was read and made sense. */
  isRead: boolean
  seconds: number
}

/** How many requests had the same tags. */
export interface RequestCount {
  tags: LogFields
  value: number
}

/** `/campaigns/4/actions` becomes `/campaigns/{campaign_id}/actions`. */
function endpointOf(path: string): string {
  return path.replace(/^\/campaigns\/[^/]+/, '/campaigns/{campaign_id}')
}

/** Counts for whoever writes them now and then, and a timer for each request at debug: thousands of them would hide all else. */
export class HttpMetrics {
  readonly counts = new Map<string, RequestCount>()
  readonly #logger: Logger

  constructor(logger: Logger) {
    this.#logger = logger
  }

  add({ path, status, isRead, seconds }: Exchanged): void {
    const tags = {
      endpoint: endpointOf(path),
      ...(status !== undefined && { http_status_code: status }),
      status: isRead ? 'succeeded' : 'failed',
    }
    const key = JSON.stringify(tags)
    this.counts.set(key, { tags, value: (this.counts.get(key)?.value ?? 0) + 1 })
    const metric = 'http_request_duration'
    this.#logger.metric({ type: 'timer', metric, value: seconds, tags }, 'debug')
  }
}
