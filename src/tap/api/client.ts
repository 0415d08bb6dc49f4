/** GET requests to the API, each within the rate limit and with retries. */

import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ErrorCode } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import type { TapConfig } from '../../schemas.generated.ts'
import { runAttempt, type ReadRequest } from './attempt.ts'
import { ApiConnection } from './connection.ts'
import { HttpMetrics } from './http-metrics.ts'
import { PRIORITY, RateLimiter, type Priority } from '../rate-limit/rate-limit.ts'
import { retryText } from './retry.ts'
import { withRetries, type Retry } from './retry-loop.ts'
import { ThrottleTime } from '../rate-limit/throttle-time.ts'

export interface RequestTotals {
  requests: number
  retries: number
  rateLimited: number
}

export interface GetRequest<T> extends ReadRequest<T> {
  /** Of the first attempt; a retry precedes other requests. @default PRIORITY.normal */
  priority?: Priority
}

export interface ClientOptions {
  config: TapConfig
  logger: Logger
  signal: AbortSignal
  env: NodeJS.ProcessEnv
}

/** The API client of one run. Call `close` on every path. */
export class ApiClient {
  readonly totals: RequestTotals = { requests: 0, retries: 0, rateLimited: 0 }
  readonly metrics: HttpMetrics
  readonly #throttleTime = new ThrottleTime()
  readonly #options: ClientOptions
  readonly #connection: ApiConnection
  readonly #limiter: RateLimiter
  /** Aborted when the run is stopped and when the client is closed. */
  readonly #stop = new AbortController()
  #destroyed: Promise<void> | undefined
  readonly #reported = new Set<ErrorCode>()

  constructor(options: ClientOptions) {
    const { config, signal, logger, env } = options
    const requestsPerSecond = config.requests_per_second
    this.#options = options
    this.metrics = new HttpMetrics(logger)
    const connections = Math.ceil(requestsPerSecond * 2)
    this.#connection = new ApiConnection({ config, logger, env, connections })
    setMaxListeners(0, this.#stop.signal) // one listener for each request in flight
    this.#limiter = new RateLimiter({ requestsPerSecond, signal: this.#stop.signal })
    const onStop = () => this.#end(signal.reason)
    if (signal.aborted) onStop()
    else signal.addEventListener('abort', onStop, { once: true })
  }

  /** When the run began by the server's clock, in epoch milliseconds; see `ServerClock`. */
  get startedAtMs(): number {
    return this.#connection.startedAtMs
  }

  /** Whether the server's clock is known. */
  get hasServerTime(): boolean {
    return this.#connection.hasServerTime
  }

  /** The server's clock, in epoch milliseconds, or earlier; see `ServerClock`. */
  get serverNowMs(): number {
    return this.#connection.serverNowMs
  }

  /** How long the run was throttled: requests waited for the rate limit and none was in flight. */
  get throttledMs(): number {
    return this.#throttleTime.totalMs
  }

  /** A text of the API without the secrets of this run; see `Logger.masked`. */
  masked(text: string): string {
    return this.#options.logger.masked(text)
  }

  /**
   * The result of `request.read`. Throws an AppError after the last attempt, and the signal's
   * reason when the run is stopped.
   */
  async get<T>(request: GetRequest<T>): Promise<T> {
    return withRetries(async (attempt, onSlot) => this.#attempt(request, { attempt, onSlot }), {
      budgetMs: this.#options.config.retry_budget_seconds * 1000,
      signal: this.#stop.signal,
      backOff: async (retry) => this.#backOff(request.path, retry),
    })
  }

  /** Ends every request that is in flight or waits. */
  async close(): Promise<void> {
    this.#end(new Error('the client was closed'))
    await this.#destroyed
  }

  /**
   * undici ignores an abort until a connection is open (nodejs/undici issue 386), so connections
   * end too.
   */
  #end(reason: unknown): void {
    this.#stop.abort(reason)
    this.#limiter.close()
    this.#destroyed ??= this.#connection.destroy()
  }

  /** Waits for a slot and runs one attempt in it. */
  async #attempt<T>(
    request: GetRequest<T>,
    { attempt, onSlot }: { attempt: number; onSlot: () => void },
  ): Promise<T> {
    const { signal } = this.#stop
    const priority = attempt === 1 ? (request.priority ?? PRIORITY.normal) : PRIORITY.retry
    const timeoutMs = this.#options.config.request_timeout_seconds * 1000
    let leave = this.#throttleTime.wait()
    try {
      return await this.#limiter.schedule(priority, async (slot) => {
        leave()
        leave = this.#throttleTime.work()
        onSlot()
        signal.throwIfAborted() // the abort may have come after the slot was given
        this.totals.requests++
        return runAttempt(this.#connection, request, {
          slot,
          signal,
          timeoutMs,
          onEnd: (finished) => this.metrics.addRequest(finished),
        })
      })
    } finally {
      leave()
    }
  }

  /** A 429 pauses all requests; any other failure delays only its own. */
  async #backOff(path: string, { error, attempt, waitMs }: Retry): Promise<void> {
    const { status } = error.facts
    this.totals.retries++
    this.metrics.addRetry({ path, ...(typeof status === 'number' && { status }) })
    const { config, logger } = this.#options
    const isFirst = !this.#reported.has(error.code)
    this.#reported.add(error.code)
    logger.warn('request_retried', retryText(error, isFirst, config.retry_budget_seconds), {
      attempt,
      wait_seconds: Math.round(waitMs / 100) / 10,
      code: error.code,
    })
    if (error.code === 'RATE_LIMITED') {
      this.totals.rateLimited++
      this.#limiter.pause(waitMs)
      return
    }
    const { signal } = this.#stop
    await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted())
  }
}
