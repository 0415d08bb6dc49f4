/** Logging in and out. */

import { SECOND_MS } from '../../time.ts'
import type { Api } from '../api/schemas.generated.ts'
import type { Addresses } from '../security/addresses.ts'
import { readCookie, setCookie, type CookieOptions } from '../security/cookie.ts'
import type { Link } from '../security/login-links.ts'
import { logIn, type Credentials } from '../security/login.ts'
import { isPasswordSet } from '../security/password.ts'
import type { NewSession } from '../security/sessions.ts'
import type { Services } from '../services.ts'
import type { Handlers } from './call.ts'

export interface LoginContext {
  services: Services
  addresses: () => Addresses
  cookie: CookieOptions
}

/** The address that logs in once. */
export function linkUrl(base: string, { token }: Pick<Link, 'token'>): string {
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
 * Logs in, and prints the next link, because the last one may be used now. With a password no link
 * is needed, and a link in a log file would be one more secret.
 */
export async function logInWith(
  { services, addresses }: LoginContext,
  credentials: Credentials,
  address: string,
): Promise<NewSession> {
  const { sessions, links, limit, passwordPath, options } = services
  const hasPassword = await isPasswordSet(passwordPath)
  const onLogin = () => {
    const link = hasPassword ? undefined : linkUrl(addresses().base, links.create(Date.now()))
    const next = link === undefined ? '' : ` The next link: ${link}`
    options.print(`Somebody logged in from ${address}.${next}`)
  }
  const parts = { sessions, links, limit, passwordPath, now: Date.now, onLogin }
  return logIn(parts, credentials, address)
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
): Handlers<'createSession' | 'getSession' | 'deleteSession' | 'createLoginLink'> {
  const { services, cookie, addresses } = context
  const { sessions, links } = services
  return {
    createSession: async ({ body, request }) => {
      const session = await logInWith(context, body as Credentials, request.ip)
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
      const link = links.create(Date.now())
      const expires_at = new Date(link.expiresAtMs).toISOString()
      return { body: { url: linkUrl(addresses().base, link), expires_at } }
    },
  }
}
