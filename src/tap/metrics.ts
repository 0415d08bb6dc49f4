/** METRIC lines while streams are read: each carries what came since the one before, as the Meltano SDK's counters do. */

import type { Logger } from '../logger.ts'
import type { LineWriter } from '../singer/writer.ts'
import type { ApiClient } from './api/client.ts'
import type { RequestCount } from './api/http-metrics.ts'

/** The Meltano SDK's interval. */
const DEFAULT_SECONDS = 60

export interface MetricsOptions {
  logger: Logger
  writer: LineWriter
  client: ApiClient
  env: NodeJS.ProcessEnv
}

/** Writes the counters now and then, by default every minute, else every `METRICS_INTERVAL_SECONDS`. Call `close` on every path. */
export class TapMetrics {
  readonly #options: MetricsOptions
  readonly #timer: NodeJS.Timeout
  /** What was told so far, by metric and tags. */
  readonly #told = new Map<string, number>()

  constructor(options: MetricsOptions) {
    this.#options = options
    const seconds = Number(options.env['METRICS_INTERVAL_SECONDS'])
    const intervalMs = (seconds > 0 ? seconds : DEFAULT_SECONDS) * 1000
    this.#timer = setInterval(() => this.#tell(), intervalMs)
    this.#timer.unref()
  }

  /** Writes what is left. */
  close(): void {
    clearInterval(this.#timer)
    this.#tell()
  }

  #tell(): void {
    const { writer, client } = this.#options
    for (const [stream, count] of writer.recordCounts) {
      this.#tellCounter('record_count', { tags: { stream }, value: count })
    }
    for (const count of client.metrics.counts.values()) {
      this.#tellCounter('http_request_count', count)
    }
  }

  #tellCounter(metric: string, { tags, value: total }: RequestCount): void {
    const key = `${metric} ${JSON.stringify(tags)}`
    const value = total - (this.#told.get(key) ?? 0)
    if (value === 0) return
    this.#told.set(key, total)
    this.#options.logger.metric({ type: 'counter', metric, value, tags })
  }
}
