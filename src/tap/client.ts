/** GET one path of the API: key, region, timeout, size cap; every attempt through the limiter, every failure through retry.ts. */

import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, DecoratorHandler, EnvHttpProxyAgent, type Dispatcher } from 'undici'
import { AppError } from '../errors.ts'
import type { Logger } from '../logger.ts'
import { packageVersion } from '../package-version.ts'
import type { TapConfig } from '../schemas.generated.ts'
import type { JsonValue } from '../singer/json.ts'
import { failureOf, readJsonBody } from './answer.ts'
import { baseUrlOf } from './endpoint.ts'
import { PRIORITY, RateLimiter, type Slot } from './rate-limit.ts'
import { decideRetry, parseRetryAfter } from './retry.ts'

const CLOCK_TOLERANCE_MS = 60_000
const CONNECT_TIMEOUT_MS = 15_000

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
  /** Set for what is read before its turn: other requests go first. */
  isAhead?: boolean
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

/** Tells when the request goes onto its connection: the moment that the limiter counts from. */
function reportsSending(slot: Slot): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const decorated: Dispatcher.DispatchHandler = new DecoratorHandler(handler)
    const start = decorated.onRequestStart?.bind(decorated)
    decorated.onRequestStart = (controller, context) => {
      slot.markSent()
      start?.(controller, context)
    }
    return dispatch(options, decorated)
  }
}

function createDispatcher(env: NodeJS.ProcessEnv, connections: number): Dispatcher {
  const options = { connections, pipelining: 1, connect: { timeout: CONNECT_TIMEOUT_MS } }
  const proxied = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'].some(
    (name) => env[name],
  )
  return proxied ? new EnvHttpProxyAgent(options) : new Agent(options)
}

/** Error codes of Node and undici on the way to an answer, said for a person. */
function connectionError(cause: unknown, path: string): AppError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (/^(CERT_|DEPTH_|SELF_SIGNED|UNABLE_TO_|ERR_TLS|ERR_SSL|EPROTO)/.test(code)) {
    return new AppError('TLS_FAILED', `The connection for GET ${path} is not trusted (${code}).`, {
      hint: 'If a company proxy signs traffic, name its CA file in NODE_EXTRA_CA_CERTS.',
      cause,
    })
  }
  const reason = code === '' ? (cause instanceof Error ? cause.message : 'unknown reason') : code
  return new AppError('CONNECTION_FAILED', `GET ${path} got no whole answer (${reason}).`, {
    hint: 'Check the network, the DNS and, where one is needed, HTTPS_PROXY.',
    cause,
  })
}

/** The API client of one run. Close it on every path. */
export class ApiClient {
  readonly totals: RequestTotals = { requests: 0, retries: 0, rateLimited: 0 }
  readonly #options: ClientOptions
  readonly #baseUrl: URL
  readonly #headers: Record<string, string>
  readonly #limiter: RateLimiter
  readonly #dispatcher: Dispatcher
  /** Aborted when the run is stopped and when the client is closed. */
  readonly #stop = new AbortController()
  #firstSentAt: number | undefined
  #startedAtMs: number | undefined

  constructor(options: ClientOptions) {
    const { config, signal, logger } = options
    const requestsPerSecond = config.requests_per_second ?? 10
    this.#options = options
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
    this.#limiter = new RateLimiter({ requestsPerSecond, signal: this.#stop.signal })
    const onStop = () => this.#end(signal.reason)
    if (signal.aborted) onStop()
    else signal.addEventListener('abort', onStop, { once: true })
    this.#dispatcher = createDispatcher(options.env, Math.ceil(requestsPerSecond * 2))
  }

  /**
   * When the run began by the server's clock, in epoch milliseconds: the first answer's `Date` less the time since the first request
   * was sent, so nothing that was read is older. The local clock where the server sends no date.
   */
  get startedAtMs(): number {
    return this.#startedAtMs ?? Date.now()
  }

