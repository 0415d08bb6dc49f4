/** Logging in and out. */

import type { FastifyRequest } from 'fastify'
import { SECOND_MS } from '../../time.ts'
import type { Api } from '../api/schemas.generated.ts'
import type { Addresses } from '../security/addresses.ts'
import { clientOf, type Client } from '../security/client-address.ts'
import { readCookie, setCookie, type CookieOptions } from '../security/cookie.ts'
import { logIn, type Credentials } from '../security/login.ts'
import { isPasswordSet } from '../security/password.ts'
import type { NewSession } from '../security/sessions.ts'
import type { Services } from '../services.ts'
import type { Handlers } from './call.ts'

export interface LoginContext {
  services: Services
  addresses: () => Addresses
  cookie: CookieOptions
  /** Whether browsers use the address of a proxy. */
  hasProxy: boolean
}

/** The address that logs in once. */
export function linkUrl(base: string, token: string): string {
  return `${base}/login?token=${token}`
}

/** Set-Cookie for a new session. */
export function sessionCookie(
  cookie: CookieOptions,
  { secret, expiresAtMs }: NewSession,
  nowMs: number,
): string {
  return setCookie(cookie, secret, Math.floor((expiresAtMs - nowMs) / SECOND_MS))
}

/**
 * Prints the next link, because the last one may be used now. With a password no link is needed,
 * and a link in a log file would be one more secret.
 */
async function printNext({ services, addresses }: LoginContext, sentence: string): Promise<void> {
  const token = await services.terminalLink.next()
  const next = token === undefined ? '' : ` The next link: ${linkUrl(addresses().base, token)}`
  services.options.print(`${sentence}${next}`)
}

function clientOfRequest({ hasProxy }: LoginContext, { socket, headers }: FastifyRequest): Client {
  return clientOf({
    socketAddress: socket.remoteAddress ?? '',
    forwardedFor: [headers['x-forwarded-for']].flat().join(','),
    hasProxy,
  })
}

/** Logs in. Throws LOGIN_REFUSED and TOO_MANY_LOGINS. */
export async function logInWith(
  context: LoginContext,
  credentials: Credentials,
  request: FastifyRequest,
): Promise<NewSession> {
  const { services } = context
  const client = clientOfRequest(context, request)
  const session = await logIn({ ...services, now: Date.now }, credentials, client)
  await printNext(context, `Somebody logged in from ${client.address}.`)
  return session
}

/** Uses up a link that a browser with a session has opened: its history holds the link now. */
export async function useUpLink(context: LoginContext, token: string): Promise<void> {
  const { links, sessions } = context.services
  const isUsed = links.use(token, { nowMs: Date.now(), epoch: sessions.epoch })
  if (isUsed) await printNext(context, 'A browser with a session opened a link.')
}

async function sessionView(
  { passwordPath }: Services,
  expiresAtMs: number,
): Promise<Api<'Session'>> {
  const expires_at = new Date(expiresAtMs).toISOString()
  return { expires_at, has_password: await isPasswordSet(passwordPath) }
}

export function sessionHandlers(
  context: LoginContext,
): Handlers<'getLoginWays' | 'createSession' | 'getSession' | 'deleteSession' | 'createLoginLink'> {
  const { services, cookie, addresses } = context
  const { sessions, links } = services
  return {
    getLoginWays: async () => ({
      body: { has_password: await isPasswordSet(services.passwordPath) },
    }),
    createSession: async ({ body, request }) => {
      const session = await logInWith(context, body as Credentials, request)
      return {
        body: await sessionView(services, session.expiresAtMs),
        headers: { 'set-cookie': sessionCookie(cookie, session, Date.now()) },
      }
    },
    getSession: async ({ request }) => {
      const secret = readCookie(request.headers.cookie, cookie.name)
      const expiresAtMs = sessions.expiryOf(secret, Date.now()) ?? Date.now()
      return { body: await sessionView(services, expiresAtMs) }
    },
    deleteSession: async ({ request }) => {
      const secret = readCookie(request.headers.cookie, cookie.name)
      if (secret !== undefined) await sessions.delete(secret)
      return { headers: { 'set-cookie': setCookie(cookie, '', 0) } }
    },
    createLoginLink: async () => {
      const { epoch } = sessions
      const { token, expiresAtMs } = links.create({ nowMs: Date.now(), epoch })
      const expires_at = new Date(expiresAtMs).toISOString()
      return { body: { url: linkUrl(addresses().base, token), expires_at } }
    },
  }
}
