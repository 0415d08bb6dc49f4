/**
 * The control API of a sandbox: edits and faults on demand, under a path of its own. Its requests
 * count neither in the statistics nor in the rate limit.
 */

import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseJson, type JsonValue } from '../../singer/json.ts'
import type { Fault, RuleList } from '../api/faults.ts'
import { errorReply, jsonReply, METHOD_NOT_ALLOWED, NOT_FOUND, UNAUTHORIZED } from '../api/reply.ts'
import type { Reply } from '../api/reply.ts'
import type { Statistics } from '../api/requests.ts'
import type { World } from '../world.ts'
import { applyEdits } from './edits.ts'
import { OrderedFaults } from './faults.ts'

export const CONTROL_PATH = '/sandbox'
const MAX_BODY_BYTES = 2 ** 20

/** What the control API changes and shows. */
export interface Controlled {
  apiKey: string
  world: World
  faults: RuleList<Fault>
  statistics: () => Statistics
}

/** Answers a request with this body; the body of a request without one is undefined. */
type Route = (body: JsonValue | undefined) => Reply

function required(body: JsonValue | undefined): JsonValue {
  if (body === undefined) throw new RangeError('The request has no body.')
  return body
}

function routesOf({ world, faults, statistics }: Controlled): Record<string, Route> {
  const ordered = new OrderedFaults(faults)
  const listed = () => jsonReply({ faults: ordered.list() })
  return {
    [`GET ${CONTROL_PATH}`]: () => {
      const { newsletters, campaigns, actions } = world
      const counted = [...actions.values()].reduce((count, list) => count + list.length, 0)
      return jsonReply({
        newsletters: newsletters.length,
        campaigns: campaigns.length,
        actions: counted,
        requests: statistics(),
        faults: ordered.list(),
      })
    },
    [`POST ${CONTROL_PATH}/edits`]: (body) =>
      jsonReply({ objects: applyEdits(world, required(body)) }),
    [`GET ${CONTROL_PATH}/faults`]: listed,
    [`POST ${CONTROL_PATH}/faults`]: (body) => {
      ordered.add(required(body))
      return listed()
    },
    [`DELETE ${CONTROL_PATH}/faults`]: () => {
      ordered.clear()
      return listed()
    },
  }
}

/** Throws RangeError for a body that is too large or not JSON. */
async function readBody(request: IncomingMessage): Promise<JsonValue | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  // All of it is read: leaving the loop would end the connection before the answer.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk)
  }
  if (bytes > MAX_BODY_BYTES) throw new RangeError(`The body has over ${MAX_BODY_BYTES} bytes.`)
  if (bytes === 0) return undefined
  try {
    return parseJson(Buffer.concat(chunks).toString())
  } catch {
    throw new RangeError('The body is not JSON.')
  }
}

function pathOf(target: string): string {
  return target.split('?', 1)[0] ?? ''
}

/** Whether the control API answers a request with this path and query. */
export function isControlTarget(target: string): boolean {
  const path = pathOf(target)
  return path === CONTROL_PATH || path.startsWith(`${CONTROL_PATH}/`)
}

/**
 * A listener for requests of the control API. They need the key of the sandbox as the others do,
 * which also keeps pages in a browser from sending them.
 */
export function controlListener(
  controlled: Controlled,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const routes = routesOf(controlled)
  const replyTo = async (request: IncomingMessage): Promise<Reply> => {
    if (request.headers.authorization !== `Bearer ${controlled.apiKey}`) return UNAUTHORIZED
    const path = pathOf(request.url ?? '')
    const route = routes[`${request.method} ${path}`]
    if (!route) {
      const isKnown = Object.keys(routes).some((name) => name.endsWith(` ${path}`))
      return isKnown ? METHOD_NOT_ALLOWED : NOT_FOUND
    }
    try {
      return route(await readBody(request))
    } catch (error) {
      if (error instanceof RangeError) return errorReply(400, error.message)
      throw error
    }
  }
  return async (request, response) => {
    const { status, headers, body } = await replyTo(request)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    response.writeHead(status).end(body)
  }
}
