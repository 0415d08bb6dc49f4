/**
 * The cookie of a session. Own code: one cookie with fixed attributes needs no plugin.
 *
 * Cookies do not know ports, so its name holds a hash of the workspace: two consoles of one machine
 * do not take each other's.
 */

import { createHash } from 'node:crypto'

export function cookieName(workspace: string): string {
  return `customerio_sync_${createHash('sha256').update(workspace).digest('hex').slice(0, 12)}`
}

export interface CookieOptions {
  name: string
  isSecure: boolean
}

/** Value of Set-Cookie. */
export function setCookie(
  { name, isSecure }: CookieOptions,
  value: string,
  maxAgeSeconds: number,
): string {
  const secure = isSecure ? '; Secure' : ''
  return `${name}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAgeSeconds}${secure}`
}

/** Value of the first cookie with the name. */
export function readCookie(header: string | undefined, name: string): string | undefined {
  const pairs = (header ?? '').split(';').map((pair) => pair.trim())
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
}
