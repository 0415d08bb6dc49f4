/** The HTTP server of the console: every request passes the gate, then its handler. */

import type { AddressInfo } from 'node:net'
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { AppError } from '../errors.ts'
import { printJson } from '../singer/json.ts'
import {
  API_PREFIX,
  OPERATION_IDS,
  OPERATIONS,
  type Operation,
  type OperationId,
} from './api/operations.ts'
import { ApiError, errorAnswer } from './api/problems.ts'
import { createValidators, type Validate } from './api/validator.ts'
import { parseIfMatch, type Handlers } from './routes/call.ts'
import { checkHandlers } from './routes/checks.ts'
import { connectionHandlers } from './routes/documents/connections.ts'
import { destinationHandlers } from './routes/documents/destinations.ts'
import { draftHandlers } from './routes/documents/drafts.ts'
import { eventHandlers } from './routes/events.ts'
import { logHandlers } from './routes/logs.ts'
import { addPages, LOGIN_PATH } from './routes/pages.ts'
import { runHandlers } from './routes/runs.ts'
import { sessionHandlers, type LoginContext } from './routes/session.ts'
import { tableHandlers } from './routes/tables.ts'
import { workspaceHandlers } from './routes/workspace.ts'
import { addressesOf, type Addresses } from './security/addresses.ts'
import { cookieName, readCookie } from './security/cookie.ts'
import { refusalOf } from './security/gate.ts'
import { securityHeaders } from './security/headers.ts'
import type { PublicEtags } from './security/public-etags.ts'
import type { Services } from './services.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether the route needs no session. */
    isPublic?: boolean
  }
}

const MAX_BODY_BYTES = 1 << 20
/** A request must arrive within this time. Responses may take longer. */
const REQUEST_TIMEOUT_MS = 30_000

export interface ListenOptions {
  host: string
  /** 0 for a free port. */
  port: number
  publicUrl?: string | undefined
}

export interface ConsoleServer {
  addresses: Addresses
  /** The port that it listens on. */
  port: number
  close: () => Promise<void>
}

/** Every operation has a handler, and the compiler checks it. */
function allHandlers(context: LoginContext): Handlers {
  const { services, cookie } = context
  return {
    ...sessionHandlers(context),
    ...workspaceHandlers(services, cookie.name),
    ...connectionHandlers(services),
    ...runHandlers(services),
    ...logHandlers(services),
    ...eventHandlers(services, cookie.name),
    ...tableHandlers(services),
    ...draftHandlers(services),
    ...destinationHandlers(services),
    ...checkHandlers(services),
  }
}

/** The validated part of a request. Throws REQUEST_INVALID. */
function validated(validate: Validate | undefined, value: unknown): unknown {
  if (!validate) return undefined
  const result = validate(value)
  if ('value' in result) return result.value
  const { problems } = result
  const [first] = problems
  const text = first ? `: ${`${first.field} ${first.message}`.trim()}` : ''
  throw new ApiError('REQUEST_INVALID', `The request is not valid${text}.`, { problems })
}

/** What the ETag of a request or response is of, such as `connections/production`. */
function documentOf({ path }: Operation, { params, body }: FastifyRequest): string {
  const [, folder = ''] = path.split('/')
  const { name } = { ...(body as { name?: unknown } | null), ...(params as { name?: string }) }
  return `${folder}/${String(name)}`
}

interface OperationParts {
  handlers: Handlers
  etags: PublicEtags
}

function addOperation(
  app: FastifyInstance,
  id: OperationId,
  { handlers, etags }: OperationParts,
): void {
  const operation = OPERATIONS[id]
  const validators = createOnce()
  const validateBody = operation.body && validators(operation.body, 'body')
  const validateQuery = operation.query && validators(operation.query, 'query')
  app.route({
    method: operation.method.toUpperCase(),
    url: `${API_PREFIX}${operation.path.replaceAll(/\{(\w+)\}/g, ':$1')}`,
    config: { isPublic: operation.isPublic === true },
    handler: async (request, reply) => {
      const document = documentOf(operation, request)
      // Handlers know the stored ETags only.
      request.headers['if-match'] = etags.storedIfMatch(document, request.headers['if-match'])
      const answer = await handlers[id]({
        params: request.params as Record<string, string>,
        query: validated(validateQuery, request.query),
        body: validated(validateBody, request.body),
        version: operation.ifMatch === true ? parseIfMatch(request.headers['if-match']) : '',
        request,
        reply,
      })
      const { status = operation.status, body, etag, headers = {} } = answer
      reply.code(status).headers({ ...headers })
      if (etag !== undefined) reply.header('etag', etags.header(document, etag))
      if (body !== undefined) reply.type(operation.media ?? 'application/json; charset=utf-8')
      return reply.send(body)
    },
  })
}

let sharedValidators: ReturnType<typeof createValidators> | undefined