  /** The answer's body, read. Throws an AppError after the last try, and the signal's reason when the run is stopped. */
  async get<T>(request: GetRequest<T>): Promise<T> {
    const { config, logger } = this.#options
    const { signal } = this.#stop
    const budgetMs = (config.retry_budget_seconds ?? 600) * 1000
    const began = performance.now()
    for (let attempt = 1; ; attempt++) {
      try {
        const first = request.isAhead ? PRIORITY.ahead : PRIORITY.normal
        const priority = attempt === 1 ? first : PRIORITY.retry
        return await this.#limiter.schedule(priority, async (slot) => this.#attempt(request, slot))
      } catch (failure) {
        signal.throwIfAborted()
        if (!(failure instanceof AttemptFailed)) throw failure
        const { error, retryAfterMs } = failure
        const elapsedMs = performance.now() - began
        const decision = decideRetry(
          { error, attempt, elapsedMs, retryAfterMs },
          budgetMs,
          Math.random,
        )
        if (!decision.retry) throw error
        this.totals.retries++
        const waitSeconds = Math.round(decision.waitMs / 100) / 10
        logger.warn(`${error.message} Trying again.`, { attempt, wait_seconds: waitSeconds })
        await this.#waitBefore(error, decision.waitMs)
      }
    }
  }

  /** Ends every request that is under way or waits. */
  async close(): Promise<void> {
    this.#end(new Error('the client was closed'))
    await this.#dispatcher.destroy()
  }

  #end(reason: unknown): void {
    this.#stop.abort(reason)
    this.#limiter.close()
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

  async #attempt<T>(request: GetRequest<T>, slot: Slot): Promise<T> {
    const { config } = this.#options
    const { signal } = this.#stop
    const timeoutMs = (config.request_timeout_seconds ?? 60) * 1000
    const limit = new AbortController()
    const onStop = () => limit.abort(signal.reason)
    const timer = setTimeout(() => limit.abort(), timeoutMs)
    signal.addEventListener('abort', onStop, { once: true })
    try {
      this.totals.requests++
      return await this.#exchange(request, slot, limit.signal)
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
    }
  }

  async #exchange<T>(request: GetRequest<T>, slot: Slot, signal: AbortSignal): Promise<T> {
    const { config, logger } = this.#options
    const query = new URLSearchParams(request.query).toString()
    this.#firstSentAt ??= performance.now()
    const answer = await this.#dispatcher.compose(reportsSending(slot)).request({
      origin: this.#baseUrl.origin,
      path: `${this.#baseUrl.pathname}${request.path}${query === '' ? '' : `?${query}`}`,
      method: 'GET',
      headers: this.#headers,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    this.#noteServerTime(answer)
    if (answer.statusCode === 200) return request.read(await readJsonBody(answer, request.path))
    const clean = (text: string) => logger.clean(text)
    const error = await failureOf(answer, {
      path: request.path,
      region: config.region ?? 'us',
      clean,
    })
    const retryAfter = answer.headers['retry-after']
    const header = Array.isArray(retryAfter) ? retryAfter[0] : retryAfter
    throw new AttemptFailed(error, parseRetryAfter(header, Date.now()))
  }

  /** Only the run's first answer counts. */
  #noteServerTime(answer: Dispatcher.ResponseData): void {
    if (this.#startedAtMs !== undefined) return
    const tookMs = performance.now() - (this.#firstSentAt ?? performance.now())
    const { logger } = this.#options
    const serverMs = Date.parse(String(answer.headers['date'] ?? ''))
    if (Number.isNaN(serverMs)) {
      logger.warn("The server sent no date; the local clock bounds this run's bookmarks.")
      this.#startedAtMs = Math.floor(Date.now() - tookMs)
      return
    }
    this.#startedAtMs = Math.floor(serverMs - tookMs)
    const skewMs = Date.now() - serverMs
    if (Math.abs(skewMs) <= CLOCK_TOLERANCE_MS) return
    logger.warn('The local clock differs from the server; bookmarks follow the server.', {
      seconds: Math.round(skewMs / 1000),
    })
  }
}
