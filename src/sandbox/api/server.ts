/** The sandbox: a stand-in for the Customer.io App API, with keys and a rate limit. */

import { setMaxListeners } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { endpointsOf } from './endpoints.ts'
import type { Fault, Hook, RuleList } from './faults.ts'
import { makeRuleList } from './faults.ts'
import type { WorldOptions } from '../generate.ts'
import { createWorld } from '../generate.ts'
import type { ApiKey, Latency, Region, HandlerContext } from './handle.ts'
import { handle } from './handle.ts'
import { listen } from './listen.ts'
import type { PagingSettings } from './pages.ts'
import { DEFAULT_PAGING } from './pages.ts'
import { seededRandom } from '../random.ts'
import type { RateSettings } from './rate.ts'
import { DEFAULT_RATE, rollingLimit } from './rate.ts'
import type { RequestRecord, Statistics } from './requests.ts'
import { statisticsOf } from './requests.ts'
import type { World } from '../world.ts'
import { controlListener, isControlTarget } from '../control/listener.ts'

const JITTER_SEED = 1
/** How many requests a sandbox with a control API remembers, because it may run for a long time. */
const MAX_REMEMBERED = 10_000

export interface SandboxOptions {
  /** @default 0, a free port */
  port?: number
  /** The address to listen on. @default '127.0.0.1' */
  host?: string
  /** Whether to serve the control API. @default false */
  isControlled?: boolean
  /** A workspace, or options to create one. @default the curated objects */
  world?: World | WorldOptions
  /** @default 'sandbox-app-api-key' */
  apiKey?: string
  /** Region of the sandbox. @default 'us' */
  region?: Region
  rate?: Partial<RateSettings>
  paging?: Partial<PagingSettings>
  latency?: Partial<Latency>
  /** Certificate and key in PEM format, to serve HTTPS. @default plain HTTP */
  tls?: { key: string; cert: string }
}

/** A running sandbox. Changed settings apply from the next request. */
export interface Sandbox {
  /** Base URL with the version, for example `http://127.0.0.1:40123/v1`. */
  readonly url: string
  readonly port: number
  /** The key that `keys` holds at start. */
  readonly apiKey: string
  readonly keys: Map<string, ApiKey>
  readonly world: World
  readonly rate: RateSettings
  readonly paging: PagingSettings
  readonly latency: Latency
  readonly faults: RuleList<Fault>
  readonly hooks: RuleList<Hook>
  /** Requests in order of arrival; with the control API only the newest. May be emptied. */
  readonly requests: RequestRecord[]
  statistics: () => Statistics
  /**
   * Ends every connection and delay. Throws the first error that a hook, a matcher or a fault has
   * thrown.
   */
  close: () => Promise<void>
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Numbers connections, records requests and passes them on. Keeps the first error of a rule. */
function makeListener(context: HandlerContext): {
  listener: Listener
  requests: RequestRecord[]
  /** Of all requests, also those that are not remembered. */
  count: () => number
  failures: unknown[]
} {
  const requests: RequestRecord[] = []
  const failures: unknown[] = []
  const connections = new WeakMap<Socket, number>()
  let requestCount = 0
  let connectionCount = 0
  const listener: Listener = (request, response) => {
    const target = request.url ?? ''
    const queryAt = target.indexOf('?')
    const connection = connections.get(request.socket) ?? ++connectionCount
    connections.set(request.socket, connection)
    const record: RequestRecord = {
      index: requestCount++,
      arrivedMs: performance.now(),
      method: request.method ?? '',
      path: queryAt === -1 ? target : target.slice(0, queryAt),
      query: new URLSearchParams(queryAt === -1 ? '' : target.slice(queryAt)),
      target,
      headers: request.headers,
      connection,
      isAuthorized: false,
      status: undefined,
      endedMs: undefined,
    }
    requests.push(record)
    handle(context, { request, response, record }).catch((error: unknown) => {
      if (context.closing.aborted) return
      failures.push(error)
      response.destroy()
    })
  }
  return { listener, requests, count: () => requestCount, failures }
}

/** The address in a URL. Every address of the machine is named by its own loopback address. */
function hostInUrl(host: string): string {
  if (host === '0.0.0.0' || host === '::') return '127.0.0.1'
  return host.includes(':') ? `[${host}]` : host
}

/** Passes requests of the control API on to it, and forgets old ones of the others. */
function withControl(
  { listener, requests, count, failures }: ReturnType<typeof makeListener>,
  context: HandlerContext & { apiKey: string },
): Listener {
  const { apiKey, world, faults } = context
  const control = controlListener({
    apiKey,
    world,
    faults,
    statistics: () => ({ ...statisticsOf(requests.slice(-MAX_REMEMBERED)), total: count() }),
  })
  return (request, response) => {
    if (!isControlTarget(request.url ?? '')) {
      if (requests.length >= 2 * MAX_REMEMBERED) requests.splice(0, MAX_REMEMBERED)
      listener(request, response)
      return
    }
    control(request, response).catch((error: unknown) => {
      if (!context.closing.aborted && !request.destroyed) failures.push(error)
      response.destroy()
    })
  }
}

function isWorld(world: World | WorldOptions): world is World {
  return 'revision' in world
}

/** Starts a sandbox. It keeps the process alive until it is closed. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { apiKey = 'sandbox-app-api-key', region = 'us', port = 0, tls } = options
  const { host = '127.0.0.1', isControlled = false } = options
  const asked = options.world ?? {}
  const world = isWorld(asked) ? asked : createWorld(asked)
  const rate = { ...DEFAULT_RATE, ...options.rate }
  const paging = { ...DEFAULT_PAGING, ...options.paging }
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  const context = {
    region,
    keys: new Map<string, ApiKey>([[apiKey, { region }]]),
    world,
    rate,
    isWithinLimit: rollingLimit(rate),
    latency: { fixedMs: 0, jitterMs: 0, ...options.latency },
    random: seededRandom(JITTER_SEED),
    hooks: makeRuleList<Hook>(),
    faults: makeRuleList<Fault>(),
    endpoints: endpointsOf(world, paging),
    closing: controller.signal,
  }
  const made = makeListener(context)
  const { requests, failures } = made
  const listener = isControlled ? withControl(made, { ...context, apiKey }) : made.listener
  const listening = await listen(listener, { port, host, tls })
  const { keys, latency, hooks, faults } = context
  return {
    url: `${tls ? 'https' : 'http'}://${hostInUrl(host)}:${listening.port}/v1`,
    port: listening.port,
    apiKey,
    keys,
    world,
    rate,
    paging,
    latency,
    faults,
    hooks,
    requests,
    statistics: () => statisticsOf(requests),
    close: async () => {
      controller.abort()
      await listening.stop()
      if (failures.length > 0) throw failures[0]
    },
  }
}