/** Compiles the schemas once for all operations. */
function createOnce(): ReturnType<typeof createValidators> {
  sharedValidators ??= createValidators()
  return sharedValidators
}

function isPublic({ routeOptions }: FastifyRequest): boolean {
  // A path without a route has no config.
  return (routeOptions.config as { isPublic?: boolean } | undefined)?.isPublic === true
}

/** Whether a browser wants to show a page, so that a login page helps more than an error. */
function isNavigation({ method, url, headers }: FastifyRequest): boolean {
  return (
    method === 'GET' && !url.startsWith('/api/') && (headers.accept ?? '').includes('text/html')
  )
}

function headerText({ headers }: FastifyRequest, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

function addGate(app: FastifyInstance, { services, addresses, cookie }: LoginContext): void {
  const headers = securityHeaders(cookie.isSecure)
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(headers)
    const secret = readCookie(request.headers.cookie, cookie.name)
    const { host, origin } = request.headers
    await services.sessions.refresh()
    const facts = {
      method: request.method,
      host,
      origin,
      fetchSite: headerText(request, 'sec-fetch-site'),
      fetchMode: headerText(request, 'sec-fetch-mode'),
      isPublic: isPublic(request),
      hasSession: services.sessions.expiryOf(secret, Date.now()) !== undefined,
    }
    const refusal = refusalOf(facts, addresses())
    if (!refusal) return
    if (refusal.code === 'SESSION_MISSING' && isNavigation(request))
      return reply.redirect(LOGIN_PATH, 303)
    throw refusal
  })
}

/** Only JSON, and the form of the login page. A type that other sites may send is refused. */
function addBodyParsers(app: FastifyInstance): void {
  app.removeContentTypeParser('text/plain')
  const json = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser('application/merge-patch+json', { parseAs: 'string' }, json)
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (request, body, done) => {
      const isForm = request.routeOptions.url === LOGIN_PATH
      if (isForm) done(null, new URLSearchParams(String(body)))
      else done(new ApiError('MEDIA_TYPE_REFUSED', 'The body must be application/json.'))
    },
  )
}

function sendError(error: unknown, reply: FastifyReply, { options }: Services): FastifyReply {
  const { status, body, headers, isBug } = errorAnswer(error)
  // A client that has gone, or a console that ends, ends the work of a request.
  const isEnded = reply.raw.destroyed || options.signal.aborted
  if (isBug && !isEnded) options.logger.unexpected('A request failed', error)
  const shown = {
    ...body,
    message: options.logger.clean(body.message),
    hint: body.hint === null ? null : options.logger.clean(body.hint),
  }
  return reply
    .code(status)
    .headers({ ...headers })
    .type('application/json; charset=utf-8')
    .send(shown)
}

function unknownPath(): ApiError {
  return new ApiError('UNKNOWN_PATH', 'There is nothing at this path.')
}

async function createApp(context: LoginContext): Promise<FastifyInstance> {
  const { services, cookie } = context
  const app = fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    trustProxy: false,
    // A path that the router cannot read. It passes no gate, so it gets nothing either.
    frameworkErrors: (_error, _request, reply: FastifyReply) => {
      void sendError(unknownPath(), reply.headers(securityHeaders(cookie.isSecure)), services)
    },
  })
  // Keeps the digits of a number in a file.
  app.setReplySerializer((body) => printJson(body))
  addBodyParsers(app)
  addGate(app, context)
  app.setErrorHandler(async (error, _request, reply) => sendError(error, reply, services))
  app.setNotFoundHandler(async (_request, reply) => sendError(unknownPath(), reply, services))
  const parts = { handlers: allHandlers(context), etags: services.etags }
  for (const id of OPERATION_IDS) addOperation(app, id, parts)
  await addPages(app, context)
  return app
}

/** Throws CONFIG_INVALID when it cannot listen on the port. */
async function listen(app: FastifyInstance, { host, port }: ListenOptions): Promise<number> {
  try {
    await app.listen({ host, port })
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    throw new AppError(
      'CONFIG_INVALID',
      `The console cannot listen on ${host}:${port} (${code}).`,
      {
        hint: 'Choose another port with --port, or another address with --host.',
        cause,
      },
    )
  }
  return (app.server.address() as AddressInfo).port
}

/** Serves the console. Throws CONFIG_INVALID when it cannot listen. */
export async function serveConsole(
  services: Services,
  options: ListenOptions,
): Promise<ConsoleServer> {
  let addresses = addressesOf(options)
  const cookie = {
    name: cookieName(services.options.workspace),
    isSecure: addresses.isSecure,
  }
  const hasProxy = options.publicUrl !== undefined
  const app = await createApp({ services, addresses: () => addresses, cookie, hasProxy })
  const port = await listen(app, options)
  addresses = addressesOf({ ...options, port })
  return { addresses, port, close: async () => app.close() }
}
