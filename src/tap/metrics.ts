/**
 * Writes METRIC lines while streams are read. Each holds the increment since the line before, as in
 * the Meltano SDK.
 */

import type { Logger } from '../logger.ts'
import type { LineWriter } from '../singer/writer.ts'
import type { ApiClient } from './api/client.ts'
import type { CounterTotal } from './api/http-metrics.ts'

/** The Meltano SDK's interval. */
const DEFAULT_SECONDS = 60

export interface MetricsOptions {
  logger: Logger
  writer: LineWriter
  client: ApiClient
  env: NodeJS.ProcessEnv
}

/**
 * Writes the counters every minute, or every `METRICS_INTERVAL_SECONDS`. Call `close` on every
 * path.
 */
export class TapMetrics {
  readonly #options: MetricsOptions
  readonly #timer: NodeJS.Timeout
  /** Totals that were written, by metric and tags. */
  readonly #written = new Map<string, number>()

  constructor(options: MetricsOptions) {
    this.#options = options
    const seconds = Number(options.env['METRICS_INTERVAL_SECONDS'])
    const intervalMs = (seconds > 0 ? seconds : DEFAULT_SECONDS) * 1000
    this.#timer = setInterval(() => this.#writeCounters(), intervalMs)
    this.#timer.unref()
  }

  /** Writes the last increments. */
  close(): void {
    clearInterval(this.#timer)
    this.#writeCounters()
  }

  #writeCounters(): void {
    const { writer, client } = this.#options
    for (const [stream, value] of writer.recordCounts) {
      this.#writeCounter({ metric: 'record_count', tags: { stream }, value })
    }
    for (const total of client.metrics.totals) this.#writeCounter(total)
  }

  #writeCounter({ metric, tags, value: total }: CounterTotal): void {
    const key = `${metric} ${JSON.stringify(tags)}`
    const value = total - (this.#written.get(key) ?? 0)
    if (value === 0) return
    this.#written.set(key, total)
    this.#options.logger.metric({ type: 'counter', metric, value, tags })
  }
}
