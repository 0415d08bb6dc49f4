/** The sandbox: a workspace behind HTTP on loopback, with the vendor's keys, rate limit and manners. */

import { setMaxListeners } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { performance } from 'node:perf_hooks'
import { endpointsOf } from './endpoints.ts'
import type { Fault, Hook, RuleList } from './faults.ts'
import { makeRuleList } from './faults.ts'
import type { WorldOptions } from './generate.ts'
import { createWorld } from './generate.ts'
import type { ApiKey, Latency, Region, Way } from './handle.ts'
import { handle } from './handle.ts'
import { listen } from './listen.ts'
import type { PagingSettings } from './pages.ts'
import { DEFAULT_PAGING } from './pages.ts'
import { seededRandom } from './random.ts'
import type { RateSettings } from './rate.ts'
import { DEFAULT_RATE, rollingLimit } from './rate.ts'
import type { RequestRecord, Statistics } from './requests.ts'
import { statisticsOf } from './requests.ts'
import type { World } from './world.ts'

const JITTER_SEED = 1

export interface SandboxOptions {
  /** @default 0, a free one */
  port?: number
  /** A workspace, or what to make one of. @default the curated set */
  world?: World | WorldOptions
  /** @default 'sandbox-app-api-key' */
  apiKey?: string
  /** Region that the sandbox stands for. @default 'us' */
  region?: Region
  rate?: Partial<RateSettings>
  paging?: Partial<PagingSettings>
  latency?: Partial<Latency>
  /** PEM texts; serves HTTPS with them. @default plain HTTP */
  tls?: { key: string; cert: string }
}

/** A running sandbox. The settings may be changed at any time and hold from the next request on. */
export interface Sandbox {
  /** Base URL with the version, e.g. `http://127.0.0.1:40123/v1`. */
  readonly url: string
  readonly port: number
  /** The key that `keys` holds at the start. */
  readonly apiKey: string
  readonly keys: Map<string, ApiKey>
  readonly world: World
  readonly rate: RateSettings
  readonly paging: PagingSettings
  readonly latency: Latency
  readonly faults: RuleList<Fault>
  readonly hooks: RuleList<Hook>
  /** In the order of arrival; may be emptied. */
  readonly requests: RequestRecord[]
  statistics: () => Statistics
  /** Ends every connection and pause. Throws the first error that a hook, a match or a fault's `reply` has thrown. */
  close: () => Promise<void>
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void

/** Numbers the connections, records the requests and hands them on; keeps the first failure of the rules. */
function makeListener(way: Way): {
  listener: Listener
  requests: RequestRecord[]
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
    handle(way, { request, response, record }).catch((error: unknown) => {
      if (way.closing.aborted) return
      failures.push(error)
      response.destroy()
    })
  }
  return { listener, requests, failures }
}

function isWorld(world: World | WorldOptions): world is World {
  return 'revision' in world
}

/** Starts a sandbox on 127.0.0.1; it keeps the process alive until it is closed. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { apiKey = 'sandbox-app-api-key', region = 'us', port = 0, tls } = options
  const asked = options.world ?? {}
  const world = isWorld(asked) ? asked : createWorld(asked)
  const rate = { ...DEFAULT_RATE, ...options.rate }
  const paging = { ...DEFAULT_PAGING, ...options.paging }
  const controller = new AbortController()
  setMaxListeners(0, controller.signal)
  const way = {
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
  const { listener, requests, failures } = makeListener(way)
  const listening = await listen(listener, { port, tls })
  const { keys, latency, hooks, faults } = way
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${listening.port}/v1`,
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
