/** GET one path of the API: key, region, timeout, size cap; every attempt through the limiter, every failure through retry.ts. */

import { setMaxListeners } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { DecoratorHandler, type Dispatcher } from 'undici'
import { AppError } from '../../errors.ts'
import type { Logger } from '../../logger.ts'
import { packageVersion } from '../../package-version.ts'
import type { TapConfig } from '../../schemas.generated.ts'
import type { JsonValue } from '../../singer/json.ts'
import { responseError, readJsonBody } from './response.ts'
import { connectionError, createDispatcher } from '../../http/dispatcher.ts'
import { baseUrlOf } from './endpoint.ts'
import { HttpMetrics } from './http-metrics.ts'
import { PRIORITY, RateLimiter, type Priority, type Slot } from './rate-limit.ts'
import { ServerClock } from './server-clock.ts'
import { ThrottleTime } from './throttle-time.ts'
import { decideRetry, parseRetryAfter } from './retry.ts'

export interface RequestTotals {
  requests: number
  retries: number
  rateLimited: number
}

export interface GetRequest<T> {
  /** Below the base URL, such as `/campaigns/4/actions`. */
  path: string
  query?: Readonly<Record<string, string>>
  /** Turns the body into the result; a BAD_RESPONSE that it throws is tried again like a failed attempt. */
  read: (body: JsonValue) => T
  /** Of the first attempt; a retry goes before other requests. @default PRIORITY.normal */
  priority?: Priority
}

export interface ClientOptions {
  config: TapConfig
  logger: Logger
  signal: AbortSignal
  env: NodeJS.ProcessEnv
}

/** A finished attempt that failed, with what its answer asked for. */
class AttemptFailed extends Error {
  readonly error: AppError
  readonly retryAfterMs: number | undefined

  constructor(error: AppError, retryAfterMs?: number) {
    super(error.message)
    this.error = error
    this.retryAfterMs = retryAfterMs
  }
}

/** Tells when the request is on its connection and when its answer begins: the moments that the limiter counts from. */
function reportsTimes(slot: Slot): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const decorated: Dispatcher.DispatchHandler = new DecoratorHandler(handler)
    const start = decorated.onRequestStart?.bind(decorated)
    const answer = decorated.onResponseStart?.bind(decorated)
    decorated.onRequestStart = (controller, context) => {
      queueMicrotask(slot.markSent) // undici writes to the socket right after this, in the same turn
      start?.(controller, context)
    }
    decorated.onResponseStart = (...head) => {
      slot.markAnswered()
      const [, status] = head
      if (status >= 200) answer?.(...head) // 103 Early Hints and the like: the real answer follows
    }
    return dispatch(options, decorated)
  }
}

/** One attempt's way to the API. */
interface Way {
  slot: Slot
  signal: AbortSignal
  /** Filled in when the answer's head has come, and when its body was read and made sense. */
  seen: { status?: number; isRead: boolean }
}

/** The API client of one run. Close it on every path. */
export class ApiClient {
  readonly totals: RequestTotals = { requests: 0, retries: 0, rateLimited: 0 }
  readonly metrics: HttpMetrics
  readonly #standstill = new ThrottleTime()
  readonly #options: ClientOptions
  readonly #baseUrl: URL
  readonly #headers: Record<string, string>
  readonly #limiter: RateLimiter
  readonly #dispatcher: Dispatcher
  readonly #clock: ServerClock
  /** Aborted when the run is stopped and when the client is closed. */
  readonly #stop = new AbortController()
  #destroyed: Promise<void> | undefined

