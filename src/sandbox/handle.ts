/** One request's way: key, rate limit, scope, latency, hooks, the workspace, faults, and out. */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { deliverReply } from './deliver.ts'
import type { Endpoints, Scope } from './endpoints.ts'
import { routeOf } from './endpoints.ts'
import type { ActiveRule, Fault, Hook, RuleList } from './faults.ts'
import type { Random } from './random.ts'
import type { RateLimit, RateSettings } from './rate.ts'
import type { Reply } from './reply.ts'
import { COMMON_HEADERS, FORBIDDEN, NOT_FOUND, rateLimitedReply, UNAUTHORIZED } from './reply.ts'
import type { RequestRecord } from './requests.ts'
import type { World } from './world.ts'

export type Region = 'us' | 'eu'

/** What a key may do. The other region answers it like a wrong key, without a redirect. */
export interface ApiKey {
  region: Region
  /** @default none */
  refused?: readonly Scope[]
}

export interface Latency {
  /** Every answer waits so long, @default 0 */
  fixedMs: number
  /** and up to so much longer. @default 0 */
  jitterMs: number
}

/** What a request meets on its way. */
export interface Way {
  region: Region
  keys: ReadonlyMap<string, ApiKey>
  world: World
  rate: RateSettings
  isWithinLimit: RateLimit
  latency: Latency
  random: Random
  hooks: RuleList<Hook>
  faults: RuleList<Fault>
  endpoints: Endpoints
  /** Aborted when the sandbox closes. */
  closing: AbortSignal
}

/** The two ends of one exchange, with its record. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  record: RequestRecord
}

const BEARER = /^Bearer (.+)$/

/** The grants of the request's key, or undefined where it is not one of this region. */
function grantsOf(way: Way, { headers }: RequestRecord): ApiKey | undefined {
  const key = way.keys.get(BEARER.exec(headers.authorization ?? '')?.[1] ?? '')
  return key?.region === way.region ? key : undefined
}

/** The reply that keeps the request from the workspace, if any. */
function refusal(way: Way, record: RequestRecord): Reply | undefined {
  const key = grantsOf(way, record)
  if (!key) return UNAUTHORIZED
  record.isAuthorized = true
  if (!way.isWithinLimit(record.arrivedMs)) {
    return rateLimitedReply(way.rate.retryAfter, way.rate.perSecond)
  }
  const scope = routeOf(record.path)?.scope
  return scope && key.refused?.includes(scope) ? FORBIDDEN : undefined
}

async function runHooks(way: Way, record: RequestRecord): Promise<void> {
  for (const hook of way.hooks.due(record)) {
    hook.applied++
    await hook.rule.act(record)
  }
}

function genuineReply(way: Way, record: RequestRecord): Reply {
  const route = routeOf(record.path)
  return route ? way.endpoints(record, route) : NOT_FOUND
}

/** The first fault that applies, counted as applied. */
function takeFault(way: Way, record: RequestRecord): ActiveRule<Fault> | undefined {
  const [fault] = way.faults.due(record)
  if (fault) fault.applied++
  return fault
}

/** Adds what every answer carries. A `date` or other header of the reply wins. */
function withCommonHeaders(way: Way, reply: Reply): Reply {
  const date = new Date(way.world.now()).toUTCString()
  return { ...reply, headers: { ...COMMON_HEADERS, date, ...reply.headers } }
}

function send({ response, record }: Exchange, reply: Reply): void {
  record.status = reply.status
  response.sendDate = false
  for (const [name, value] of Object.entries(reply.headers)) response.setHeader(name, value)
  if (reply.body.length > 0) response.setHeader('transfer-encoding', 'chunked')
  response.writeHead(reply.status)
  response.end(reply.body)
}

async function sendThroughFault(way: Way, exchange: Exchange, fault: Fault): Promise<void> {
  const { delayMs = 0, reply: change, deliver: delivery } = fault.respond
  const { record, request } = exchange
  if (delayMs > 0) await sleep(delayMs, undefined, { signal: way.closing })
  const genuine = genuineReply(way, record)
  const reply = withCommonHeaders(way, change ? change(genuine, record) : genuine)
  if (!delivery) {
    send(exchange, reply)
    return
  }
  if (typeof delivery.until !== 'string') record.status = reply.status
  await deliverReply(request.socket, reply, { delivery, signal: way.closing })
  if (delivery.ending !== 'silence') record.endedMs ??= performance.now()
}

async function waitForLatency({ latency, random, closing }: Way): Promise<void> {
  const waitMs = latency.fixedMs + latency.jitterMs * random()
  if (waitMs > 0) await sleep(waitMs, undefined, { signal: closing })
}

/** Answers one request. Rejects with what a hook, a match or a fault's `reply` throws. */
export async function handle(way: Way, exchange: Exchange): Promise<void> {
  const { record, response } = exchange
  response.once('close', () => {
    record.endedMs ??= performance.now()
  })
  const refused = refusal(way, record)
  await waitForLatency(way)
  if (refused) {
    send(exchange, withCommonHeaders(way, refused))
    return
  }
  await runHooks(way, record)
  const fault = takeFault(way, record)
  if (fault) {
    await sendThroughFault(way, exchange, fault.rule)
    return
  }
  send(exchange, withCommonHeaders(way, genuineReply(way, record)))
}
