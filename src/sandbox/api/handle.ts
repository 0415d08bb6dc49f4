/**
 * Handles one request: key, rate limit, permission, latency, hooks, workspace, faults, response.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import { deliverReply } from './deliver.ts'
import type { Endpoints } from './endpoints.ts'
import { routeOf } from './endpoints.ts'
import type { ActiveRule, Fault, Hook, RuleList } from './faults.ts'
import type { Random } from '../random.ts'
import type { RateLimit, RateSettings } from './rate.ts'
import type { Reply } from './reply.ts'
import { COMMON_HEADERS, FORBIDDEN, NOT_FOUND, rateLimitedReply, UNAUTHORIZED } from './reply.ts'
import type { RequestRecord } from './requests.ts'
import type { Scope } from './routes.ts'
import type { World } from '../world.ts'

export type Region = 'us' | 'eu'

/** What a key may read. In the other region it counts as a wrong key, without a redirect. */
export interface ApiKey {
  region: Region
  /** @default none */
  refused?: readonly Scope[]
}

export interface Latency {
  /** Delay of every response. @default 0 */
  fixedMs: number
  /** Largest random delay added to it. @default 0 */
  jitterMs: number
}

/** The settings and rules that apply to a request. */
export interface HandlerContext {
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

/** Request and response of one exchange, with its record. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  record: RequestRecord
}

const BEARER = /^Bearer (.+)$/

/**
 * The permissions of the request's key. Undefined for a key of another region or an unknown one.
 */
function grantsOf(context: HandlerContext, { headers }: RequestRecord): ApiKey | undefined {
  const key = context.keys.get(BEARER.exec(headers.authorization ?? '')?.[1] ?? '')
  return key?.region === context.region ? key : undefined
}

/** The reply that rejects the request. Undefined when it is accepted. */
function refusal(context: HandlerContext, record: RequestRecord): Reply | undefined {
  const key = grantsOf(context, record)
  if (!key) return UNAUTHORIZED
  record.isAuthorized = true
  if (!context.isWithinLimit(record.arrivedMs)) {
    return rateLimitedReply(context.rate.retryAfter, context.rate.perSecond)
  }
  const scope = routeOf(record.path)?.scope
  return scope && key.refused?.includes(scope) ? FORBIDDEN : undefined
}

async function runHooks(context: HandlerContext, record: RequestRecord): Promise<void> {
  for (const hook of context.hooks.due(record)) {
    hook.applied++
    await hook.rule.act(record)
  }
}

function workspaceReply(context: HandlerContext, record: RequestRecord): Reply {
  const route = routeOf(record.path)
  return route ? context.endpoints(record, route) : NOT_FOUND
}

/** The first fault that applies. Counts it as applied. */
function takeFault(context: HandlerContext, record: RequestRecord): ActiveRule<Fault> | undefined {
  const [fault] = context.faults.due(record)
  if (fault) fault.applied++
  return fault
}

/** Adds the headers of every response. Headers of the reply win. */
function withCommonHeaders(context: HandlerContext, reply: Reply): Reply {
  const date = new Date(context.world.now()).toUTCString()
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

async function sendThroughFault(
  context: HandlerContext,
  exchange: Exchange,
  fault: Fault,
): Promise<void> {
  const { delayMs = 0, reply: change, deliver: delivery } = fault.respond
  const { record, request } = exchange
  if (delayMs > 0) await sleep(delayMs, undefined, { signal: context.closing })
  const original = workspaceReply(context, record)
  const reply = withCommonHeaders(context, change ? change(original, record) : original)
  if (!delivery) {
    send(exchange, reply)
    return
  }
  if (typeof delivery.until !== 'string') record.status = reply.status
  await deliverReply(request.socket, reply, { delivery, signal: context.closing })
  if (delivery.ending !== 'silence') record.endedMs ??= performance.now()
}

async function waitForLatency({ latency, random, closing }: HandlerContext): Promise<void> {
  const waitMs = latency.fixedMs + latency.jitterMs * random()
  if (waitMs > 0) await sleep(waitMs, undefined, { signal: closing })
}

/** Responds to one request. Rejects with what a hook, a matcher or a fault throws. */
export async function handle(context: HandlerContext, exchange: Exchange): Promise<void> {
  const { record, response } = exchange
  response.once('close', () => {
    record.endedMs ??= performance.now()
  })
  const refused = refusal(context, record)
  await waitForLatency(context)
  if (refused) {
    send(exchange, withCommonHeaders(context, refused))
    return
  }
  await runHooks(context, record)
  const fault = takeFault(context, record)
  if (fault) {
    await sendThroughFault(context, exchange, fault.rule)
    return
  }
  send(exchange, withCommonHeaders(context, workspaceReply(context, record)))
}