  constructor(options: ClientOptions) {
    const { config, signal, logger } = options
    const requestsPerSecond = config.requests_per_second ?? 10
    this.#options = options
    this.metrics = new HttpMetrics(logger)
    this.#clock = new ServerClock(logger)
    this.#baseUrl = new URL(baseUrlOf(config))
    logger.mask(config.app_api_key)
    this.#headers = {
      authorization: `Bearer ${config.app_api_key}`,
      accept: 'application/json',
      'accept-encoding': 'gzip, deflate, br',
      'user-agent': [`tap-customerio/${packageVersion()}`, config.user_agent]
        .filter(Boolean)
        .join(' '),
    }
    setMaxListeners(0, this.#stop.signal) // one for each request under way
    this.#limiter = new RateLimiter({ requestsPerSecond, signal: this.#stop.signal })
    const connections = Math.ceil(requestsPerSecond * 2)
    this.#dispatcher = createDispatcher({
      env: options.env,
      logger,
      baseUrl: this.#baseUrl,
      connections,
    })
    const onStop = () => this.#end(signal.reason)
    if (signal.aborted) onStop()
    else signal.addEventListener('abort', onStop, { once: true })
  }

  /** When the run began by the server's clock, in epoch milliseconds; see `ServerClock`. */
  get startedAtMs(): number {
    return this.#clock.startedAtMs
  }

  /** How long the run stood still because the ceiling let no request through, in milliseconds. */
  get heldUpMs(): number {
    return this.#standstill.totalMs
  }

  /** A text of the API without the secrets of this run; see `Logger.masked`. */
  masked(text: string): string {
    return this.#options.logger.masked(text)
  }

  /** The answer's body, read. Throws an AppError after the last try, and the signal's reason when the run is stopped. */
  async get<T>(request: GetRequest<T>): Promise<T> {
    const { config, logger } = this.#options
    const { signal } = this.#stop
    const budgetMs = (config.retry_budget_seconds ?? 600) * 1000
    let began: number | undefined
    let nonsense = 0
    for (let attempt = 1; ; attempt++) {
      try {
        const priority = attempt === 1 ? (request.priority ?? PRIORITY.normal) : PRIORITY.retry
        return await this.#scheduled(request, priority, () => (began ??= performance.now()))
      } catch (failure) {
        signal.throwIfAborted()
        if (!(failure instanceof AttemptFailed)) throw failure
        const { error, retryAfterMs } = failure
        if (error.code === 'BAD_RESPONSE') nonsense++
        const elapsedMs = performance.now() - (began ?? performance.now())
        const decision = decideRetry(
          { error, attempt, nonsense, elapsedMs, retryAfterMs },
          budgetMs,
          Math.random,
        )
        if (!decision.retry) throw error
        this.totals.retries++
        const { status } = error.facts
        this.metrics.addRetry({
          path: request.path,
          ...(typeof status === 'number' && { status }),
        })
        const waitSeconds = Math.round(decision.waitMs / 100) / 10
        logger.warn('request_retried', `${error.message} Retrying.`, {
          attempt,
          wait_seconds: waitSeconds,
          code: error.code,
        })
        await this.#waitBefore(error, decision.waitMs)
      }
    }
  }

  /** Ends every request that is under way or waits. */
  async close(): Promise<void> {
    this.#end(new Error('the client was closed'))
    await this.#destroyed
  }

  /** undici hears of no abort before a request's connection is open, so that is ended as well. */
  #end(reason: unknown): void {
    this.#stop.abort(reason)
    this.#limiter.close()
    this.#destroyed ??= this.#dispatcher.destroy()
  }

  /** A 429 holds up the whole queue; any other failure only its own request. */
  async #waitBefore(error: AppError, waitMs: number): Promise<void> {
    if (error.code === 'RATE_LIMITED') {
      this.totals.rateLimited++
      this.#limiter.pause(waitMs)
      return
    }
    try {
      await sleep(waitMs, undefined, { signal: this.#stop.signal })
    } catch {
      this.#stop.signal.throwIfAborted()
    }
  }

  /** @param onBegin called when the attempt has its slot; waiting for that is no part of any budget. */
  async #scheduled<T>(request: GetRequest<T>, priority: Priority, onBegin: () => void): Promise<T> {
    let leave = this.#standstill.wait()
    try {
      return await this.#limiter.schedule(priority, async (slot) => {
        leave()
        leave = this.#standstill.work()
        onBegin()
        return this.#attempt(request, slot)
      })
    } finally {
      leave()
    }
  }

  async #attempt<T>(request: GetRequest<T>, slot: Slot): Promise<T> {
    const { config } = this.#options
    const { signal } = this.#stop
    signal.throwIfAborted() // it may have been between the slot and now, when nobody hears of it
    const timeoutMs = (config.request_timeout_seconds ?? 60) * 1000
    const limit = new AbortController()
    const onStop = () => limit.abort(signal.reason)
    const timer = setTimeout(() => limit.abort(), timeoutMs)
    signal.addEventListener('abort', onStop, { once: true })
    const began = performance.now()
    const seen: Way['seen'] = { isRead: false }
    const way = { slot, signal: limit.signal, seen }
    try {
      this.totals.requests++
      const result = await this.#exchange(request, way)
      seen.isRead = true
      return result
    } catch (error) {
      if (error instanceof AppError) throw new AttemptFailed(error)
      if (error instanceof AttemptFailed || signal.aborted) throw error
      const timedOut = limit.signal.aborted
      throw new AttemptFailed(
        timedOut
          ? connectionError(new Error(`${timeoutMs / 1000} s passed`), request.path)
          : connectionError(error, request.path),
      )
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', onStop)
      const seconds = (performance.now() - began) / 1000
      this.metrics.addRequest({ path: request.path, ...seen, seconds })
    }
  }

  async #exchange<T>(request: GetRequest<T>, way: Way): Promise<T> {
    const { config } = this.#options
    const { slot, signal, seen } = way
    const query = new URLSearchParams(request.query).toString()
    this.#clock.noteSent()
    const answer = await this.#dispatcher.compose(reportsTimes(slot)).request({
      origin: this.#baseUrl.origin,
      path: `${this.#baseUrl.pathname}${request.path}${query === '' ? '' : `?${query}`}`,
      method: 'GET',
      headers: this.#headers,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    seen.status = answer.statusCode
    if (answer.statusCode === 200) {
      const { date } = answer.headers
      this.#clock.noteAnswer(Array.isArray(date) ? date[0] : date)
      return request.read(await readJsonBody(answer, request.path))
    }
    const error = await responseError(answer, {
      path: request.path,
      region: config.region ?? 'us',
      masked: (text) => this.masked(text),
    })
    const retryAfter = answer.headers['retry-after']
    const header = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter
    throw new AttemptFailed(error, parseRetryAfter(header, Date.now()))
  }
}
