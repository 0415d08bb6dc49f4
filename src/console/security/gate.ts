/**
 * Decides whether a request may reach a handler: by its Host, its Origin, and its session. Pure.
 */

import { ApiError } from '../api/problems.ts'
import type { Addresses } from './addresses.ts'

export interface RequestFacts {
  method: string
  /** The header Host. */
  host: string | undefined
  /** The header Origin. */
  origin: string | undefined
  /** The header Sec-Fetch-Site. */
  fetchSite: string | undefined
  /** The header Sec-Fetch-Mode. */
  fetchMode: string | undefined
  /** Whether the path needs no session. */
  isPublic: boolean
  hasSession: boolean
}

const SAFE_METHODS = ['GET', 'HEAD']

/** Against DNS rebinding. */
function hostError({ host }: RequestFacts, { hosts, base }: Addresses): ApiError | undefined {
  if (host !== undefined && hosts.has(host.toLowerCase())) return undefined
  return new ApiError('HOST_REFUSED', 'This is not an address of the console.', {
    hint: `Open ${base}, or name the address with --public-url.`,
  })
}

/**
 * Against requests that the page of somebody else makes. SameSite is not enough: another port of
 * this machine is the same site. A link may lead here. A script sends none of these headers.
 */
function originError(
  { method, origin, fetchSite = 'none', fetchMode }: RequestFacts,
  { origins }: Addresses,
): ApiError | undefined {
  const isSafe = SAFE_METHODS.includes(method)
  const isOwnOrigin = isSafe || origin === undefined || origins.has(origin)
  const isOwnSite = ['same-origin', 'none'].includes(fetchSite)
  const isLink = isSafe && fetchMode === 'navigate'
  if (isOwnOrigin && (isOwnSite || isLink)) return undefined
  return new ApiError('ORIGIN_REFUSED', 'The request comes from a page of another origin.')
}

/** Why the request is refused; undefined when it may pass. */
export function refusalOf(facts: RequestFacts, addresses: Addresses): ApiError | undefined {
  const error = hostError(facts, addresses) ?? originError(facts, addresses)
  if (error || facts.isPublic || facts.hasSession) return error
  return new ApiError('SESSION_MISSING', 'There is no session, or it has ended.', {
    hint: 'Log in with the link that the terminal of the console shows, or with the password.',
  })
}
