/** Replies before they are sent, and the error bodies of Customer.io. */

import { printJson } from '../../singer/json.ts'

export interface Reply {
  status: number
  /** Headers in lower case, added to those of every response. */
  headers: Readonly<Record<string, string | readonly string[]>>
  body: string | Uint8Array
}

/**
 * Headers of successful Customer.io responses. They have no ETag and nothing about the rate limit.
 */
export const COMMON_HEADERS = {
  'cache-control': 'must-revalidate,no-cache,no-store',
  expires: '0',
  via: '1.1 google',
} as const

const JSON_TYPE = { 'content-type': 'application/json; charset=utf-8' }

/** The value as JSON. A `JsonNumber` keeps its digits. */
export function jsonReply(value: unknown, status = 200): Reply {
  return { status, headers: JSON_TYPE, body: printJson(value) }
}

/** A status with the error body of Customer.io. */
export function errorReply(status: number, detail: string): Reply {
  return jsonReply({ errors: [{ detail, status: String(status) }] }, status)
}

export const UNAUTHORIZED = errorReply(401, 'unauthorized')
export const FORBIDDEN = errorReply(403, 'forbidden (reference a1b2c3)')
export const BAD_REQUEST = errorReply(400, 'bad request (reference a1b2c3)')
export const METHOD_NOT_ALLOWED = errorReply(405, 'method not allowed (reference a1b2c3)')
/** The only error body whose status is a number. */
export const NOT_FOUND = jsonReply({ errors: [{ detail: 'resource not found', status: 404 }] }, 404)

/** @param retryAfter null omits the header */
export function rateLimitedReply(retryAfter: string | null, perSecond = 10): Reply {
  const detail = `rate limited to ${perSecond} requests per 1s (reference a1b2c3)`
  const reply = errorReply(429, detail)
  if (retryAfter === null) return reply
  return { ...reply, headers: { ...reply.headers, 'retry-after': retryAfter } }
}
