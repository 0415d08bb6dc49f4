/** The login page, and the files of the page. */

import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { ApiError } from '../api/problems.ts'
import { readCookie } from '../security/cookie.ts'
import { isPasswordSet } from '../security/password.ts'
import {
  LOGIN_POLICY,
  loggedInPage,
  loginPage,
  noPage,
  type LoginPageOptions,
} from './login-page.ts'
import { readPageFiles, type PageFile } from './page-files.ts'
import { logInWith, sessionCookie, type LoginContext } from './session.ts'
import type { Credentials } from '../security/login.ts'
import { errorAnswer } from '../api/problems.ts'

/** Paths that need no session. */
export const LOGIN_PATH = '/login'

const HTML = 'text/html; charset=utf-8'
const YEAR_SECONDS = 31_536_000

function sendLogin(reply: FastifyReply, options: LoginPageOptions, status = 200): FastifyReply {
  return (
    reply
      .code(status)
      .type(HTML)
      .header('content-security-policy', LOGIN_POLICY)
      // With no-referrer, browsers send the form with the header `Origin: null`.
      .header('referrer-policy', 'same-origin')
      .send(loginPage(options))
  )
}

function sendLoggedIn(reply: FastifyReply): FastifyReply {
  return reply.type(HTML).header('content-security-policy', LOGIN_POLICY).send(loggedInPage())
}

function hasSession({ services, cookie }: LoginContext, { headers }: FastifyRequest): boolean {
  const secret = readCookie(headers.cookie, cookie.name)
  return services.sessions.expiryOf(secret, Date.now()) !== undefined
}

/** Logs in and leads to the console, or shows the login page with the reason. */
async function tryLogin(
  context: LoginContext,
  credentials: Credentials,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
): Promise<FastifyReply> {
  try {
    const session = await logInWith(context, credentials, request.ip)
    reply.header('set-cookie', sessionCookie(context.cookie, session, Date.now()))
    return await sendLoggedIn(reply)
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    const { status, headers, body } = errorAnswer(error)
    const hasPassword = await isPasswordSet(context.services.passwordPath)
    const text = body.hint === null ? body.message : `${body.message} ${body.hint}`
    return sendLogin(reply.headers({ ...headers }), { hasPassword, error: text }, status)
  }
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: PageFile): FastifyReply {
  const caching = file.isHashed ? `private, max-age=${YEAR_SECONDS}, immutable` : 'no-cache'
  reply.header('cache-control', caching).header('etag', file.etag).type(file.type)
  if (request.headers['if-none-match'] === file.etag) return reply.code(304).send()
  return reply.send(file.body)
}

/** The text of one field of a form. */
function formField(body: unknown, name: string): string {
  return body instanceof URLSearchParams ? (body.get(name) ?? '') : ''
}

/** Adds the routes that are no operations of the API. */
export async function addPages(app: FastifyInstance, context: LoginContext): Promise<void> {
  const files = await readPageFiles()
  app.get(LOGIN_PATH, { config: { isPublic: true } }, async (request, reply) => {
    if (hasSession(context, request)) return sendLoggedIn(reply)
    const { token } = request.query as { token?: unknown }
    if (typeof token === 'string') return tryLogin(context, { token }, { request, reply })
    return sendLogin(reply, { hasPassword: await isPasswordSet(context.services.passwordPath) })
  })
  app.post(LOGIN_PATH, { config: { isPublic: true } }, async (request, reply) => {
    const password = formField(request.body, 'password')
    return tryLogin(context, { password }, { request, reply })
  })
  app.get('/*', async (request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '/'
    const file = files.get(path)
    if (file) return sendFile(request, reply, file)
    const isPage = !path.startsWith('/api/') && !path.split('/').at(-1)?.includes('.')
    if (!isPage) throw new ApiError('UNKNOWN_PATH', 'There is nothing at this path.')
    const index = files.get('/index.html')
    if (index) return sendFile(request, reply, index)
    return reply.type(HTML).header('content-security-policy', LOGIN_POLICY).send(noPage())
  })
}
