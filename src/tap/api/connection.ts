/**
 * The HTTP connection to the API: base URL, headers, and one exchange of a request and its
 * response.
 */

import { DecoratorHandler, type Dispatcher } from 'undici'
import type { AppError } from '../../errors.ts'
import { createDispatcher } from '../../http/dispatcher.ts'
import type { Logger } from '../../logger.ts'
import { packageVersion } from '../../package-version.ts'
import type { TapConfig } from '../../schemas.generated.ts'
import type { JsonValue } from '../../singer/json.ts'
import { baseUrlOf } from './endpoint.ts'
import type { Slot } from '../rate-limit/rate-limit.ts'
import { readJsonBody, responseError } from './response.ts'
import { parseRetryAfter } from './retry.ts'
import { ServerClock } from './server-clock.ts'

export interface ApiRequest {
  /** Below the base URL, such as `/campaigns/4/actions`. */
  path: string
  query?: Readonly<Record<string, string>>
}

export interface ExchangeOptions {
  slot: Slot
  signal: AbortSignal
  /** Called with the status as soon as the response begins. */
  onStatus: (status: number) => void
}

/** The body of a 200, or the error of any other response. */
export type Exchanged = { body: JsonValue } | { error: AppError; retryAfterMs: number | undefined }

export interface ApiConnectionOptions {
  config: TapConfig
  logger: Logger
  env: NodeJS.ProcessEnv
  /** At most this many open connections. */
  connections: number
}

/**
 * Reports when the request is on the wire and when its response begins: the two instants that the
 * rate limit counts from.
 */
function reportTimes(slot: Slot): Dispatcher.DispatcherComposeInterceptor {
  return (dispatch) => (options, handler) => {
    const decorated: Dispatcher.DispatchHandler = new DecoratorHandler(handler)
    const start = decorated.onRequestStart?.bind(decorated)
    const respond = decorated.onResponseStart?.bind(decorated)
    decorated.onRequestStart = (controller, context) => {
      // undici writes to the socket right after this, in the same tick.
      queueMicrotask(slot.markSent)
      start?.(controller, context)
    }
    decorated.onResponseStart = (...head) => {
      slot.markResponded()
      const [, status] = head
      if (status >= 200) respond?.(...head) // an informational response (103) precedes the real one
    }
    return dispatch(options, decorated)
  }
}

function headersOf(config: TapConfig): Record<string, string> {
  return {
    authorization: `Bearer ${config.app_api_key}`,
    accept: 'application/json',
    'accept-encoding': 'gzip, deflate, br',
    'user-agent': [`tap-customerio/${packageVersion()}`, config.user_agent]
      .filter(Boolean)
      .join(' '),
  }
}

function firstValue(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header
}

/** Call `destroy` on every path. The constructor throws CONFIG_INVALID. */
export class ApiConnection {
  readonly #options: ApiConnectionOptions
  readonly #baseUrl: URL
  readonly #headers: Record<string, string>
  readonly #dispatcher: Dispatcher
  readonly #clock: ServerClock

  constructor(options: ApiConnectionOptions) {
    const { config, logger, env, connections } = options
    this.#options = options
    this.#baseUrl = new URL(baseUrlOf(config))
    logger.mask(config.app_api_key)
    this.#headers = headersOf(config)
    this.#clock = new ServerClock(logger)
    this.#dispatcher = createDispatcher({ env, logger, baseUrl: this.#baseUrl, connections })
  }

  /** When the run began by the server's clock, in epoch milliseconds; see `ServerClock`. */
  get startedAtMs(): number {
    return this.#clock.startedAtMs
  }

  get hasServerTime(): boolean {
    return this.#clock.hasTime
  }

  get serverNowMs(): number {
    return this.#clock.nowMs
  }

  /**
   * Sends one GET request and reads its response. Throws the errors of undici and Node,
   * BAD_RESPONSE and RESPONSE_TOO_LARGE.
   */
  async exchange(
    { path, query }: ApiRequest,
    { slot, signal, onStatus }: ExchangeOptions,
  ): Promise<Exchanged> {
    const search = new URLSearchParams(query).toString()
    this.#clock.noteSent()
    const response = await this.#dispatcher.compose(reportTimes(slot)).request({
      origin: this.#baseUrl.origin,
      path: `${this.#baseUrl.pathname}${path}${search === '' ? '' : `?${search}`}`,
      method: 'GET',
      headers: this.#headers,
      signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    })
    onStatus(response.statusCode)
    const { headers } = response
    if (response.statusCode === 200) {
      this.#clock.noteResponse(firstValue(headers['date']))
      return { body: await readJsonBody(response, path) }
    }
    const { config, logger } = this.#options
    const error = await responseError(response, {
      path,
      region: config.region,
      masked: (text) => logger.masked(text),
    })
    const retryAfterMs = parseRetryAfter(firstValue(headers['retry-after']), Date.now())
    return { error, retryAfterMs }
  }

  /** Ends every connection, including those that are being opened. */
  async destroy(): Promise<void> {
    await this.#dispatcher.destroy()
  }
}
